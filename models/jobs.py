"""Jobs: work that outlives a request, kept in PostgreSQL and done by a worker.

A job is added in the transaction that causes it: it exists if that commits, and never otherwise. The tables are
pgqueuer's, in the schema `jobs`; what enters and what an operator sees goes through here.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import SESSION_SETTINGS, Reader

SCHEMA = "jobs"
MOST_LISTED = 200
WORKER_CONNECTIONS = 4


class JobKind(Enum):
    """What a worker can do. A job's kind is stored by its value."""

    FORGET_CARD = "forget_card"
    MAIL = "mail"
    REPORT = "report"
    PASSWORD_RESET = "password_reset"  # noqa: S105 (a kind of job)
    SIGN_UP = "sign_up"
    AUTOPAYMENT = "autopayment"
    BILLING_LETTER = "billing_letter"


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job that has not been done, as an operator sees it: without its payload."""

    id: int
    kind: str
    state: str
    attempts: int
    created: datetime
    execute_after: datetime
    error: str | None


ENQUEUE = text(
    """
    WITH added AS (
        INSERT INTO jobs.pgqueuer (priority, entrypoint, payload, dedupe_key, execute_after, status)
        VALUES (0, :kind, :payload, :dedupe_key, coalesce(CAST(:execute_after AS timestamptz), now()), 'queued')
        ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING
        RETURNING id, entrypoint, priority
    ), logged AS (
        INSERT INTO jobs.pgqueuer_log (job_id, status, entrypoint, priority)
        SELECT id, 'queued', entrypoint, priority FROM added
    )
    SELECT id FROM added
    """
)
RETRY = text(
    """
    WITH again AS (
        UPDATE jobs.pgqueuer SET status = 'queued', attempts = 0, execute_after = now(), updated = now()
        WHERE id = :id AND status = 'failed'
        RETURNING id, entrypoint, priority
    ), logged AS (
        INSERT INTO jobs.pgqueuer_log (job_id, status, entrypoint, priority)
        SELECT id, 'queued', entrypoint, priority FROM again
    )
    SELECT id FROM again
    """
)
LIST = """
    SELECT job.id, job.entrypoint AS kind, job.status::text AS state, job.attempts, job.created, job.execute_after,
           (SELECT log.traceback ->> 'exception_message' FROM jobs.pgqueuer_log log
            WHERE log.job_id = job.id AND log.traceback IS NOT NULL ORDER BY log.created DESC LIMIT 1) AS error
    FROM jobs.pgqueuer job
    WHERE job.status::text = ANY($1)
    ORDER BY job.id DESC LIMIT $2
"""


@asynccontextmanager
async def worker_pool(dsn: str) -> AsyncIterator[Any]:
    """Connections for one worker: one that listens, the others for what it takes and notes. Closed with the block.

    Where the block fails, a connection that died may never have been given back: then nobody waits for any.
    """
    settings = SESSION_SETTINGS | {"application_name": "gateway worker"}
    async with asyncpg.create_pool(dsn, min_size=2, max_size=WORKER_CONNECTIONS, server_settings=settings) as pool:
        try:
            yield pool
        except BaseException:
            pool.terminate()
            raise


async def enqueue(
    session: AsyncSession,
    kind: JobKind,
    payload: Mapping[str, Any],
    *,
    dedupe_key: str | None = None,
    execute_after: datetime | None = None,
) -> int | None:
    """Add a job to the transaction of `session`, and return its number.

    None, and nothing is added, where a job with this `dedupe_key` waits or runs. The payload is stored as JSON that
    whoever reads the database can read: a secret in it must be sealed.
    """
    connection = await session.connection()
    values = {"kind": kind.value, "payload": json.dumps(payload).encode(), "dedupe_key": dedupe_key}
    added: int | None = (await connection.execute(ENQUEUE, values | {"execute_after": execute_after})).scalar()
    return added


async def listed(reader: Reader, *, failed: bool) -> Sequence[JobRow]:
    """The newest jobs that failed for good, or all that are still to be done besides."""
    states = ["failed"] if failed else ["failed", "queued", "picked"]
    rows = await reader.fetch(LIST, states, MOST_LISTED)
    return [JobRow(*(row[column.name] for column in fields(JobRow))) for row in rows]


async def retry(session: AsyncSession, number: int) -> bool:
    """Let a job that failed for good begin anew; False where there is none of this number."""
    connection = await session.connection()
    return (await connection.execute(RETRY, {"id": number})).scalar() is not None
