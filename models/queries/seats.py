"""Seats, held and taken: the rows of a pool and of its keys are held first, so that the last seat is given once.

Rows are held in one order, whoever holds them: pools, keys, servers, each by id. Registrations of a license type
change under its pool's row alone, and those of a server under the server's, so what was read under both stays true.
Which rows to hold is found before they are held: where that has changed meanwhile, `Contended` begins the transaction
anew. The counters `activation_keys.used` and `licenses.used` change in the statement that changes the registrations.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, bindparam, text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.entities.base import UUIDS
from models.enums import EventKind
from models.errors import Contended
from models.queries import events
from models.queries.events import Happening
from models.seats import HeldRegistration, HeldServer, Seats


def over_ids(statement: str, *lists: str) -> TextClause:
    """A statement that takes lists of ids under these names."""
    return text(statement).bindparams(*(bindparam(name, type_=UUIDS) for name in lists))


HOLD_POOLS_OF_KEYS = over_ids(
    """
    SELECT id FROM licenses
    WHERE (account_id, license_type_id) IN (
        SELECT account_id, license_type_id FROM activation_keys WHERE account_id = ANY(:accounts) AND id = ANY(:keys)
    )
    ORDER BY id FOR NO KEY UPDATE
    """,
    "accounts",
    "keys",
)

SEATS = """
    k.id, k.account_id, k.product_id, k.license_type_id, k.key, k.used, k.seat_limit, k.allowed_addresses,
    l.id AS pool_id, coalesce(l.quantity, 0) AS quantity, coalesce(l.used, 0) AS pool_used,
    a.state = 'LOCKED' AS account_locked,
    EXISTS (SELECT FROM product_subscriptions s
            WHERE s.account_id = k.account_id AND s.product_id = k.product_id) AS subscribed
"""
"""What seats are read from: the key `k`, its account `a` and its pool `l`."""

# A pool that was added after the pools were held is left out: its row is not held.
HOLD_KEYS = over_ids(
    f"""
    SELECT {SEATS}
    FROM activation_keys k
    JOIN accounts a ON a.id = k.account_id
    LEFT JOIN licenses l
        ON l.account_id = k.account_id AND l.license_type_id = k.license_type_id AND l.id = ANY(:pools)
    WHERE k.account_id = ANY(:accounts) AND k.id = ANY(:keys || ARRAY(
        SELECT r.activation_key_id
        FROM activation_keys asked
        JOIN servers s ON s.account_id = asked.account_id AND s.machine_id = :machine_id
        JOIN registrations r ON r.server_id = s.id AND r.license_type_id = asked.license_type_id
        WHERE asked.id = ANY(:keys)
    ))
    ORDER BY k.id FOR NO KEY UPDATE OF k
    """,
    "pools",
    "accounts",
    "keys",
)

HOLD_POOLS_OF_SERVERS = over_ids(
    """
    SELECT id FROM licenses
    WHERE (account_id, license_type_id) IN (
        SELECT account_id, license_type_id FROM registrations
        WHERE account_id = ANY(:accounts) AND server_id = ANY(:servers)
    )
    ORDER BY id FOR NO KEY UPDATE
    """,
    "accounts",
    "servers",
)

# A key whose pool was not there to be held is left out, or a pool would be waited for while its key is held.
HOLD_KEYS_OF_SERVERS = over_ids(
    """
    SELECT k.id FROM activation_keys k
    WHERE k.id IN (
        SELECT activation_key_id FROM registrations WHERE account_id = ANY(:accounts) AND server_id = ANY(:servers)
    ) AND NOT EXISTS (
        SELECT FROM licenses l
        WHERE l.account_id = k.account_id AND l.license_type_id = k.license_type_id AND l.id <> ALL(:pools)
    )
    ORDER BY k.id FOR NO KEY UPDATE OF k
    """,
    "accounts",
    "servers",
    "pools",
)

HOLD_SERVERS = over_ids(
    """
    SELECT id, account_id, hostname FROM servers
    WHERE account_id = ANY(:accounts) AND id = ANY(:servers)
    ORDER BY id FOR UPDATE
    """,
    "accounts",
    "servers",
)

# However many there are, they are counted where they are.
HOLD_SERVERS_OF_KEYS = over_ids(
    """
    WITH held AS (
        SELECT FROM servers
        WHERE id IN (
            SELECT server_id FROM registrations WHERE account_id = ANY(:accounts) AND activation_key_id = ANY(:keys)
        )
        ORDER BY id FOR UPDATE
    )
    SELECT count(*) FROM held
    """,
    "accounts",
    "keys",
)

REGISTRATIONS = over_ids(
    """
    SELECT id, server_id, activation_key_id, license_type_id FROM registrations
    WHERE account_id = ANY(:accounts) AND server_id = ANY(:servers) ORDER BY id
    """,
    "accounts",
    "servers",
)

TAKE = text(
    """
    WITH pool AS (UPDATE licenses SET used = used + 1 WHERE id = :pool_id),
    key AS (UPDATE activation_keys SET used = used + 1 WHERE id = :key_id)
    INSERT INTO registrations
        (account_id, server_id, hostname, product_id, license_type_id, activation_key_id, activated_at)
    VALUES (:account_id, :server_id, :hostname, :product_id, :license_type_id, :key_id, :at)
    RETURNING id
    """
)

MOVE = text(
    """
    WITH keys AS (
        UPDATE activation_keys SET used = used + CASE WHEN id = :key_id THEN 1 ELSE -1 END
        WHERE id IN (:key_id, :left_id)
    )
    UPDATE registrations SET activation_key_id = :key_id WHERE account_id = :account_id AND id = :id
    """
)


async def hold_keys(
    session: AsyncSession, accounts: Collection[UUID], keys: Collection[UUID], *, machine_id: str | None = None
) -> Mapping[UUID, Seats]:
    """Hold keys of these accounts, and their pools, until the transaction ends: each key's seats, by the key's id.

    With a machine's id, also the keys that it is registered with for the same license types. Whoever changes a key's
    limit, or removes the key, holds it in this way too. A key that is not there is left out.
    """
    connection = await session.connection()
    values: dict[str, Any] = {"accounts": sorted(accounts), "keys": sorted(keys)}
    pools = (await connection.execute(HOLD_POOLS_OF_KEYS, values)).scalars().all()
    values |= {"pools": list(pools), "machine_id": machine_id}
    rows = (await connection.execute(HOLD_KEYS, values)).mappings()
    return {row["id"]: seats_in(row) for row in rows}


async def hold_servers(
    session: AsyncSession, accounts: Collection[UUID], servers: Collection[UUID]
) -> Sequence[HeldServer]:
    """Hold servers of these accounts with all of their registrations, and the pools and keys that these spend.

    In the order of their ids; a server that is not there is left out.
    """
    connection = await session.connection()
    values = {"accounts": sorted(accounts), "servers": sorted(servers)}
    pools = (await connection.execute(HOLD_POOLS_OF_SERVERS, values)).scalars().all()
    keys = set((await connection.execute(HOLD_KEYS_OF_SERVERS, {**values, "pools": list(pools)})).scalars())
    rows = (await connection.execute(HOLD_SERVERS, values)).all()
    found = await _registrations(session, values)
    if any(registration.key_id not in keys for registration in found):
        raise Contended
    return _with_registrations(rows, found)


async def hold_servers_of_keys(session: AsyncSession, accounts: Collection[UUID], keys: Collection[UUID]) -> int:
    """Hold the servers of these accounts' keys, which are held already: how many they are."""
    connection = await session.connection()
    values = {"accounts": sorted(accounts), "keys": sorted(keys)}
    held: int = (await connection.execute(HOLD_SERVERS_OF_KEYS, values)).scalar_one()
    return held


async def take(session: AsyncSession, seats: Seats, server_id: UUID, hostname: str, at: datetime) -> UUID:
    """Take a seat of a held key that refuses none: the new registration's id. The server is held, or new.

    Tells that a server is registered, and where this was the last seat of the key's limit, that too.
    """
    connection = await session.connection()
    values = {
        "account_id": seats.account_id,
        "server_id": server_id,
        "hostname": hostname,
        "product_id": seats.product_id,
        "license_type_id": seats.license_type_id,
        "key_id": seats.key_id,
        "pool_id": seats.pool_id,
        "at": at,
    }
    taken: UUID = (await connection.execute(TAKE, values)).scalar_one()
    told = [Happening(EventKind.SERVER_REGISTERED, server_id=server_id, activation_key_id=seats.key_id)]
    await events.record(session, seats.account_id, at, [*told, *_reached(seats)])
    return taken


async def move(session: AsyncSession, seats: Seats, registration: HeldRegistration, at: datetime) -> None:
    """Give a registration of a held server another held key of its license type, which refuses none.

    The key that it leaves is held too. Its license stays with it.
    """
    connection = await session.connection()
    values = {"key_id": seats.key_id, "left_id": registration.key_id, "account_id": seats.account_id}
    await connection.execute(MOVE, values | {"id": registration.id})
    await events.record(session, seats.account_id, at, _reached(seats))


def seats_in(row: Any) -> Seats:
    """The seats that a row of `SEATS` tells of, read by the names of its columns."""
    return Seats(
        key_id=row["id"],
        account_id=row["account_id"],
        product_id=row["product_id"],
        license_type_id=row["license_type_id"],
        key=row["key"],
        used=row["used"],
        limit=row["seat_limit"],
        allowed_addresses=tuple(row["allowed_addresses"]),
        pool_id=row["pool_id"],
        quantity=row["quantity"],
        pool_used=row["pool_used"],
        account_locked=row["account_locked"],
        subscribed=row["subscribed"],
    )


async def _registrations(session: AsyncSession, values: Mapping[str, Any]) -> list[HeldRegistration]:
    connection = await session.connection()
    return [HeldRegistration(*row) for row in await connection.execute(REGISTRATIONS, values)]


def _with_registrations(rows: Iterable[Any], found: Iterable[HeldRegistration]) -> list[HeldServer]:
    of_server: dict[UUID, list[HeldRegistration]] = {}
    for registration in found:
        of_server.setdefault(registration.server_id, []).append(registration)
    return [HeldServer(row.id, row.account_id, row.hostname, tuple(of_server.get(row.id, ()))) for row in rows]


def _reached(seats: Seats) -> list[Happening]:
    """That the key's limit is reached, where the seat just taken was its last."""
    return [Happening(EventKind.KEY_LIMIT_REACHED, activation_key_id=seats.key_id)] if seats.last else []
