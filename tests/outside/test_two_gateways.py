"""Two gateways as processes over one database: what one changes about a credential is felt at the other."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from auth.tokens import Token
from gateway.postgres import EmbeddedPostgres
from models.db import Database
from models.roles import RoleName
from schema.ids import encode
from tests.access.people import Person, make_api_key, make_login, make_master, make_session
from tests.client import ask, post
from tests.conftest import FIGURES, SECRET
from tests.hearing import deaf
from tests.jobs.waiting import until
from tests.outside.processes import GatewayProcess

WHO = "{ viewer { role { name } account { number } } }"
UPDATE = "mutation ($input: UpdateSubloginInput!) { updateSublogin(input: $input) { userErrors { code } } }"
REVOKE = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { userErrors { code } } }"

Clients = tuple[httpx.AsyncClient, httpx.AsyncClient]


@pytest.fixture
async def clients(dsn: str, tmp_path: Path) -> AsyncIterator[Clients]:
    """Clients of two gateways that have just been started."""
    settings = {"DATABASE_URL": dsn, "SECRET_KEY": SECRET, "RUN_WORKER": "false"}
    processes = [GatewayProcess(tmp_path, **settings) for _ in range(2)]
    try:
        for process in processes:
            process.start()
        one, two = (httpx.AsyncClient(base_url=f"http://127.0.0.1:{one.port}", timeout=60) for one in processes)
        async with one, two:
            yield one, two
    finally:
        for process in processes:
            process.clear()


async def change(client: httpx.AsyncClient, master: Token, document: str, **given: object) -> None:
    """Run a mutation that must succeed."""
    (payload,) = (await ask(client, document, {"input": given}, token=master.text)).values()
    assert payload["userErrors"] == []


async def status_of(client: httpx.AsyncClient, token: Token) -> int:
    return (await post(client, WHO, token=token.text)).status_code


async def known_to(clients: Clients, *tokens: Token) -> None:
    """Let both gateways remember credentials."""
    for client in clients * 2:
        assert [await status_of(client, token) for token in tokens] == [200] * len(tokens)


async def felt(clients: Clients, token: Token, tell: Callable[[str, object], None]) -> None:
    """The end of a credential is felt at once where it was brought about, and soon at the other."""
    here, elsewhere = clients
    started = time.perf_counter()
    assert await status_of(here, token) == 401

    async def ended() -> bool:
        return await status_of(elsewhere, token) == 401

    await until(ended, "the other gateway refuses it")
    tell(FIGURES, f"felt elsewhere after {(time.perf_counter() - started) * 1000:.0f} ms")


async def people(db: Database) -> tuple[Token, Person, Person]:
    """A master's session, and two sublogins."""
    master = await make_master(db)
    one, two = [await make_login(db, master.account_id, RoleName.BILLING, f"{name}@example.com") for name in "ab"]
    return await make_session(db, master), one, two


async def test_what_one_process_changes_the_other_feels(
    clients: Clients, db: Database, record_property: Callable[[str, object], None]
) -> None:
    master, first, _ = await people(db)
    session, key = await make_session(db, first), await make_api_key(db, first.account_id, RoleName.BILLING)
    await known_to(clients, master, session, key)
    await change(clients[0], master, UPDATE, id=encode("Sublogin", first.id), role="READ_ONLY_BILLING")
    await felt(clients, session, record_property)
    async with db.read() as reader:
        (row,) = await reader.fetch("SELECT id FROM api_keys")
    await change(clients[1], master, REVOKE, id=encode("ApiKey", row["id"]))
    await felt((clients[1], clients[0]), key, record_property)


async def test_with_the_listening_connections_cut_as_well(
    clients: Clients,
    postgres: EmbeddedPostgres,
    dsn: str,
    db: Database,
    record_property: Callable[[str, object], None],
) -> None:
    master, first, second = await people(db)
    sessions = [await make_session(db, person) for person in (first, second)]
    await known_to(clients, master, *sessions)
    await change(clients[0], master, UPDATE, id=encode("Sublogin", first.id), role="READ_ONLY_BILLING")
    await felt(clients, sessions[0], record_property)
    async with deaf(postgres, dsn, listeners=2):
        await change(clients[0], master, UPDATE, id=encode("Sublogin", second.id), disabled=True)
        await felt(clients, sessions[1], record_property)
        assert await status_of(clients[1], master) == 200
    await known_to(clients, master)
