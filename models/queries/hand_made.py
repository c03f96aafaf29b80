"""Servers that were added by hand: what agents have not told is typed, and stays so until an agent adopts the server.

Whoever adds or changes one holds the account. A host name and an address are those of one such server of an account.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

FOUND = text(
    """
    SELECT s.id, EXISTS (
        SELECT FROM registrations r WHERE r.server_id = s.id AND r.license_type_id = :license_type_id
    ) AS licensed
    FROM servers s
    WHERE s.account_id = :account_id AND s.hostname = :hostname AND s.ip = CAST(:ip AS inet) AND s.created_by_hand
    FOR NO KEY UPDATE OF s
    """
)
ADD = text(
    """
    INSERT INTO servers (account_id, hostname, ip, registered_at, created_by_hand)
    VALUES (:account_id, :hostname, CAST(:ip AS inet), :at, true)
    RETURNING id
    """
)
LOCK = text(
    """
    SELECT id, hostname, host(ip) AS ip, created_by_hand, group_id, group_name FROM servers
    WHERE account_id = :account_id AND id = :server_id FOR UPDATE
    """
)
TAKEN = text(
    """
    SELECT EXISTS (
        SELECT FROM servers
        WHERE account_id = :account_id AND hostname = :hostname AND ip = CAST(:ip AS inet) AND created_by_hand
            AND id <> :server_id
    )
    """
)
UPDATE = text(
    """
    UPDATE servers SET hostname = :hostname, ip = CAST(:ip AS inet), group_id = :group_id, group_name = :group_name
    WHERE account_id = :account_id AND id = :server_id
    """
)


@dataclass(frozen=True, slots=True)
class ByHand:
    """A server that was added by hand, and whether it has a registration of a license type already."""

    id: UUID
    licensed: bool


@dataclass(frozen=True, slots=True)
class Details:
    """What can be changed of a server that is held."""

    id: UUID
    hostname: str
    ip: str
    created_by_hand: bool
    group_id: UUID | None
    group_name: str | None


async def find(session: AsyncSession, account_id: UUID, hostname: str, ip: str, license_type_id: UUID) -> ByHand | None:
    """The account's hand-made server of this name and address, held until the transaction ends."""
    values: dict[str, Any] = {"account_id": account_id, "hostname": hostname, "ip": ip}
    row = (await (await session.connection()).execute(FOUND, values | {"license_type_id": license_type_id})).first()
    return None if row is None else ByHand(*row)


async def add(session: AsyncSession, account_id: UUID, hostname: str, ip: str, at: datetime) -> UUID:
    """Add a server; its id."""
    values = {"account_id": account_id, "hostname": hostname, "ip": ip, "at": at}
    added: UUID = (await (await session.connection()).execute(ADD, values)).scalar_one()
    return added


async def lock(session: AsyncSession, account_id: UUID, server_id: UUID) -> Details | None:
    """A server of the account, held until the transaction ends; None where there is none such."""
    row = (await (await session.connection()).execute(LOCK, {"account_id": account_id, "server_id": server_id})).first()
    return None if row is None else Details(*row)


async def is_taken(session: AsyncSession, account_id: UUID, wanted: Details) -> bool:
    """Whether another hand-made server of the account has the name and address."""
    values = {"account_id": account_id, "server_id": wanted.id, "hostname": wanted.hostname, "ip": wanted.ip}
    taken: bool = (await (await session.connection()).execute(TAKEN, values)).scalar_one()
    return taken


async def update(session: AsyncSession, account_id: UUID, wanted: Details) -> None:
    """Give a held server these details; its registrations carry the name, and follow."""
    values = {
        "account_id": account_id,
        "server_id": wanted.id,
        "hostname": wanted.hostname,
        "ip": wanted.ip,
        "group_id": wanted.group_id,
        "group_name": wanted.group_name,
    }
    await (await session.connection()).execute(UPDATE, values)
