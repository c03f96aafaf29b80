"""Credentials that a process remembers: what it costs, what ends the memory, and that nothing old is ever believed."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from auth.credential_cache import Credential
from auth.credentials import look_up
from auth.tokens import Token
from gateway.app import create_app
from gateway.portal import portal_of
from gateway.postgres import EmbeddedPostgres
from models.db import Database
from models.roles import RoleName
from tests.access.people import (
    Person,
    actor_of,
    make_api_key,
    make_login,
    make_master,
    make_secret_key,
    make_session,
    sessions_of,
    utc,
)
from tests.client import post
from tests.conftest import calling, settings_for
from tests.databases import StatementLog, execute
from tests.hearing import deaf
from tests.jobs.waiting import until

WHO = "{ viewer { credential } }"
LISTENER = """
    SELECT pid FROM pg_stat_activity WHERE application_name = 'gateway listener' AND datname = current_database()
"""
USED = """
    SELECT last_seen_at AS at FROM sessions UNION ALL SELECT last_used_at FROM api_keys
    UNION ALL SELECT last_used_at FROM api_secret_keys
"""


async def status_of(client: httpx.AsyncClient, token: Token) -> int:
    return (await post(client, WHO, token=token.text)).status_code


async def one_of_each(db: Database) -> tuple[Person, list[Token]]:
    """A master, and a credential of each kind."""
    master = await make_master(db)
    return master, [
        await make_session(db, master, last_seen_at=utc() - timedelta(hours=1)),
        await make_api_key(db, master.account_id, RoleName.BILLING),
        await make_secret_key(db, master.account_id),
    ]


async def uses(db: Database) -> list[Any]:
    """When the credentials were used, as far as that is written down."""
    async with db.read() as reader:
        return [row["at"] for row in await reader.fetch(USED)]


# ---- what it costs -----------------------------------------------------------------------------------------------


async def test_who_is_calling_is_looked_up_once_and_then_remembered(
    client: httpx.AsyncClient, db: Database, statements: StatementLog
) -> None:
    for token in (await one_of_each(db))[1]:
        looked_up = []
        for _ in range(3):
            statements.clear()
            assert await status_of(client, token) == 200
            looked_up.append(statements.look_ups)
            assert len(statements) == 0
        assert looked_up == [1, 0, 0]


async def test_what_nobody_holds_is_looked_up_each_time(
    client: httpx.AsyncClient, db: Database, statements: StatementLog
) -> None:
    ended = await make_session(db, await make_master(db), expires_at=utc() - timedelta(seconds=1))
    statements.clear()
    assert [await status_of(client, ended) for _ in range(3)] == [401] * 3
    assert statements.look_ups == 3


async def test_uses_are_written_down_together(
    client: httpx.AsyncClient, app: Starlette, db: Database, statements: StatementLog
) -> None:
    _, tokens = await one_of_each(db)
    before = await uses(db)
    for token in tokens * 2:
        await status_of(client, token)
    assert await uses(db) == before, "queries write nothing"
    statements.clear()
    await portal_of(app).authority.uses.write(db)
    assert len(statements) == len(tokens), "one statement for each kind"
    written = await uses(db)
    assert all(utc() - at < timedelta(minutes=1) for at in written)
    statements.clear()
    await portal_of(app).authority.uses.write(db)
    assert len(statements) == 0, "and nothing where nobody has called"
    assert await uses(db) == written


async def test_the_last_uses_are_written_down_when_the_process_stops(dsn: str, db: Database) -> None:
    _, tokens = await one_of_each(db)
    async with calling(create_app(settings_for(dsn))) as passing:
        for token in tokens:
            assert await status_of(passing, token) == 200
    assert all(utc() - at < timedelta(minutes=1) for at in await uses(db))


async def test_a_use_is_never_moved_back(app: Starlette, client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    token = await make_session(db, master)
    assert await status_of(client, token) == 200
    later = utc() + timedelta(minutes=3)
    async with db.write() as session:
        await (await session.connection()).execute(text("UPDATE sessions SET last_seen_at = :at"), {"at": later})
    await portal_of(app).authority.uses.write(db)
    assert [session.last_seen_at for session in await sessions_of(db, master)] == [later]


async def test_writing_down_waits_for_nobody_and_loses_nothing(
    app: Starlette, client: httpx.AsyncClient, db: Database
) -> None:
    master, tokens = await one_of_each(db)
    for token in tokens:
        await status_of(client, token)
    async with db.write() as session:
        await (await session.connection()).execute(text("SELECT FROM sessions FOR UPDATE"))
        await portal_of(app).authority.uses.write(db)
    (held,) = await sessions_of(db, master)
    assert utc() - held.last_seen_at > timedelta(minutes=59), "a row that is held is left to the next use"
    async with db.write() as session:
        await (await session.connection()).execute(text("ALTER TABLE sessions RENAME TO elsewhere"))
    portal_of(app).authority.uses.note(actor_of(master, held.id), utc())
    with pytest.raises(Exception, match="sessions"):
        await portal_of(app).authority.uses.write(db)
    async with db.write() as session:
        await (await session.connection()).execute(text("ALTER TABLE elsewhere RENAME TO sessions"))
    await portal_of(app).authority.uses.write(db)
    (held,) = await sessions_of(db, master)
    assert utc() - held.last_seen_at < timedelta(minutes=1), "what could not be written stayed noted"


# ---- what ends it ------------------------------------------------------------------------------------------------

CHANGES = {
    "a session ended": "DELETE FROM sessions",
    "a session cut short": "UPDATE sessions SET expires_at = now()",
    "a login disabled": "UPDATE logins SET state = 'DISABLED'",
    "a login deleted": "DELETE FROM logins",
    "a key revoked": "DELETE FROM api_keys",
    "a key cut short": "UPDATE api_keys SET expires_at = now()",
    "a secret key replaced": "UPDATE api_secret_keys SET expires_at = now()",
    "a secret key deleted": "DELETE FROM api_secret_keys",
}
HIT = {"a session": 0, "a login": 0, "a key": 1, "a secret": 2}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_of_this_process_is_felt_by_the_very_next_request(
    client: httpx.AsyncClient, db: Database, name: str
) -> None:
    _, tokens = await one_of_each(db)
    assert [await status_of(client, token) for token in tokens * 2] == [200] * 6
    async with db.write() as session:
        await (await session.connection()).execute(text(CHANGES[name]))
    hit = next(place for start, place in HIT.items() if name.startswith(start))
    assert [await status_of(client, token) for token in tokens] == [401 if at == hit else 200 for at in range(3)]


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_from_elsewhere_is_felt_when_it_is_heard(
    client: httpx.AsyncClient, dsn: str, db: Database, name: str
) -> None:
    _, tokens = await one_of_each(db)
    assert [await status_of(client, token) for token in tokens * 2] == [200] * 6
    await execute(dsn, CHANGES[name])
    token = tokens[next(place for start, place in HIT.items() if name.startswith(start))]

    async def felt() -> bool:
        return await status_of(client, token) == 401

    await until(felt, name)


@pytest.mark.parametrize(
    ("change", "forgotten"),
    [
        ("UPDATE logins SET role = 'BILLING' WHERE role <> 'MASTER'", True),
        ("UPDATE logins SET email = 'new@example.com' WHERE role <> 'MASTER'", True),
        ("UPDATE accounts SET state = 'LOCKED' WHERE number = 'A-1'", True),
        ("NOTIFY credentials", True),
        ("UPDATE accounts SET state = 'LOCKED' WHERE number = 'A-2'", False),
        ("UPDATE accounts SET company_name = 'Other'", False),
        ("UPDATE logins SET last_sign_in_at = now()", False),
        ("UPDATE sessions SET last_seen_at = now()", False),
    ],
)
async def test_what_is_forgotten_is_what_the_change_may_have_touched(
    client: httpx.AsyncClient, db: Database, statements: StatementLog, change: str, forgotten: bool
) -> None:
    master = await make_master(db)
    await make_master(db, "A-2", "other@example.com")
    token = await make_session(db, await make_login(db, master.account_id, RoleName.FULL_ACCESS))
    await status_of(client, token)
    async with db.write() as session:
        await (await session.connection()).execute(text(change))
    statements.clear()
    assert await status_of(client, token) == 200
    assert statements.look_ups == forgotten


async def test_a_change_that_is_rolled_back_is_none(
    client: httpx.AsyncClient, db: Database, statements: StatementLog
) -> None:
    token = await make_session(db, await make_master(db))
    await status_of(client, token)
    async with db.write() as session:
        await (await session.connection()).execute(text(CHANGES["a session ended"]))
        await session.rollback()
    statements.clear()
    assert await status_of(client, token) == 200
    assert statements.look_ups == 0


async def test_what_was_read_before_a_change_is_not_remembered_after_it(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await make_session(db, await make_master(db))
    read, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*given: Any) -> Credential | None:
        found = await look_up(*given)
        read.set()
        await go_on.wait()
        return found

    monkeypatch.setattr("auth.authority.look_up", slow)
    early = asyncio.create_task(status_of(client, token))
    await read.wait()
    async with db.write() as session:
        await (await session.connection()).execute(text(CHANGES["a session ended"]))
    go_on.set()
    assert await early == 200, "it came before the change"
    assert await status_of(client, token) == 401


# ---- while nobody tells ------------------------------------------------------------------------------------------


def remembered(client: httpx.AsyncClient, statements: StatementLog, token: Token) -> Callable[[], Awaitable[bool]]:
    """Whether a request takes no look-up."""

    async def ask() -> bool:
        statements.clear()
        assert await status_of(client, token) == 200
        return statements.look_ups == 0

    return ask


async def test_while_nobody_tells_of_changes_nothing_is_remembered(
    client: httpx.AsyncClient, postgres: EmbeddedPostgres, dsn: str, db: Database, statements: StatementLog
) -> None:
    master = await make_master(db)
    token, other = await make_session(db, master), await make_session(db, master)
    asked = remembered(client, statements, token)
    assert [await asked(), await asked()] == [False, True]
    assert await status_of(client, other) == 200

    async def forgotten() -> bool:
        return not await asked()

    async with deaf(postgres, dsn):
        await until(forgotten, "the cut is noticed")
        assert [await asked() for _ in range(3)] == [False] * 3
        async with db.read() as reader:  # a connection that is open already, and tells nobody in this process
            await reader.fetch("DELETE FROM sessions WHERE token_hash = $1", other.digest)
        assert await status_of(client, other) == 401
    await until(asked, "somebody listens again")
    assert await status_of(client, other) == 401


async def test_a_listener_that_says_nothing_more_is_none(
    client: httpx.AsyncClient, db: Database, statements: StatementLog
) -> None:
    token = await make_session(db, await make_master(db))
    asked = remembered(client, statements, token)
    assert [await asked(), await asked()] == [False, True]
    async with db.read() as reader:
        (listener,) = await reader.fetch(LISTENER)
    os.kill(listener["pid"], signal.SIGSTOP)
    try:

        async def forgotten() -> bool:
            return not await asked()

        await until(forgotten, "the silence is noticed")
    finally:
        os.kill(listener["pid"], signal.SIGCONT)
    await until(asked, "somebody listens again")


async def test_a_gateway_starts_without_hearing_and_hears_later(
    client: httpx.AsyncClient, db: Database, dsn: str, statements: StatementLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await make_session(db, await make_master(db))
    monkeypatch.setattr("gateway.recognition.RECOVERY_SECONDS", 0.01)
    settings = settings_for(dsn)
    nowhere = settings_for(dsn.replace("/test_", "/nowhere_"))
    async with calling(create_app(nowhere, db)) as hard_of_hearing:
        asked = remembered(hard_of_hearing, statements, token)
        assert [await asked() for _ in range(3)] == [False] * 3
    async with calling(create_app(settings, db)) as hearing:
        asked = remembered(hearing, statements, token)
        assert [await asked(), await asked()] == [False, True]
