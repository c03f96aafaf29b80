"""The queue: what enters with a transaction, and that its tables are those of the library."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

from gateway.jobs.queue import QUEUE
from gateway.postgres import EmbeddedPostgres
from models import jobs
from models.db import Database
from models.jobs import JobKind
from models.statements import Row
from tests.databases import execute, throw_away
from tests.models.catalog import COLUMNS, CONSTRAINTS, FUNCTIONS, INDEXES, SEQUENCES, TRIGGERS, Facts, facts

QUESTIONS = tuple(
    question.replace("'public'", "'jobs'") for question in (COLUMNS, CONSTRAINTS, INDEXES, SEQUENCES, FUNCTIONS)
)
STATUSES = "SELECT enum_range(NULL::jobs.pgqueuer_status)::text"
JOBS = "SELECT * FROM jobs.pgqueuer ORDER BY id"


@pytest.fixture
async def bare(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The address of a database that nothing has been done to."""
    async with throw_away(postgres, "template0") as address:
        yield address


async def made(dsn: str) -> list[Facts]:
    """What the schema is made of; comments and indentation of the function aside."""
    triggers = TRIGGERS.replace("NOT tgisinternal", "NOT tgisinternal AND tgrelid = 'jobs.pgqueuer'::regclass")
    *answers, functions, statuses, hooks = await facts(dsn, *QUESTIONS, STATUSES, triggers)
    plain: Facts = [(name, re.sub(r"\s+|--[^\n]*", "", str(definition))) for name, definition in functions]
    return [*answers, plain, statuses, hooks]


async def test_the_migration_makes_what_the_librarys_installer_makes(dsn: str, bare: str) -> None:
    await execute(bare, QueryBuilderEnvironment(QUEUE).build_install_query())
    installed = await made(bare)
    assert await made(dsn) == installed
    assert [len(answer) for answer in installed] == [37, 5, 18, 4, 1, 1, 1]


async def rows(db: Database) -> list[Row]:
    """Every job there is."""
    async with db.read() as reader:
        return await reader.fetch(JOBS)


async def test_a_job_is_added_with_its_transaction(db: Database) -> None:
    async with db.write() as session:
        number = await jobs.enqueue(session, JobKind.MAIL, {"to": "first@example.com"})
        assert await rows(db) == []
    (job,) = await rows(db)
    assert (job["id"], job["entrypoint"], job["status"], job["attempts"]) == (number, "mail", "queued", 0)
    assert job["payload"] == b'{"to": "first@example.com"}'
    assert job["execute_after"] <= datetime.now(UTC)


async def test_a_job_vanishes_with_its_transaction(db: Database) -> None:
    async def change_and_fail() -> None:
        async with db.write() as session:
            await jobs.enqueue(session, JobKind.MAIL, {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_and_fail()
    assert await rows(db) == []


async def test_a_key_keeps_a_second_job_out_until_the_first_is_done(db: Database) -> None:
    async with db.write() as session:
        first = await jobs.enqueue(session, JobKind.MAIL, {"n": 1}, dedupe_key="once")
        assert await jobs.enqueue(session, JobKind.MAIL, {"n": 2}, dedupe_key="once") is None
        assert await jobs.enqueue(session, JobKind.MAIL, {"n": 3}, dedupe_key="other") is not None
    async with db.write() as session:
        assert await jobs.enqueue(session, JobKind.MAIL, {"n": 4}, dedupe_key="once") is None
    assert [job["payload"] for job in await rows(db)] == [b'{"n": 1}', b'{"n": 3}']
    async with db.read() as reader:
        await reader.fetch("DELETE FROM jobs.pgqueuer WHERE id = $1", first)
    async with db.write() as session:
        assert await jobs.enqueue(session, JobKind.MAIL, {"n": 5}, dedupe_key="once") is not None


async def test_a_job_can_be_put_off(db: Database) -> None:
    later = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=3650)
    async with db.write() as session:
        await jobs.enqueue(session, JobKind.MAIL, {}, execute_after=later)
    assert [job["execute_after"] for job in await rows(db)] == [later]


async def test_what_failed_is_listed_and_begins_anew(db: Database) -> None:
    async with db.write() as session:
        failed = await jobs.enqueue(session, JobKind.MAIL, {})
        waiting = await jobs.enqueue(session, JobKind.MAIL, {})
        assert failed is not None
        assert waiting is not None
    async with db.read() as reader:
        await reader.fetch("UPDATE jobs.pgqueuer SET status = 'failed', attempts = 7 WHERE id = $1", failed)
        assert [job.id for job in await jobs.listed(reader, failed=True)] == [failed]
        assert [job.id for job in await jobs.listed(reader, failed=False)] == [waiting, failed]
    async with db.write() as session:
        assert not await jobs.retry(session, waiting)
        assert await jobs.retry(session, failed)
    async with db.read() as reader:
        assert await jobs.listed(reader, failed=True) == []
        states = [(job.state, job.attempts) for job in await jobs.listed(reader, failed=False)]
    assert states == [("queued", 0), ("queued", 0)]
