"""Groups of servers as they are made, filled and removed.

Whoever does so, or gives a server a group, holds the account first: the number of groups, their names and the servers'
groups are then theirs to judge. Servers are held in the order of their ids, as everywhere.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, delete, literal, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.entities.base import UUIDS
from models.tables import Server, ServerGroup

MOST_GROUPS = 200
"""An account has at most so many groups."""

STANDING = text(
    """
    SELECT count(*), coalesce(bool_or(lower(name) = lower(:name) AND id IS DISTINCT FROM CAST(:besides AS uuid)), false)
    FROM server_groups WHERE account_id = :account_id
    """
)
HOLD_MEMBERS = text(
    """
    SELECT count(*) FROM (
        SELECT id FROM servers WHERE account_id = :account_id AND group_id = :group_id ORDER BY id FOR NO KEY UPDATE
    ) held
    """
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many groups an account has, and whether one of them has a name, whatever its case."""

    groups: int
    taken: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A held server, and the group that it is in."""

    id: UUID
    hostname: str
    group_id: UUID | None
    group: str | None


async def standing(session: AsyncSession, account_id: UUID, name: str, besides: UUID | None = None) -> Standing:
    """Read both at once, under the account's lock; one group may be left out."""
    connection = await session.connection()
    row = (await connection.execute(STANDING, {"account_id": account_id, "name": name, "besides": besides})).one()
    return Standing(*row)


async def add(session: AsyncSession, account_id: UUID, name: str, at: datetime) -> UUID:
    """Make a group; its id."""
    group = ServerGroup(account_id=account_id, name=name, created_at=at)
    session.add(group)
    await session.flush()
    return group.id


async def lock(session: AsyncSession, account_id: UUID, group_id: UUID) -> ServerGroup | None:
    """A group's row, held until the transaction ends; None where the account has none such."""
    wanted = (col(ServerGroup.account_id) == account_id, col(ServerGroup.id) == group_id)
    return (await session.exec(select(ServerGroup).where(*wanted).with_for_update())).first()


async def hold_members(session: AsyncSession, account_id: UUID, group_id: UUID) -> int:
    """Hold the servers of a group, whose rows change when its name does; how many there are."""
    connection = await session.connection()
    found: int = (await connection.execute(HOLD_MEMBERS, {"account_id": account_id, "group_id": group_id})).scalar_one()
    return found


async def hold_servers(session: AsyncSession, account_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, Member]:
    """Hold servers of the account, by their ids; one that is not there is left out."""
    statement = (
        select(col(Server.id), col(Server.hostname), col(Server.group_id), col(Server.group_name))
        .where(col(Server.account_id) == account_id, col(Server.id) == any_(literal(list(ids), UUIDS)))
        .order_by(col(Server.id))
        .with_for_update(key_share=True)
    )
    return {row[0]: Member(*row) for row in (await session.exec(statement)).all()}


async def put(
    session: AsyncSession, account_id: UUID, ids: Collection[UUID], group_id: UUID | None, name: str | None
) -> None:
    """Put held servers into a group, out of any other, or out of all."""
    statement = update(Server).where(
        col(Server.account_id) == account_id, col(Server.id) == any_(literal(list(ids), UUIDS))
    )
    await (await session.connection()).execute(statement.values(group_id=group_id, group_name=name))


async def remove(session: AsyncSession, group: ServerGroup) -> None:
    """Remove a group; its servers stay, in none."""
    wanted = (col(ServerGroup.account_id) == group.account_id, col(ServerGroup.id) == group.id)
    await (await session.connection()).execute(delete(ServerGroup).where(*wanted))
