"""Counters stay right while all happens at once: registrations, removals, limits, and what kills them midway."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from models.db import Database
from models.tables import ActivationKey, License
from schema.ids import encode
from tests import factories
from tests.access.people import Person, make_master, make_session
from tests.agents.calls import rows
from tests.client import post
from tests.models.listing import listings
from tests.seats.counting import COUNTED, Counted, assert_counters_right, deadlocks
from tests.seats.crowd import Answer, Call, Gateway, gateways, registering, unregistering

SET_LIMIT = """mutation ($input: UpdateActivationKeyInput!) { updateActivationKey(input: $input) {
  userErrors { code } } }"""
REMOVE = "mutation ($input: RemoveServersInput!) { removeServers(input: $input) { userErrors { code } } }"
REFUSED = {"KEY_LIMIT_REACHED", "LICENSE_POOL_EXHAUSTED", "TOKEN_EXPIRED", "CONFLICT"}
CUT_OFF = {"INTERNAL"}
KILL_ONE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'gateway' AND state IN ('active', 'idle in transaction')
    ORDER BY random() LIMIT 1
"""
SOME = "SELECT id FROM servers ORDER BY random() LIMIT 2"
TWICE = "SELECT server_id FROM registrations GROUP BY server_id, license_type_id HAVING count(*) > 1"
BARE = "SELECT id FROM servers s WHERE NOT EXISTS (SELECT FROM registrations r WHERE r.server_id = s.id)"


Deed = Callable[[], Coroutine[Any, Any, None]]


@dataclass
class Storm:
    """Who calls what, and what came of it. Which calls are made is decided by chance, from a seed."""

    db: Database
    dsn: str
    master: Person
    keys: list[ActivationKey]
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 (no secret)
    tokens: list[str] = field(default_factory=list)
    kills: int = 1
    crowd: list[Gateway] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def calls(self) -> list[Call]:
        """Some calls at once: most register one of a few machines with one of the keys, others unregister."""
        machines = [f"machine-{self.chance.randrange(16)}" for _ in range(4)]
        asked = [registering(self.chance.choice(self.keys).key, machine) for machine in machines]
        gone = [self.tokens.pop(self.chance.randrange(len(self.tokens))) for _ in range(2) if self.tokens]
        return [*asked, *map(unregistering, gone)]

    def note(self, answer: Answer) -> None:
        """Count what came of a call. What was cut off may have been done or not; anything else is a defect."""
        for code in answer.get("errors", []):
            assert code in CUT_OFF, answer
        refused = [error["code"] for error in answer.get("userErrors", [])]
        assert set(refused) <= REFUSED, answer
        if answer.get("serverToken"):
            self.tokens.append(answer["serverToken"])
        self.seen["cut off" if "errors" in answer else (refused or ["done"])[0]] += 1

    async def work(self, place: int, batches: int) -> None:
        """Let the gateway at a place make calls; where it is killed, another takes its place."""
        for _ in range(batches):
            answers = await self.crowd[place].call(self.calls())
            while not self.crowd[place].ready:
                self.crowd[place] = await self.crowd[place].replaced()
            for answer in answers or ():
                self.note(answer)

    async def kill(self) -> None:
        """Kill one of the gateways, whatever it is doing."""
        gateway = self.chance.choice(self.crowd)
        if self.kills and gateway.process.returncode is None:
            self.kills -= 1
            gateway.process.kill()


@asynccontextmanager
async def again_and_again(deeds: Mapping[Deed, float]) -> AsyncIterator[None]:
    """Do each of these beside the block, with its pause between, until it ends; what fails in one fails the test."""

    async def repeat(deed: Deed, pause: float) -> None:
        while True:
            await asyncio.sleep(pause)
            await deed()

    tasks = [asyncio.create_task(repeat(deed, pause)) for deed, pause in deeds.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [one for one in ended if not isinstance(one, asyncio.CancelledError)] == []


@pytest.fixture
async def watcher(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that nobody kills."""
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "watcher"})
    yield connection
    await connection.close()


@dataclass
class Manager:
    """Somebody in the portal, who changes limits and removes servers meanwhile."""

    client: httpx.AsyncClient
    token: str
    watcher: asyncpg.Connection
    chance: random.Random = field(default_factory=lambda: random.Random(8))  # noqa: S311 (no secret)

    async def tell(self, document: str, given: dict[str, Any]) -> None:
        """Send a mutation, which may be refused or cut off."""
        answer = (await post(self.client, document, {"input": given}, token=self.token)).json()
        assert {error["extensions"]["code"] for error in answer.get("errors", [])} <= CUT_OFF, answer

    async def set_limit(self, key_id: UUID) -> None:
        """Another limit for a key, or none."""
        limit = self.chance.choice([None, 2, 3, 4, 5])
        await self.tell(SET_LIMIT, {"id": encode("ActivationKey", key_id), "limit": limit})


async def assert_all_right(db: Database) -> None:
    """Hold what must be true in the calm after a storm."""
    await assert_counters_right(db)
    assert await rows(db, TWICE) == await rows(db, BARE) == []
    said, should = await listings(db)
    assert said == should
    assert await deadlocks(db) == 0


async def rage(storm: Storm, manager: Manager, processes: int, batches: int) -> None:
    """Let everything happen at once: so many processes, each with so many batches of calls."""
    watcher, lock = manager.watcher, asyncio.Lock()

    async def look() -> None:
        async with lock:
            found = await watcher.fetch(COUNTED)
        counts = [Counted(row["kind"], row["used"], row["most"], row["rows"]) for row in found]
        assert all(one.right for one in counts), counts

    async def cut() -> None:
        async with lock:
            await watcher.fetch(KILL_ONE)

    async def remove() -> None:
        async with lock:
            found = await watcher.fetch(SOME)
        await manager.tell(REMOVE, {"ids": [encode("Server", row["id"]) for row in found]})

    async def limit() -> None:
        await manager.set_limit(storm.keys[0].id)

    deeds = {look: 0.05, limit: 0.1, remove: 0.2, cut: 0.3, storm.kill: 1}
    async with gateways(storm.dsn, processes) as storm.crowd, again_and_again(deeds):
        await asyncio.gather(*(storm.work(place, batches) for place in range(processes)))


@pytest.fixture
async def storm(db: Database, dsn: str) -> Storm:
    """A key with a limit and one without over a small pool, and a key of another product."""
    person = await make_master(db)
    limited = await factories.key_of(db, person.account_id, seat_limit=4)
    other = await factories.key_of(db, person.account_id, "centos-7", seat_limit=3)
    async with db.write() as session:
        pool = await session.get_one(License, limited.license_id)
        pool.quantity = 6
    unlimited = await factories.activation_key(db, pool)
    return Storm(db, dsn, person, [limited, unlimited, other])


@pytest.mark.parametrize(
    ("processes", "batches", "kills"), [pytest.param(2, 4, 1), pytest.param(8, 40, 8, marks=pytest.mark.long)]
)
async def test_nothing_is_counted_wrong_in_a_storm(
    storm: Storm, client: httpx.AsyncClient, watcher: asyncpg.Connection, processes: int, batches: int, kills: int
) -> None:
    token = (await make_session(storm.db, storm.master)).text
    storm.kills = kills
    await rage(storm, Manager(client, token, watcher), processes, batches)
    assert storm.seen["done"] > 0
    await assert_all_right(storm.db)
