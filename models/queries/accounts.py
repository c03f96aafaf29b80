"""Accounts: held while something is changed under them, and opened with a master login and the audit row of it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.audit import Action
from models.db import Reader
from models.enums import AccountKind
from models.errors import UserFault
from models.roles import RoleName
from models.tables import Account, AuditEvent, Login


@dataclass(frozen=True, slots=True)
class Opening:
    """What an account begins with: the person behind it, the company, and the master login's hashed password."""

    email: str
    first_name: str
    last_name: str
    company: str
    country: str
    currency: str
    password_hash: str


async def hold(session: AsyncSession, account_id: UUID) -> str:
    """Let no other that holds the account act until the transaction ends; the account's number."""
    statement = select(col(Account.number)).where(col(Account.id) == account_id).with_for_update(key_share=True)
    return (await session.exec(statement)).one()


async def lock(session: AsyncSession, account_id: UUID) -> Account:
    """The account's row, held until the transaction ends."""
    statement = select(Account).where(col(Account.id) == account_id).with_for_update(key_share=True)
    return (await session.exec(statement)).one()


async def any_account(reader: Reader) -> bool:
    """Whether there is an account at all."""
    return bool(await reader.fetch("SELECT FROM accounts LIMIT 1"))


async def open_account(session: AsyncSession, opening: Opening, *, actor: str) -> str:
    """Open an account with its master login and return its number; a taken e-mail is a UserFault."""
    connection = await session.connection()
    opened = insert(Account).values(**_account_values(opening)).returning(col(Account.id), col(Account.number))
    account_id, number = (await connection.execute(opened)).one()
    login = {"account_id": account_id, "email": opening.email, "role": RoleName.MASTER}
    try:
        await connection.execute(insert(Login).values(**login, password_hash=opening.password_hash))
    except IntegrityError as error:
        if "uq_logins_email" not in str(error.orig):
            raise
        raise UserFault("TAKEN", f"The e-mail address {opening.email} belongs to a login already.", ["email"]) from None
    audit = {"account_id": account_id, "actor": actor, "action": Action.ACCOUNT_OPENED.value}
    await connection.execute(insert(AuditEvent).values(**audit, target_type="Account", target_id=account_id))
    return str(number)


def _account_values(opening: Opening) -> dict[str, object]:
    """The account's columns: the person is its contact and its billing contact until somebody edits them."""
    return {
        "kind": AccountKind.DIRECT,
        "currency": opening.currency,
        "personal_first_name": opening.first_name,
        "personal_last_name": opening.last_name,
        "personal_email": opening.email,
        "company_name": opening.company,
        "company_country": opening.country,
        "billing_first_name": opening.first_name,
        "billing_last_name": opening.last_name,
        "billing_contact_email": opening.email,
        "billing_country": opening.country,
        "billing_email": opening.email,
    }
