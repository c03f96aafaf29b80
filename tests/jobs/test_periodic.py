"""Periodic work: what the cleaning removes and what it leaves, and that a worker does it when it is due."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from auth.authority import Authority
from auth.credentials import Lifetimes
from gateway.jobs.handlers import Works
from gateway.jobs.periodic import PERIODIC
from gateway.worker import Worker, working
from models.db import Database
from tests.databases import execute
from tests.jobs.waiting import until
from tests.mailbox import Mailbox

NOW = datetime.now(UTC)
SESSION = """
    INSERT INTO sessions (account_id, login_id, token_hash, last_seen_at, expires_at)
    SELECT account_id, id, sha256($1::text::bytea), $2, $3 FROM logins LIMIT 1
"""
KEY = """
    INSERT INTO idempotency_keys (account_id, actor_id, field, key, input_hash, expires_at)
    VALUES ($1, $1, 'addServers', $2, '\\x00', $3)
"""
LOG = (
    "INSERT INTO jobs.pgqueuer_log (job_id, status, priority, entrypoint, created) VALUES ($1, 'queued', 0, 'mail', $2)"
)
SENDING = """INSERT INTO report_sendings (account_id, report_config_id, created_at, period_from, period_to)
    SELECT account_id, id, $1, $2, $2 FROM report_configs LIMIT 1"""
WAITING = "INSERT INTO jobs.pgqueuer (id, priority, entrypoint, status) VALUES (900, 0, 'other', 'failed')"
LEFT = {
    "sessions": "SELECT token_hash = sha256('live') AS it FROM sessions",
    "keys": "SELECT key AS it FROM idempotency_keys",
    "log": "SELECT job_id AS it FROM jobs.pgqueuer_log WHERE entrypoint = 'mail' AND job_id >= 900 ORDER BY 1",
    "sendings": "SELECT count(*) AS it FROM report_sendings WHERE period_from < '2001-01-01'",
}


@pytest.fixture
async def rows(demo_db: Database) -> None:
    """Rows of each kind that are over, and some that are not."""
    hour, long = timedelta(hours=1), timedelta(days=40)
    async with demo_db.read() as reader:
        await reader.fetch("DELETE FROM sessions")
        await reader.fetch("DELETE FROM idempotency_keys")
        for token, seen, expires in (("live", NOW, hour), ("over", NOW, -hour), ("idle", NOW - 2 * hour, hour)):
            await reader.fetch(SESSION, token, seen, NOW + expires)
        for key, expires in (("live", hour), ("over", -hour)):
            await reader.fetch(KEY, UUID(int=1), key, NOW + expires)
        for age, day in ((timedelta(days=401), 1), (long, 2)):
            await reader.fetch(SENDING, NOW - age, date(2000, 1, day))
        await reader.fetch(WAITING)
        for job, created in ((901, NOW - long), (902, NOW), (900, NOW - long)):
            await reader.fetch(LOG, job, created)


@pytest.fixture
def in_half_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all periodic work far off by its own times, whichever minute it is now: due is what a test makes due."""
    times = f"{(datetime.now(UTC).minute + 30) % 60} * * * *"
    monkeypatch.setattr("gateway.worker.PERIODIC", {name: (times, work) for name, (_, work) in PERIODIC.items()})


async def left(db: Database) -> dict[str, list[object]]:
    """What is there after the cleaning."""
    async with db.read() as reader:
        return {name: [row["it"] for row in await reader.fetch(question)] for name, question in LEFT.items()}


@pytest.mark.usefixtures("rows", "in_half_an_hour")
async def test_a_worker_removes_what_has_run_out_when_it_is_due(demo_dsn: str, demo_db: Database) -> None:
    authority = Authority(b"k" * 32, Lifetimes(timedelta(hours=9), timedelta(hours=1)))
    works = Works(demo_db, authority, Mailbox(), "https://portal.example.com")

    async def known() -> bool:
        async with demo_db.read() as reader:
            found = await reader.fetch("SELECT entrypoint AS e FROM jobs.pgqueuer_schedules")
        return {row["e"] for row in found} == set(PERIODIC)

    async def cleaned() -> bool:
        return await left(demo_db) == {"sessions": [True], "keys": ["live"], "log": [900, 902], "sendings": [1]}

    async with working(Worker(demo_dsn, works)):
        await until(known, "the periodic work in its table")
    assert (await left(demo_db))["keys"] == ["live", "over"]
    await execute(demo_dsn, "UPDATE jobs.pgqueuer_schedules SET next_run = now() - interval '1 minute'")
    async with working(Worker(demo_dsn, works)):
        await until(cleaned, "everything over removed")
    authority.close()
