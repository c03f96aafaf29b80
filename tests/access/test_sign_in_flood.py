"""A flood of sign-ins: the work waits in a pool of bounded size, and nobody else waits with it."""

import asyncio
import threading
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette

from auth.passwords import DEFAULT_THREADS, MOST_AT_ONCE, PasswordHasher
from gateway.portal import portal_of
from models.db import Database
from tests.access.people import Person, audit_of, make_master, make_session, sign_in
from tests.client import ask
from tests.jobs.waiting import until

VIEWER = "{ viewer { login account { number } } }"
RENAME = 'mutation { updateCompanyInformation(input: { name: "Another" }) { account { number } userErrors { code } } }'
PATIENCE = 60


class Jam:
    """Hashing that begins and does not end before it is let go."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.running = 0
        self.most_running = 0
        self._lock = threading.Lock()

    def matches(self, *_: object) -> bool:
        """What a thread of the pool does instead of hashing."""
        with self._lock:
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        assert self.free.wait(PATIENCE)
        with self._lock:
            self.running -= 1
        return False


@pytest.fixture
def jam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jam]:
    made = Jam()
    monkeypatch.setattr(PasswordHasher, "_matches", made.matches)
    yield made
    made.free.set()


async def full(hasher: PasswordHasher) -> None:
    """Wait until the pool has taken on as much as it ever does."""

    async def is_full() -> bool:
        return hasher._taken_on == MOST_AT_ONCE

    await until(is_full, "the pool full")


async def test_others_are_answered_while_all_hashing_stands_still(
    client: httpx.AsyncClient, app: Starlette, db: Database, jam: Jam
) -> None:
    master = await make_master(db)
    token = (await make_session(db, master)).text
    strangers = [Person(master.id, master.account_id, f"{number}@example.com") for number in range(MOST_AT_ONCE)]
    flood = [asyncio.create_task(sign_in(client, stranger)) for stranger in strangers]
    await full(portal_of(app).authority.passwords)

    assert (await ask(client, VIEWER, token=token))["viewer"]["account"]["number"] == "A-1"
    assert (await ask(client, RENAME, token=token))["updateCompanyInformation"]["userErrors"] == []
    late = (await sign_in(client, master)).json()["data"]["signIn"]["userErrors"]
    assert [(error["code"], error["retryAfterMs"]) for error in late] == [("THROTTLED", 1_000)]
    assert not any(task.done() for task in flood)
    assert len([row for row in await audit_of(db) if row.action == "login.sign_in_failed"]) == 0

    jam.free.set()
    answers = [(await task).json()["data"]["signIn"]["userErrors"][0]["code"] for task in flood]
    assert answers == ["INVALID_CREDENTIALS"] * MOST_AT_ONCE
    assert jam.most_running == DEFAULT_THREADS
    assert portal_of(app).authority.passwords._taken_on == 0


async def test_whoever_was_told_to_come_again_has_used_up_no_try(
    client: httpx.AsyncClient, app: Starlette, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    master = await make_master(db)
    monkeypatch.setattr(portal_of(app).authority.passwords, "_taken_on", MOST_AT_ONCE)
    assert (await sign_in(client, master)).json()["data"]["signIn"]["userErrors"][0]["code"] == "THROTTLED"
    async with db.read() as reader:
        assert {row["tries"] for row in await reader.fetch("SELECT tries FROM throttles")} == {0}


async def test_a_sign_in_that_is_given_up_leaves_its_place(jam: Jam) -> None:
    hasher = PasswordHasher(threads=1)
    waiting = [asyncio.create_task(hasher.verify(None, "x")) for _ in range(3)]
    await asyncio.sleep(0)
    assert hasher._taken_on == 3
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert hasher._taken_on == 0
    jam.free.set()
    hasher.close()
