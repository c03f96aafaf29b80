"""Servers that are merged: what each was last heard of, and registrations that go to another server."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.entities.base import UUIDS

HOLD_REGISTRATIONS = text(
    """
    SELECT registration_id, last_check_in FROM registration_check_ins
    WHERE account_id = :account_id AND server_id = ANY(:servers) ORDER BY registration_id FOR NO KEY UPDATE
    """
).bindparams(bindparam("servers", type_=UUIDS))

HOLD_SERVERS = text(
    """
    SELECT s.id, s.machine_id, c.last_check_in
    FROM servers s JOIN server_check_ins c ON c.server_id = s.id
    WHERE s.account_id = :account_id AND s.id = ANY(:servers) ORDER BY s.id FOR NO KEY UPDATE OF c
    """
).bindparams(bindparam("servers", type_=UUIDS))

MOVE = text(
    """
    UPDATE registrations SET server_id = :server_id, hostname = :hostname
    WHERE account_id = :account_id AND id = ANY(:registrations)
    """
).bindparams(bindparam("registrations", type_=UUIDS))

BECOME = text(
    """
    UPDATE servers SET machine_id = :machine_id, created_by_hand = false
    WHERE account_id = :account_id AND id = :server_id
    """
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A server's machine, None for one added by hand, and when it last answered."""

    id: UUID
    machine_id: str | None
    last_check_in: datetime | None


async def hold_check_ins(
    session: AsyncSession, account_id: UUID, servers: Sequence[UUID]
) -> tuple[Mapping[UUID, datetime | None], Mapping[UUID, Heard]]:
    """When held servers' registrations last answered, and the servers themselves, by their ids.

    No check-in is written until the transaction ends: none is lost on the way to another server.
    """
    connection = await session.connection()
    values = {"account_id": account_id, "servers": list(servers)}
    registrations = {row[0]: row[1] for row in await connection.execute(HOLD_REGISTRATIONS, values)}
    return registrations, {row.id: Heard(*row) for row in await connection.execute(HOLD_SERVERS, values)}


async def move(
    session: AsyncSession, account_id: UUID, registrations: Collection[UUID], server_id: UUID, hostname: str
) -> None:
    """Give held registrations another server, which has none of their license types. Their check-ins go along."""
    values = {"account_id": account_id, "server_id": server_id, "hostname": hostname}
    await (await session.connection()).execute(MOVE, values | {"registrations": list(registrations)})


async def become(session: AsyncSession, account_id: UUID, server_id: UUID, machine_id: str) -> None:
    """Let a held server be that of a machine, which no other server is by now."""
    values = {"account_id": account_id, "server_id": server_id, "machine_id": machine_id}
    await (await session.connection()).execute(BECOME, values)
