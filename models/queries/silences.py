"""Servers that have fallen silent, each told once: a silence is known by the check-in that it began with.

What is told stands in a table of its own, so that a check-in need not take anything back: it begins another silence.
"""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.columns import SEEN_WITHIN_HOURS
from models.enums import EventKind, ServerState
from models.queries import events

SILENT_AFTER = timedelta(hours=SEEN_WITHIN_HOURS[ServerState.ACTIVE])
TOLD_FOR = timedelta(hours=SEEN_WITHIN_HOURS[ServerState.STALE])
"""A silence that nobody told of for so long is told no more."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A silent server, by its place in the order in which silences are found."""

    account_id: UUID
    last_check_in: datetime
    server_id: UUID


@dataclass(frozen=True, slots=True)
class Found:
    """How many silences a batch found and how many of them it told, and the last one found; None where none was."""

    silent: int
    told: int
    last: Silent | None


NOBODY = UUID(int=0)
"""Comes before the ids of all rows."""

FIRST = Silent(NOBODY, datetime.min.replace(tzinfo=UTC), NOBODY)
"""What every silent server comes behind."""

# Each account's part of the index of check-ins is read in its order, from the bound on or from where the batch before
# stopped: a batch neither looks up once more who was told by those before it, nor reads on to those who come after it,
# as joins would. Servers that others tell of just now, or that are being removed, are passed by: they come again.
TELL = text(
    f"""
    WITH fallen AS (
        SELECT c.account_id, c.last_check_in, c.server_id
        FROM accounts a
        CROSS JOIN LATERAL (
            SELECT c.account_id, c.last_check_in_sort AS last_check_in, c.server_id
            FROM server_check_ins c
            WHERE c.account_id = a.id AND c.last_check_in_sort < :until
                AND (c.last_check_in_sort, c.server_id) > (
                    CASE WHEN a.id = :account_id THEN CAST(:last_check_in AS timestamptz) ELSE :since END,
                    CASE WHEN a.id = :account_id THEN CAST(:server_id AS uuid) ELSE :nobody END
                )
                AND c.last_check_in_sort IS DISTINCT FROM (
                    SELECT told.last_check_in FROM silences told WHERE told.server_id = c.server_id
                )
            ORDER BY c.last_check_in_sort, c.server_id
            LIMIT :most
        ) c
        WHERE a.id >= :account_id
        ORDER BY a.id, c.last_check_in, c.server_id
        LIMIT :most
    ), held AS (
        SELECT s.account_id, s.id, fallen.last_check_in
        FROM (SELECT server_id, last_check_in FROM fallen ORDER BY server_id) fallen
        CROSS JOIN LATERAL (
            SELECT account_id, id FROM servers WHERE id = fallen.server_id FOR KEY SHARE SKIP LOCKED
        ) s
    ), told AS (
        INSERT INTO silences (server_id, last_check_in)
        SELECT id, last_check_in FROM held
        ON CONFLICT (server_id) DO UPDATE SET last_check_in = excluded.last_check_in
            WHERE silences.last_check_in < excluded.last_check_in
        RETURNING server_id
    ), written AS (
        {events.written(events.of_servers("held JOIN told ON told.server_id = held.id", EventKind.SERVER_SILENT))}
    )
    SELECT (SELECT count(*) FROM fallen), (SELECT count(*) FROM told), account_id, last_check_in, server_id
    FROM fallen ORDER BY account_id DESC, last_check_in DESC, server_id DESC LIMIT 1
    """
)


async def tell(session: AsyncSession, now: datetime, most: int, after: Silent = FIRST) -> Found:
    """Write an event for each of at most so many servers that are silent and not told of, those behind a place."""
    connection = await session.connection()
    since = now - TOLD_FOR
    place = replace(after, last_check_in=since, server_id=NOBODY) if after.last_check_in < since else after
    bounds = {"at": now, "since": since, "until": now - SILENT_AFTER, "nobody": NOBODY, "most": most}
    row = (await connection.execute(TELL, bounds | asdict(place))).first()
    return Found(0, 0, None) if row is None else Found(row[0], row[1], Silent(*row[2:]))
