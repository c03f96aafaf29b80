"""Customers of a reseller: their accounts, made before anybody can sign in to them, and the invitations to do so."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.enums import AccountKind
from models.roles import RoleName
from models.tables import Account, CustomerInvitation

HAS_MASTER = text("SELECT EXISTS (SELECT FROM logins WHERE account_id = :account AND role = :master)")


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """What a customer's account begins with. Its people name themselves once they can sign in."""

    email: str
    company: str
    country: str


async def open_customer(
    session: AsyncSession, reseller: Account, customer: NewCustomer, now: datetime
) -> tuple[UUID, str]:
    """Open an account under a reseller, in the reseller's currency; its id and number.

    Nothing is mailed to anybody about it until somebody has accepted: it has no address before.
    """
    values = {
        "kind": AccountKind.CUSTOMER,
        "reseller_id": reseller.id,
        "registered_at": now,
        "currency": reseller.currency,
        "company_name": customer.company,
        "company_country": customer.country,
        "billing_country": customer.country,
        "personal_email": "",
        "billing_contact_email": "",
        **{f"{part}_{name}": "" for part in ("personal", "billing") for name in ("first_name", "last_name")},
    }
    connection = await session.connection()
    opened = insert(Account).values(**values).returning(col(Account.id), col(Account.number))
    account_id, number = (await connection.execute(opened)).one()
    return account_id, str(number)


async def is_customer(session: AsyncSession, reseller_id: UUID, customer_id: UUID) -> bool:
    """Whether an account is a reseller's customer. It is one for good, so nothing need be held to know it."""
    wanted = (col(Account.id) == customer_id, col(Account.reseller_id) == reseller_id)
    return (await session.exec(select(col(Account.id)).where(*wanted))).first() is not None


async def has_master(session: AsyncSession, account_id: UUID) -> bool:
    """Whether somebody has accepted already, under the account's lock."""
    connection = await session.connection()
    values = {"account": account_id, "master": RoleName.MASTER.name}
    return bool((await connection.execute(HAS_MASTER, values)).scalar())


async def invite(session: AsyncSession, invitation: CustomerInvitation) -> None:
    """Store an invitation to an account that is held; one that was open before is void."""
    await session.exec(delete(CustomerInvitation).where(col(CustomerInvitation.account_id) == invitation.account_id))
    session.add(invitation)
    await session.flush()


async def lock_invited(session: AsyncSession, digest: bytes) -> Account | None:
    """The account that an invitation leads to, held; None where the invitation is void by now."""
    invited = col(CustomerInvitation.account_id) == col(Account.id)
    found = select(Account).join(CustomerInvitation, invited).where(col(CustomerInvitation.token_hash) == digest)
    return (await session.exec(found.with_for_update(key_share=True, of=Account))).first()


async def settle_in(session: AsyncSession, account: Account, email: str) -> None:
    """Make the address that was accepted the one that the account's mail goes to."""
    account.personal_email = account.billing_contact_email = account.billing_email = email
    await session.flush()
