"""Check-ins: the bulk of all traffic, so that one is one statement, which writes two narrow rows and nothing else.

Both rows are there from the start. The database makes a `registration_check_ins` row with every registration and a
`server_check_ins` row with every server, by triggers, and removes them with theirs. So whoever registers a server only
adds `servers` and `registrations` rows, and tells the agent's version with `tell_version`; a registration that moves to
another server takes its check-in along, also by trigger; whoever merges servers calls `merge` first.

A server's last check-in is the latest that any of its registrations ever had: one that is removed takes nothing back.

Locks are taken in the order registration_check_ins, server_check_ins; whoever holds neither servers nor registrations,
as a check-in, waits for nobody who waits for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Writer
from models.entities.base import UUIDS
from models.enums import AccountState

# What was told is written only where it is news: a retry, an older time and a failed check-in write nothing. The
# server is taken from the row that was written: a registration that moves meanwhile is followed to its new server.
CHECK_IN = """
    WITH known AS (
        SELECT r.id, r.account_id, r.epoch, a.state
        FROM registrations r JOIN accounts a ON a.id = r.account_id
        WHERE r.id = $1
    ), told AS (
        UPDATE registration_check_ins c
        SET last_check_in = $3, version = coalesce($4, c.version)
        FROM known k
        WHERE c.registration_id = k.id AND k.epoch = $2 AND $5 AND coalesce(c.last_check_in < $3, true)
        RETURNING c.server_id
    ), seen AS (
        UPDATE server_check_ins s
        SET last_check_in = $3
        FROM told
        WHERE s.server_id = told.server_id AND coalesce(s.last_check_in < $3, true)
    )
    SELECT account_id, epoch, state FROM known
"""

LOCKED = AccountState.LOCKED.name

TELL_VERSION = text("UPDATE registration_check_ins SET version = :version WHERE registration_id = :registration")

MERGE_REGISTRATIONS = text(
    """
    UPDATE registration_check_ins c
    SET last_check_in = newer.last_check_in, version = coalesce(newer.version, c.version)
    FROM (
        SELECT DISTINCT ON (k.id) k.id, d.last_check_in, d.version
        FROM registrations k
        JOIN registrations r ON r.license_type_id = k.license_type_id AND r.server_id = ANY(:merged)
        JOIN registration_check_ins d ON d.registration_id = r.id
        WHERE k.server_id = :kept
        ORDER BY k.id, d.last_check_in DESC NULLS LAST
    ) AS newer
    WHERE c.registration_id = newer.id AND newer.last_check_in > coalesce(c.last_check_in, '-infinity')
    """
).bindparams(bindparam("merged", type_=UUIDS))

MERGE_SERVERS = text(
    """
    UPDATE server_check_ins c SET last_check_in = newer.last_check_in
    FROM (SELECT max(last_check_in) AS last_check_in FROM server_check_ins WHERE server_id = ANY(:merged)) AS newer
    WHERE c.server_id = :kept AND newer.last_check_in > coalesce(c.last_check_in, '-infinity')
    """
).bindparams(bindparam("merged", type_=UUIDS))


class Told(NamedTuple):
    """What an agent tells of one registration: when it answered, whether that went well, and its version, if it says.

    `epoch` is the one that its token was made for.
    """

    registration_id: UUID
    epoch: int
    at: datetime
    ok: bool = True
    version: str | None = None


class Heard(NamedTuple):
    """Whose registration it is, whether the token is still the registration's, and whether the account is locked."""

    account_id: UUID
    current: bool
    locked: bool


async def check_in(writer: Writer, told: Told, now: datetime) -> Heard | None:
    """Write a check-in down, and tell what its answer needs; None where the registration is gone.

    A time ahead of `now` is taken as now, and one that is not after the last check-in changes nothing, nor does one
    that did not go well or whose token is of another epoch. Locked accounts' check-ins are written down as well.
    """
    at = min(told.at, now)
    rows = await writer.fetch(CHECK_IN, told.registration_id, told.epoch, at, told.version, told.ok)
    if not rows:
        return None
    row = rows[0]
    return Heard(row["account_id"], row["epoch"] == told.epoch, row["state"] == LOCKED)


async def tell_version(session: AsyncSession, registration_id: UUID, version: str) -> None:
    """Note the agent's version when it registers: that is no check-in. The registration's row is held, or new."""
    await (await session.connection()).execute(TELL_VERSION, {"registration": registration_id, "version": version})


async def merge(session: AsyncSession, kept_id: UUID, merged_ids: Sequence[UUID]) -> None:
    """Give a server the latest check-ins of those that are merged into it, while all their rows are held.

    Call it before the merged servers' registrations are moved or removed: a registration that is removed because the
    kept server has one of the same license type leaves its check-in and version there, where they are newer.
    """
    connection = await session.connection()
    values = {"kept": kept_id, "merged": list(merged_ids)}
    for statement in (MERGE_REGISTRATIONS, MERGE_SERVERS):
        await connection.execute(statement, values)
