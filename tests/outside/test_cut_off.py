"""A gateway that is killed in the middle of a mutation with a key: done once, whenever that was."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from models.db import Database
from tests.access.people import Person, audit_of, make_master, make_session
from tests.client import ask, post
from tests.conftest import SECRET
from tests.jobs.waiting import until
from tests.outside.processes import GatewayProcess

INVITE = """mutation { createSublogin(input: { email: "new@example.com", role: BILLING }) @idempotent(key: "one") {
  sublogin { id email } account { serverGroups { name } } userErrors { code } } }"""
STORED = "SELECT FROM idempotency_keys"
WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


@pytest.fixture
def gateway(dsn: str, tmp_path: Path) -> Iterator[GatewayProcess]:
    """A gateway over this test's own database."""
    process = GatewayProcess(tmp_path, DATABASE_URL=dsn, SECRET_KEY=SECRET, RUN_WORKER="off")
    yield process
    if process.running:
        process.end(process.process.pid)


@asynccontextmanager
async def calling(process: GatewayProcess) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the process, which is started for it."""
    await asyncio.to_thread(process.start)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{process.port}", timeout=60) as client:
        yield client


async def killed_while(gateway: GatewayProcess, db: Database, token: str, lock: str, sight: str) -> None:
    """Send the mutation, hold it up by a lock, and kill the gateway once `sight` finds a row."""

    async def seen() -> bool:
        async with db.read() as reader:
            return bool(await reader.fetch(sight)) and bool(await reader.fetch(WAITING))

    async with calling(gateway) as client, db.write() as session:
        await (await session.connection()).execute(text(lock))
        sent = asyncio.ensure_future(post(client, INVITE, token=token))
        await until(seen, "the mutation held up")
        gateway.end(gateway.process.pid, number=signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            await sent


async def test_killed_between_the_commit_and_the_answer(gateway: GatewayProcess, db: Database, token: str) -> None:
    await killed_while(gateway, db, token, "LOCK TABLE server_groups IN ACCESS EXCLUSIVE MODE", STORED)
    async with db.read() as reader:
        (row,) = await reader.fetch("SELECT email FROM invitations")
    async with calling(gateway) as client:
        first = await ask(client, INVITE, token=token)
        assert await ask(client, INVITE, token=token) == first
    assert first["createSublogin"]["sublogin"]["email"] == row["email"]
    assert first["createSublogin"]["userErrors"] == []
    assert len(await audit_of(db)) == 1


async def test_killed_before_the_commit(gateway: GatewayProcess, db: Database, token: str) -> None:
    await killed_while(gateway, db, token, "SELECT FROM accounts FOR UPDATE", WAITING)
    assert await audit_of(db) == []
    async with calling(gateway) as client:
        done = await ask(client, INVITE, token=token)
    assert done["createSublogin"]["userErrors"] == []
    assert len(await audit_of(db)) == 1
