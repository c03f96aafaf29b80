"""Rows that nothing will ask for again."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

LOG_KEPT = timedelta(days=30)
MESSAGES_KEPT = timedelta(days=90)
"""The payment provider sends a message again for some days, and on request for some weeks."""

SENDINGS_KEPT = timedelta(days=400)
"""Longer than any period of a report, so that none is sent again."""

STATEMENTS = (
    text("DELETE FROM sessions WHERE expires_at <= :now OR last_seen_at <= :idle_since"),
    text("DELETE FROM login_links WHERE expires_at <= :now"),
    text("DELETE FROM sign_ups WHERE expires_at <= :now"),
    text("DELETE FROM report_sendings WHERE created_at <= :sendings_since"),
    text("DELETE FROM idempotency_keys WHERE expires_at <= :now"),
    text("DELETE FROM provider_events WHERE received_at <= :messages_since"),
    text(
        """
        DELETE FROM jobs.pgqueuer_log log
        WHERE created <= :log_since AND NOT EXISTS (SELECT FROM jobs.pgqueuer job WHERE job.id = log.job_id)
        """
    ),
    text(
        """
        DELETE FROM throttles
        WHERE key IN (SELECT key FROM throttles WHERE expires_at <= :now FOR UPDATE SKIP LOCKED)
        """
    ),
    text("DELETE FROM jobs.pgqueuer_statistics WHERE created <= :log_since"),
)


async def clean(session: AsyncSession, now: datetime, idle_since: datetime) -> None:
    """Delete sessions that are over, links and answers past their time, forgotten tries, and what is told no more.

    A counter that is being used is left for the next time: whoever holds some must not wait for us.
    """
    connection = await session.connection()
    since = {"idle_since": idle_since, "log_since": now - LOG_KEPT, "messages_since": now - MESSAGES_KEPT}
    values = {"now": now, **since, "sendings_since": now - SENDINGS_KEPT}
    for statement in STATEMENTS:
        await connection.execute(statement, values)
