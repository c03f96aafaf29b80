"""Seats given back, with the servers that are left with none: what is held by `seats` ends in one statement.

However many rows that takes, they stay in the database: their events, and their rows of the audit log, are written in
the statement that removes them. Only ids come back.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause
from sqlmodel.ext.asyncio.session import AsyncSession

from models.audit import Action
from models.entities import SERVER
from models.enums import EventKind
from models.queries import audit, events
from models.queries.audit import Origin
from models.queries.seats import over_ids
from models.seats import HeldServer


def _releasing(ending: str, leaving: str, *lists: str, also: str = "") -> TextClause:
    """A statement that ends registrations, `ended`, for which a condition holds, and removes of some servers, `server`,
    those that are left with none.

    Servers go in the same statement as their registrations, whose triggers then find no server to list anew; but after
    them, which the count sees to, so that their check-ins are locked in the order in which a check-in locks them.
    Their ids come a thousand to a row: one row of very many would be read in one go, and no other request had its turn.
    """
    removed = events.of_servers("bare", EventKind.SERVER_REMOVED, "jsonb_build_object('hostname', hostname)")
    return over_ids(
        f"""
        WITH gone AS (
            DELETE FROM registrations ended WHERE account_id = ANY(:accounts) AND {ending}
            RETURNING account_id, server_id, activation_key_id, license_type_id
        ), keys AS (
            UPDATE activation_keys key SET used = key.used - freed.seats
            FROM (SELECT activation_key_id AS id, count(*)::integer AS seats FROM gone GROUP BY activation_key_id) freed
            WHERE key.id = freed.id
        ), pools AS (
            UPDATE licenses pool SET used = pool.used - freed.seats
            FROM (SELECT account_id, license_type_id, count(*)::integer AS seats
                  FROM gone GROUP BY account_id, license_type_id) freed
            WHERE (pool.account_id, pool.license_type_id) = (freed.account_id, freed.license_type_id)
        ), bare AS (
            DELETE FROM servers server
            WHERE account_id = ANY(:accounts) AND {leaving} AND NOT EXISTS (
                SELECT FROM registrations ended WHERE ended.server_id = server.id AND NOT {ending}
            ) AND (SELECT count(*) FROM gone) >= 0
            RETURNING id, account_id, hostname
        ), told AS ({events.written(removed)}) {also}
        SELECT array_agg(id ORDER BY id)
        FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / 1000 AS part FROM bare) counted
        GROUP BY part ORDER BY part
        """,
        "accounts",
        *lists,
    )


NAMED = ("ended.id = ANY(:registrations)", "server.id = ANY(:servers)", "registrations", "servers")
LOGGED = f", logged AS ({audit.written(audit.lost('bare', Action.SERVER_REMOVED, SERVER, 'hostname'))})"

RELEASE = _releasing(*NAMED)
REMOVE = _releasing(*NAMED, also=LOGGED)
REMOVE_OF_KEYS = _releasing(
    "ended.activation_key_id = ANY(:keys)", "server.id IN (SELECT server_id FROM gone)", "keys", also=LOGGED
)


async def release(
    session: AsyncSession, servers: Sequence[HeldServer], at: datetime, *, staying: Collection[UUID] = ()
) -> Sequence[UUID]:
    """Give back the seats of these servers' registrations, and remove the servers that are left with none.

    The ids of those that are gone, in order; each is told as an event. Those that are `staying` stay even with none.
    """
    return await _ended(session, RELEASE, servers, {"at": at}, staying)


async def remove(session: AsyncSession, servers: Sequence[HeldServer], origin: Origin) -> Sequence[UUID]:
    """Remove these servers, which are held with all of their registrations, and note each in the log: their ids."""
    return await _ended(session, REMOVE, servers, audit.by(origin))


async def remove_of_keys(
    session: AsyncSession, accounts: Collection[UUID], keys: Collection[UUID], origin: Origin
) -> Sequence[UUID]:
    """End all registrations of these held keys, and remove the servers, held too, that have no other.

    The ids of those that are gone, in order; each is noted in the log, and told as an event.
    """
    values = {"accounts": sorted(accounts), "keys": sorted(keys), **audit.by(origin)}
    return await _gone(session, REMOVE_OF_KEYS, values)


async def _ended(
    session: AsyncSession,
    statement: TextClause,
    servers: Sequence[HeldServer],
    values: Mapping[str, Any],
    staying: Collection[UUID] = (),
) -> Sequence[UUID]:
    """End these servers' registrations by a statement: one, or none where there are no servers."""
    if not servers:
        return []
    named = {
        "accounts": sorted({server.account_id for server in servers}),
        "servers": [server.id for server in servers if server.id not in staying],
        "registrations": [registration.id for server in servers for registration in server.registrations],
    }
    return await _gone(session, statement, {**values, **named})


async def _gone(session: AsyncSession, statement: TextClause, values: Mapping[str, Any]) -> Sequence[UUID]:
    parts = (await (await session.connection()).execute(statement, values)).scalars()
    return list(chain.from_iterable(parts))
