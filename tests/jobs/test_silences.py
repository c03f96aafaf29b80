"""Servers that fall silent are told once for each silence, by whichever worker, in bounded batches."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from auth.authority import Authority
from auth.credentials import Lifetimes
from gateway.jobs import periodic
from gateway.jobs.handlers import Works
from models.db import Database
from models.queries import silences
from tests import factories
from tests.databases import StatementLog
from tests.mailbox import Mailbox
from tests.plans.reading import Plan

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def account_id(db: Database) -> UUID:
    return (await factories.account(db)).id


async def server(db: Database, account_id: UUID, seen: datetime | None) -> UUID:
    """A server that was last heard then."""
    made = await factories.server(db, account_id)
    await hear(db, made.id, seen)
    return made.id


async def hear(db: Database, server_id: UUID, seen: datetime | None) -> None:
    """Note a check-in of a server."""
    async with db.read() as reader:
        await reader.fetch("UPDATE server_check_ins SET last_check_in = $2 WHERE server_id = $1", server_id, seen)


async def tell(db: Database, now: datetime = NOW, most: int = 100) -> int:
    """Tell of silences at a time."""
    async with db.write() as session:
        return (await silences.tell(session, now, most)).told


async def told(db: Database) -> list[tuple[UUID, UUID, datetime]]:
    """Of which servers it was told, whose they are, and when."""
    async with db.read() as reader:
        rows = await reader.fetch(
            "SELECT account_id, server_id, at FROM events WHERE kind = 'SERVER_SILENT' ORDER BY position"
        )
    return [(row["account_id"], row["server_id"], row["at"]) for row in rows]


async def test_a_silence_is_told_once(db: Database, account_id: UUID, statements: StatementLog) -> None:
    other = (await factories.account(db)).id
    ages = {"heard": 12 * HOUR, "silent": 12 * HOUR + timedelta(seconds=1), "stale": 49 * HOUR, "gone": 721 * HOUR}
    made = {name: await server(db, account_id, NOW - age) for name, age in ages.items()}
    theirs = await server(db, other, NOW - 13 * HOUR)
    await server(db, account_id, None)
    statements.clear()
    assert await tell(db) == 3
    assert len(statements) == 1
    expected = [(account_id, made["silent"], NOW), (account_id, made["stale"], NOW), (other, theirs, NOW)]
    assert sorted(await told(db)) == sorted(expected)
    assert await tell(db) == 0
    assert await tell(db, NOW + timedelta(seconds=1)) == 1
    assert (await told(db))[3:] == [(account_id, made["heard"], NOW + timedelta(seconds=1))]


async def test_the_next_silence_is_told_again(db: Database, account_id: UUID) -> None:
    silent = await server(db, account_id, NOW - 13 * HOUR)
    assert await tell(db) == 1
    await hear(db, silent, NOW)
    assert await tell(db, NOW + HOUR) == 0
    assert await tell(db, NOW + 13 * HOUR) == 1
    assert await tell(db, NOW + 14 * HOUR) == 0


async def test_several_workers_tell_each_silence_once(db: Database, account_id: UUID) -> None:
    made = {await server(db, account_id, NOW - 13 * HOUR) for _ in range(12)}
    counts = await asyncio.gather(*(tell(db) for _ in range(6)))
    assert sum(counts) <= 12
    await tell(db)
    assert len(await told(db)) == 12
    assert {server_id for _, server_id, _ in await told(db)} == made


async def test_a_batch_goes_on_behind_the_one_before(db: Database, account_id: UUID) -> None:
    """In the order of accounts, then of check-ins, then of servers: what was found already is not looked at again."""
    other = (await factories.account(db)).id
    at_once, later, sooner = NOW - 14 * HOUR, NOW - 13 * HOUR, NOW - 15 * HOUR
    made = [await server(db, account_id, seen) for seen in (sooner, at_once, at_once, later)]
    made += [await server(db, other, seen) for seen in (sooner, later)]
    after, batches = silences.FIRST, []
    for _ in range(4):
        async with db.write() as session:
            found = await silences.tell(session, NOW, 2, after)
        batches.append((found.silent, found.told))
        after = found.last or after
    assert batches == [(2, 2), (2, 2), (2, 2), (0, 0)]
    assert [server_id for _, server_id, _ in await told(db)] == made
    assert after == silences.Silent(other, later, made[-1])
    await hear(db, made[0], NOW - 13 * HOUR)
    async with db.write() as session:
        assert await silences.tell(session, NOW, 2, after) == silences.Found(0, 0, None)
    assert await tell(db) == 1, "who is passed by is found from the beginning"


async def test_a_batch_that_others_were_quicker_at_is_not_the_last(db: Database, account_id: UUID) -> None:
    silent = [await server(db, account_id, NOW - 13 * HOUR) for _ in range(3)]
    async with db.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(f"SELECT FROM servers WHERE id = '{silent[0]}' FOR UPDATE")
        async with db.write() as other:
            found = await silences.tell(other, NOW, 2)
    assert (found.silent, found.told) == (2, 1)
    assert found.last == silences.Silent(account_id, NOW - 13 * HOUR, silent[1])


async def test_a_batch_reads_no_more_than_it_finds(db: Database, account_id: UUID) -> None:
    """Neither those that were told by the batches before it, nor those that are left to the next ones."""
    async with db.read() as reader:
        added = "SELECT $1, 'web-' || n, '::1' FROM generate_series(1, 3000) n"
        await reader.fetch(f"INSERT INTO servers (account_id, hostname, ip) {added}", account_id)
        await reader.fetch("UPDATE server_check_ins SET last_check_in = $1", NOW - 13 * HOUR)
        await reader.fetch("ANALYZE accounts, servers, server_check_ins")
    after = silences.FIRST
    for _ in range(3):
        async with db.write() as session:
            after = (await silences.tell(session, NOW, 900, after)).last or after
    async with db.write() as session:
        values = {**asdict(after), "at": NOW, "since": NOW - 30 * 24 * HOUR, "until": NOW - 12 * HOUR, "most": 10}
        explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {silences.TELL.text}")
        connection = await session.connection()
        ((plan,),) = await connection.execute(explain, values | {"nobody": silences.NOBODY})
    walks = [node for node in Plan("", plan[0]["Plan"]).nodes() if node.get("Relation Name") == "server_check_ins"]
    assert [(walk["Actual Rows"], walk["Actual Loops"], walk["Rows Removed by Filter"]) for walk in walks] == [
        (10, 1, 0)
    ]


async def test_the_job_goes_on_in_batches(
    db: Database, account_id: UUID, monkeypatch: pytest.MonkeyPatch, statements: StatementLog
) -> None:
    monkeypatch.setattr(periodic, "SILENCES_AT_ONCE", 2)
    for _ in range(5):
        await server(db, account_id, datetime.now(UTC) - 13 * HOUR)
    authority = Authority(b"k" * 32, Lifetimes(9 * HOUR, HOUR))
    statements.clear()
    await periodic.tell_silences(Works(db, authority, Mailbox(), "https://portal.example.com"))
    assert len(statements) == 3
    assert len(await told(db)) == 5
    monkeypatch.setattr(periodic, "MOST_BATCHES", 1)
    for _ in range(3):
        await server(db, account_id, datetime.now(UTC) - 13 * HOUR)
    await periodic.tell_silences(Works(db, authority, Mailbox(), "https://portal.example.com"))
    assert len(await told(db)) == 7
    authority.close()


async def test_a_server_that_is_being_removed_is_passed_by(db: Database, account_id: UUID) -> None:
    silent, other = [await server(db, account_id, NOW - 13 * HOUR) for _ in range(2)]
    async with db.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(f"SELECT FROM servers WHERE id = '{silent}' FOR UPDATE")
        assert await tell(db) == 1
    assert [server_id for _, server_id, _ in await told(db)] == [other]
    assert await tell(db) == 1
