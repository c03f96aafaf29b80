"""What a registration reads and writes beside its seat: the machine's server, or one added by hand that it adopts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.errors import Contended
from models.queries.seats import SEATS, seats_in
from models.seats import Seats

STANDING = """
    s.id AS server_id, s.machine_id, s.hostname, host(s.ip) AS ip,
    r.id AS registration_id, r.activation_key_id AS held_by, r.epoch, c.version
"""
"""What stands for a machine: its server `s`, the server's registration `r` of the key's license type, and what that
tells of itself, `c`."""

# A key that is unknown and one that was removed are the same here: there is no row of either.
LOOK = f"""
    SELECT {SEATS}, a.reseller_id, {STANDING}
    FROM activation_keys k
    JOIN accounts a ON a.id = k.account_id
    LEFT JOIN licenses l ON l.account_id = k.account_id AND l.license_type_id = k.license_type_id
    LEFT JOIN servers s ON s.account_id = k.account_id AND s.machine_id = $2
    LEFT JOIN registrations r ON r.server_id = s.id AND r.license_type_id = k.license_type_id
    LEFT JOIN registration_check_ins c ON c.registration_id = r.id
    WHERE k.key = $1
"""

NAMED = text(
    """
    SELECT r.account_id, r.server_id, k.key
    FROM registrations r JOIN activation_keys k ON k.id = r.activation_key_id
    WHERE r.id = :registration_id AND r.epoch = :epoch
    """
)

HOLD_STANDING = text(
    f"""
    SELECT {STANDING}
    FROM servers s
    LEFT JOIN registrations r ON r.server_id = s.id AND r.license_type_id = :license_type_id
    LEFT JOIN registration_check_ins c ON c.registration_id = r.id
    WHERE s.account_id = :account_id AND (
        s.machine_id = :machine_id
        OR s.machine_id IS NULL AND s.hostname = :hostname AND s.ip = CAST(:ip AS inet) AND EXISTS (
            SELECT FROM registrations by_hand
            WHERE by_hand.server_id = s.id AND by_hand.license_type_id = :license_type_id
                AND by_hand.activation_key_id = :key_id
        )
    )
    ORDER BY s.machine_id IS NULL, s.id LIMIT 1 FOR NO KEY UPDATE OF s
    """
)

ADD_SERVER = text(
    """
    INSERT INTO servers (account_id, machine_id, hostname, ip, registered_at)
    VALUES (:account_id, :machine_id, :hostname, CAST(:ip AS inet), :at)
    ON CONFLICT (account_id, machine_id) WHERE machine_id IS NOT NULL DO NOTHING
    RETURNING id
    """
)

UPDATE_SERVER = text(
    """
    UPDATE servers SET machine_id = :machine_id, hostname = :hostname, ip = CAST(:ip AS inet), created_by_hand = false
    WHERE account_id = :account_id AND id = :server_id
    """
)


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as its agent tells of it; the address is the one that it calls from."""

    machine_id: str
    hostname: str
    ip: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The server that stands for a machine, and its registration of the license type, where it has one.

    The epoch of none is 0, with which a registration begins.
    """

    server_id: UUID
    machine_id: str | None
    hostname: str
    ip: str
    registration_id: UUID | None
    held_by: UUID | None
    version: str | None
    epoch: int

    def tells(self, machine: Machine) -> bool:
        """Whether the server's row says what the machine says."""
        return (self.machine_id, self.hostname, self.ip) == (machine.machine_id, machine.hostname, machine.ip)

    def runs(self, machine: Machine) -> bool:
        """Whether the registration has the machine's version. One that is not told changes nothing."""
        return machine.version is None or machine.version == self.version


@dataclass(frozen=True, slots=True)
class Known:
    """A key that there is, as it was when it was looked at, and what stands for the machine that asked."""

    seats: Seats
    reseller_id: UUID | None
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Named:
    """The server and the key of a registration whose token was shown."""

    account_id: UUID
    server_id: UUID
    key: str = field(repr=False)


async def named(session: AsyncSession, registration_id: UUID, epoch: int) -> Named | None:
    """What a token names; None where the registration has ended. The token itself is what gives the right to it."""
    connection = await session.connection()
    row = (await connection.execute(NAMED, {"registration_id": registration_id, "epoch": epoch})).first()
    return None if row is None else Named(*row)


async def look(reader: Reader, key: str, machine_id: str | None) -> Known | None:
    """What a key and a machine come to, without holding anything; None where there is no such key."""
    rows = await reader.fetch(LOOK, key, machine_id)
    if not rows:
        return None
    (row,) = rows
    standing = None if row["server_id"] is None else _standing(row)
    return Known(seats_in(row), row["reseller_id"], standing)


async def hold_standing(session: AsyncSession, seats: Seats, machine: Machine) -> Standing | None:
    """Hold the machine's server; or else one that was added by hand with this key, the same host name and address.

    The key is held, so that nobody else changes a registration of its license type.
    """
    connection = await session.connection()
    values = {"account_id": seats.account_id, "license_type_id": seats.license_type_id, "key_id": seats.key_id}
    machines = {"machine_id": machine.machine_id, "hostname": machine.hostname, "ip": machine.ip}
    row = (await connection.execute(HOLD_STANDING, values | machines)).mappings().first()
    return None if row is None else _standing(row)


async def add_server(session: AsyncSession, account_id: UUID, machine: Machine, at: datetime) -> UUID:
    """Add the machine's server; its id. Where another of its products was quicker, the transaction begins anew."""
    connection = await session.connection()
    values = {"account_id": account_id, "machine_id": machine.machine_id, "hostname": machine.hostname}
    added: UUID | None = (await connection.execute(ADD_SERVER, values | {"ip": machine.ip, "at": at})).scalar()
    if added is None:
        raise Contended
    return added


async def update_server(session: AsyncSession, account_id: UUID, server_id: UUID, machine: Machine) -> None:
    """Let the server's row say what the machine says. A server that was added by hand is the machine's from now on."""
    connection = await session.connection()
    values = {"account_id": account_id, "server_id": server_id, "machine_id": machine.machine_id}
    await connection.execute(UPDATE_SERVER, values | {"hostname": machine.hostname, "ip": machine.ip})


def _standing(row: Any) -> Standing:
    return Standing(
        server_id=row["server_id"],
        machine_id=row["machine_id"],
        hostname=row["hostname"],
        ip=row["ip"],
        registration_id=row["registration_id"],
        held_by=row["held_by"],
        version=row["version"],
        epoch=row["epoch"] or 0,
    )
