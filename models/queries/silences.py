"""Servers that have fallen silent, each told once: a silence is known by the check-in that it began with.

What is told stands in a table of its own, so that a check-in need not take anything back: it begins another silence.
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.columns import SEEN_WITHIN_HOURS
from models.enums import ServerState

SILENT_AFTER = timedelta(hours=SEEN_WITHIN_HOURS[ServerState.ACTIVE])
TOLD_FOR = timedelta(hours=SEEN_WITHIN_HOURS[ServerState.STALE])
"""A silence that nobody told of for so long is told no more."""

# Each account's part of the index of check-ins is read from its bound on. Servers that others are telling of just now,
# or that are being removed, are passed by: they come again.
TELL = text(
    """
    WITH fallen AS (
        SELECT c.account_id, c.server_id, c.last_check_in
        FROM accounts a
        CROSS JOIN LATERAL (
            SELECT c.account_id, c.server_id, c.last_check_in_sort AS last_check_in
            FROM server_check_ins c
            WHERE c.account_id = a.id AND c.last_check_in_sort >= :since AND c.last_check_in_sort < :until
                AND NOT EXISTS (
                    SELECT FROM silences told
                    WHERE told.server_id = c.server_id AND told.last_check_in = c.last_check_in_sort
                )
            ORDER BY c.last_check_in_sort
            LIMIT :most
        ) c
        LIMIT :most
    ), held AS (
        SELECT s.account_id, s.id, fallen.last_check_in
        FROM fallen JOIN servers s ON s.id = fallen.server_id
        ORDER BY s.id FOR KEY SHARE OF s SKIP LOCKED
    ), told AS (
        INSERT INTO silences (server_id, last_check_in)
        SELECT id, last_check_in FROM held
        ON CONFLICT (server_id) DO UPDATE SET last_check_in = excluded.last_check_in
            WHERE silences.last_check_in < excluded.last_check_in
        RETURNING server_id
    ), written AS (
        INSERT INTO events (account_id, at, kind, server_id)
        SELECT held.account_id, :now, 'SERVER_SILENT', held.id FROM held JOIN told ON told.server_id = held.id
    )
    SELECT count(*) FROM told
    """
)


async def tell(session: AsyncSession, now: datetime, most: int) -> int:
    """Write an event for each of at most so many servers that are silent and not told of; how many that were."""
    connection = await session.connection()
    values = {"now": now, "since": now - TOLD_FOR, "until": now - SILENT_AFTER, "most": most}
    told: int = (await connection.execute(TELL, values)).scalar_one()
    return told
