"""The accounts whose things an input changes: the caller's own and its customers', held in the order of their ids.

Whoever changes keys, servers or groups holds their account first. Nothing of an account moves to another, so that an
account found through one of its rows stays the one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import any_, literal
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.entities.base import UUIDS
from models.enums import AccountState
from models.tables import Account, ActivationKey, License, Server, ServerGroup

Owned = type[ActivationKey] | type[License] | type[Server] | type[ServerGroup]


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account that is held until the transaction ends."""

    id: UUID
    number: str
    company: str
    state: AccountState


_held = select(col(Account.id), col(Account.number), col(Account.company_name), col(Account.state))


async def hold_own(session: AsyncSession, me: UUID) -> Tenant:
    """The caller's own account."""
    statement = _held.where(col(Account.id) == me).with_for_update(key_share=True)
    return Tenant(*(await session.exec(statement)).one())


async def hold_customer(session: AsyncSession, me: UUID, customer_id: UUID) -> Tenant | None:
    """A customer of the caller; None where it has none of this id."""
    wanted = (col(Account.id) == customer_id, col(Account.reseller_id) == me)
    row = (await session.exec(_held.where(*wanted).with_for_update(key_share=True))).first()
    return None if row is None else Tenant(*row)


async def hold_owners(session: AsyncSession, me: UUID, table: Owned, ids: Sequence[UUID]) -> list[Tenant]:
    """The accounts of these rows, as far as they are the caller's or a customer's. Locks are taken in id order."""
    owners = select(col(table.account_id)).where(col(table.id) == any_(literal(list(ids), UUIDS)))
    statement = (
        _held.where(col(Account.id).in_(owners), or_(col(Account.id) == me, col(Account.reseller_id) == me))
        .order_by(col(Account.id))
        .with_for_update(key_share=True)
    )
    return [Tenant(*row) for row in (await session.exec(statement)).all()]
