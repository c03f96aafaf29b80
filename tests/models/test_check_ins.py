"""A check-in writes what an agent told, once, and nothing else; registering, moving and merging keep what was told."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models.db import Database, Writer
from models.queries.check_ins import Heard, Told, check_in, merge, tell_version
from models.tables import ActivationKey, Registration, Server
from tests import factories
from tests.databases import StatementLog
from tests.factories import NOON
from tests.models.test_listing import blocked

NOW = NOON + timedelta(days=1)
AGO = NOW - timedelta(minutes=5)

ROWS = """
    SELECT s.hostname, c.last_check_in AS server, r.last_check_in AS registration, r.version
    FROM servers s JOIN server_check_ins c ON c.server_id = s.id
    LEFT JOIN registration_check_ins r ON r.server_id = s.id
    ORDER BY s.hostname, r.registration_id
"""

WRITTEN = """
    SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 ORDER BY relname
"""
"""What a transaction has written so far: the rows that it changed, and how many of them without an index entry."""


@dataclass(frozen=True)
class Agent:
    """A registration of a server, and how its agent tells of it."""

    db: Database
    server: Server
    registration: Registration
    key: ActivationKey

    async def tell(self, at: datetime = NOW, now: datetime = NOW, **said: Any) -> Heard | None:
        """Check in."""
        told = Told(self.registration.id, self.registration.epoch, at)
        async with self.db.change() as writer:
            return await check_in(writer, told._replace(**said), now)

    async def run(self, statement: str, **values: Any) -> None:
        """Change something by hand."""
        async with self.db.write() as session:
            await (await session.connection()).execute(text(statement), values)

    async def noted(self) -> tuple[Any, ...]:
        """What stands of this registration: the server's last check-in, its own, and the version."""
        async with self.db.read() as reader:
            (row,) = await reader.fetch(f"{ROWS.replace('ORDER', 'WHERE s.id = $1 ORDER')}", self.server.id)
            return row["server"], row["registration"], row["version"]


async def agent_on(db: Database, server: Server, key: ActivationKey) -> Agent:
    """An agent whose server has just been registered with a key."""
    return Agent(db, server, await factories.registration(db, server, key), key)


@pytest.fixture
async def agent(db: Database) -> Agent:
    """The agent of the only server of an account."""
    account_id = (await factories.account(db)).id
    return await agent_on(db, await factories.server(db, account_id), await factories.key_of(db, account_id))


async def second(agent: Agent, code: str | None = None) -> Agent:
    """Another server's agent, with the same key or with one of another license type."""
    key = agent.key if code is None else await factories.key_of(agent.db, agent.key.account_id, code)
    return await agent_on(agent.db, await factories.server(agent.db, agent.key.account_id), key)


async def test_a_new_server_has_never_checked_in(agent: Agent) -> None:
    assert await agent.noted() == (None, None, None)


async def test_a_check_in_is_one_statement_that_notes_time_and_version(dsn: str, agent: Agent) -> None:
    log = StatementLog()
    db = await Database.connect(dsn, on_connect=log.watch)
    try:
        heard = await replace(agent, db=db).tell(AGO, version="4.2-1")
    finally:
        await db.close()
    assert heard == Heard(agent.server.account_id, current=True, locked=False)
    assert await agent.noted() == (AGO, AGO, "4.2-1")
    assert len(log) == 1


async def test_a_check_in_touches_neither_servers_nor_registrations(agent: Agent) -> None:
    async def versions() -> list[Any]:
        async with agent.db.read() as reader:
            tables = ("servers", "registrations", "activation_keys", "licenses", "accounts")
            return [[row["xmin"] for row in await reader.fetch(f"SELECT xmin FROM {name}")] for name in tables]

    before = await versions()
    await agent.tell(version="4.2-1")
    assert await versions() == before


async def test_a_time_ahead_of_ours_is_taken_as_ours(agent: Agent) -> None:
    await agent.tell(NOW + timedelta(days=400))
    assert await agent.noted() == (NOW, NOW, None)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1), timedelta(days=3)])
async def test_what_is_not_newer_changes_nothing(agent: Agent, late: timedelta) -> None:
    await agent.tell(AGO, version="4.2-1")
    assert await agent.tell(AGO - late, version="4.1-9") == Heard(agent.server.account_id, current=True, locked=False)
    assert await agent.noted() == (AGO, AGO, "4.2-1")


async def test_what_did_not_go_well_is_answered_and_does_not_count(agent: Agent) -> None:
    assert await agent.tell(ok=False, version="4.2-1") == Heard(agent.server.account_id, current=True, locked=False)
    assert await agent.noted() == (None, None, None)


async def test_a_check_in_without_a_version_keeps_the_one_that_is_known(agent: Agent) -> None:
    async with agent.db.write() as session:
        await tell_version(session, agent.registration.id, "4.0-1")
    assert await agent.noted() == (None, None, "4.0-1")
    await agent.tell()
    assert await agent.noted() == (NOW, NOW, "4.0-1")


async def test_a_locked_account_is_told_so_and_noted(agent: Agent) -> None:
    await agent.run("UPDATE accounts SET state = 'LOCKED'")
    assert await agent.tell() == Heard(agent.server.account_id, current=True, locked=True)
    assert await agent.noted() == (NOW, NOW, None)


async def test_a_token_of_another_epoch_is_told_apart_and_changes_nothing(agent: Agent) -> None:
    for epoch in (-1, 1, 2**31 - 1):
        assert await agent.tell(epoch=epoch) == Heard(agent.server.account_id, current=False, locked=False)
    assert await agent.noted() == (None, None, None)


async def test_a_registration_that_is_gone_is_nobodys(agent: Agent) -> None:
    await agent.run("DELETE FROM registrations")
    assert await agent.tell() is None
    async with agent.db.read() as reader:
        assert await reader.fetch("SELECT FROM registration_check_ins") == []


async def test_a_server_that_is_removed_takes_its_check_ins_along(agent: Agent) -> None:
    await agent.run("DELETE FROM servers")
    async with agent.db.read() as reader:
        assert await reader.fetch("SELECT FROM registration_check_ins") == []
        assert await reader.fetch("SELECT FROM server_check_ins") == []


async def test_a_server_was_last_seen_when_any_of_its_products_was(agent: Agent) -> None:
    key = await factories.key_of(agent.db, agent.key.account_id, "centos-7")
    other = await agent_on(agent.db, agent.server, key)
    await agent.tell(AGO)
    await other.tell(NOW)
    await agent.tell(AGO + timedelta(minutes=1))
    async with agent.db.read() as reader:
        rows = await reader.fetch(ROWS)
    assert {row["server"] for row in rows} == {NOW}
    assert {row["registration"] for row in rows} == {NOW, AGO + timedelta(minutes=1)}
    await agent.run("DELETE FROM registrations WHERE id = :id", id=other.registration.id)
    assert await agent.noted() == (NOW, AGO + timedelta(minutes=1), None)


MOVE = """
    UPDATE registrations r SET server_id = s.id, hostname = s.hostname FROM servers s
    WHERE r.id = :registration AND s.id = :server
"""


async def test_a_registration_that_moves_takes_its_check_in_along(agent: Agent) -> None:
    other = await second(agent, "centos-7")
    await agent.tell(NOW, version="4.2-1")
    await other.tell(AGO)
    await agent.run(MOVE, registration=agent.registration.id, server=other.server.id)
    async with agent.db.read() as reader:
        columns = ("hostname", "server", "registration", "version")
        rows = {tuple(row[name] for name in columns) for row in await reader.fetch(ROWS)}
    assert rows == {
        (agent.server.hostname, NOW, None, None),
        (other.server.hostname, NOW, AGO, None),
        (other.server.hostname, NOW, NOW, "4.2-1"),
    }


async def test_an_older_check_in_that_moves_takes_nothing_back(agent: Agent) -> None:
    other = await second(agent, "centos-7")
    await agent.tell(AGO)
    await other.tell(NOW)
    await agent.run(MOVE, registration=agent.registration.id, server=other.server.id)
    async with agent.db.read() as reader:
        seen = {row["hostname"]: row["server"] for row in await reader.fetch(ROWS)}
    assert seen[other.server.hostname] == NOW


@pytest.mark.parametrize("mover_first", [True, False])
async def test_a_check_in_follows_a_registration_that_moves_meanwhile(agent: Agent, mover_first: bool) -> None:
    other = await second(agent, "centos-7")
    values = {"registration": agent.registration.id, "server": other.server.id}
    if mover_first:
        async with agent.db.write() as session:
            await (await session.connection()).execute(text(MOVE), values)
            telling = asyncio.create_task(agent.tell())
            await blocked(agent.db)
        await telling
    else:
        async with agent.db.change() as writer:
            connection = writer._connection
            async with connection.transaction():
                await check_in(writer, Told(agent.registration.id, 0, NOW), NOW)
                moving = asyncio.create_task(agent.run(MOVE, **values))
                await blocked(agent.db)
        await moving
    async with agent.db.read() as reader:
        rows = await reader.fetch(ROWS)
    assert {row["server"] for row in rows if row["hostname"] == other.server.hostname} == {NOW}


async def test_of_many_check_ins_at_once_the_latest_stands(agent: Agent) -> None:
    times = [NOW - timedelta(seconds=second) for second in range(40)]
    await asyncio.gather(*(agent.tell(at, version=f"1.{at.second}") for at in times))
    assert await agent.noted() == (NOW, NOW, f"1.{NOW.second}")


@pytest.mark.parametrize("merged_is_newer", [True, False])
async def test_a_merged_server_leaves_what_it_told_last(agent: Agent, merged_is_newer: bool) -> None:
    kept, merged = agent, await second(agent)
    times = (AGO, NOW) if merged_is_newer else (NOW, AGO)
    await kept.tell(times[0], version="kept")
    await merged.tell(times[1], version="merged")
    async with agent.db.write() as session:
        await merge(session, kept.server.id, [merged.server.id])
    await agent.run("DELETE FROM servers WHERE id = :id", id=merged.server.id)
    assert await kept.noted() == (NOW, NOW, "merged" if merged_is_newer else "kept")


async def test_servers_that_never_checked_in_merge_as_such(agent: Agent) -> None:
    merged = await second(agent)
    async with agent.db.write() as session:
        await merge(session, agent.server.id, [merged.server.id])
    assert await agent.noted() == (None, None, None)


async def test_check_ins_add_to_no_index_but_the_order_of_servers(agent: Agent) -> None:
    async with agent.db._pool.acquire() as connection, connection.transaction():
        for place in range(10):
            at = AGO + timedelta(seconds=place)
            await check_in(Writer(connection), Told(agent.registration.id, agent.registration.epoch, at), NOW)
        written = [tuple(row) for row in await connection.fetch(WRITTEN)]
    assert written == [("registration_check_ins", 10, 10), ("server_check_ins", 10, 0)]
