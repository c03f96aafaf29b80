"""A gateway that is killed at every step of a top-up: charged once and booked once, or not at all, wherever it was."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.payments.provider import paying
from gateway.payments.standin import StandIn
from gateway.settings import Settings
from models.db import Database
from models.queries import auditing_ledger
from resolvers.charging import reconcile
from tests.access.people import utc
from tests.client import post
from tests.conftest import SECRET
from tests.fleet.tenants import rows
from tests.jobs.waiting import until
from tests.outside.processes import GatewayProcess
from tests.payments.payers import Payer, booked, charged, make_payer
from tests.payments.relay import Relay, Trouble

TOP_UP = """mutation { topUp(input: { amount: { amount: "25.00", currency: "USD" } }) @idempotent(key: "one") {
  payment { status } invoice { number } account { serverGroups { name } } userErrors { code } } }"""
WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
STATES = "SELECT status FROM payments"


@dataclass(frozen=True)
class Point:
    """Where a gateway is held up and killed, and how it leaves the payments, the provider and the ledger."""

    name: str
    lock: str | None
    trouble: Trouble
    left: tuple[Sequence[str], Sequence[int], Sequence[int]]

    def __str__(self) -> str:
        """Name the case."""
        return self.name


PAID = (["SUCCEEDED"], [2500], [2500])
RECORDING = Point("recording", "LOCK TABLE audit_events IN EXCLUSIVE MODE", Trouble.NONE, ([], [], []))
CHARGING = Point("before-the-charge", None, Trouble.HELD, (["PENDING"], [], []))
CHARGED = Point("charged", None, Trouble.SILENT, (["PENDING"], [2500], []))
BOOKING = Point("booking", "LOCK TABLE events IN EXCLUSIVE MODE", Trouble.NONE, (["PENDING"], [2500], []))
BOOKED = Point("booked", "LOCK TABLE server_groups IN ACCESS EXCLUSIVE MODE", Trouble.NONE, PAID)
SHORT = (CHARGED, False)
LONG = [(point, again) for point in (RECORDING, CHARGING, CHARGED, BOOKING, BOOKED) for again in (True, False)]
CASES = [SHORT, *(pytest.param(*case, marks=pytest.mark.long) for case in LONG if case != SHORT)]


@dataclass
class Scene:
    """A gateway as a process, with a relay between it and the provider."""

    gateway: GatewayProcess
    db: Database
    provider: StandIn
    relay: Relay
    payer: Payer

    async def killed_at(self, point: Point) -> None:
        """Send the top-up, hold it up, and kill the gateway there."""
        await asyncio.to_thread(self.gateway.start)
        self.relay.trouble = point.trouble
        async with AsyncExitStack() as stack:
            if point.lock is not None:
                session = await stack.enter_async_context(self.db.write())
                await (await session.connection()).execute(text(point.lock))
            base = f"http://127.0.0.1:{self.gateway.port}"
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=base, timeout=60))
            sent = asyncio.ensure_future(post(client, TOP_UP, token=self.payer.key))
            await until(lambda: self._held_up(point), f"held up: {point}")
            self.gateway.end(self.gateway.process.pid, number=signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                await sent
        await until(self._gone, "what the killed gateway had open")
        self.relay.trouble = Trouble.NONE

    async def _held_up(self, point: Point) -> bool:
        if point.lock is not None:
            return bool(await rows(self.db, WAITING))
        done = await charged(self.provider, self.payer) == point.left[1]
        return bool(self.relay.paths) and done

    async def _gone(self) -> bool:
        return not await rows(self.db, f"{WAITING} OR state LIKE 'idle in transaction%'")

    async def standing(self) -> tuple[list[str], list[int], list[int]]:
        """How the payments stand, what the provider has taken, and what is booked."""
        states = [row["status"] for row in await rows(self.db, STATES)]
        return states, await charged(self.provider, self.payer), await booked(self.db)

    async def reconciled(self) -> int:
        """What a worker looks at two minutes later."""
        async with paying(self.provider.named_in(Settings())) as provider:
            done = await reconcile(self.db, provider, utc() + timedelta(minutes=2))
        assert done.failed == {}
        return done.seen


@pytest.fixture
def gateway(dsn: str, tmp_path: Path, stand_in: StandIn, relay: Relay) -> Iterator[GatewayProcess]:
    """A gateway over this test's own database, whose provider is the relay."""
    key = stand_in.named_in(Settings()).stripe_secret_key
    assert key is not None
    provider = {"STRIPE_SECRET_KEY": key.get_secret_value(), "STRIPE_API_BASE": relay.base, "STRIPE_SECONDS": "60"}
    process = GatewayProcess(tmp_path, DATABASE_URL=dsn, SECRET_KEY=SECRET, RUN_WORKER="off", **provider)
    yield process
    if process.running:
        process.end(process.process.pid)


@pytest.fixture
async def scene(gateway: GatewayProcess, db: Database, stand_in: StandIn, relay: Relay) -> Scene:
    return Scene(gateway, db, stand_in, relay, await make_payer(db, stand_in))


async def again(client: httpx.AsyncClient, scene: Scene) -> dict[str, Any]:
    """Send the same top-up to another gateway."""
    answer = (await post(client, TOP_UP, token=scene.payer.key)).json()
    assert "errors" not in answer, answer
    payload: dict[str, Any] = answer["data"]["topUp"]
    return payload


@pytest.mark.parametrize(("point", "repeated"), CASES, ids=str)
async def test_killed_anywhere_it_is_paid_once_or_not_at_all(
    scene: Scene, paying_client: httpx.AsyncClient, point: Point, repeated: bool
) -> None:
    await scene.killed_at(point)
    assert await scene.standing() == point.left
    if not repeated:
        assert await scene.reconciled() == point.left[0].count("PENDING")
        assert await scene.standing() == (PAID if point.left[0] else point.left)
    payload = await again(paying_client, scene)
    assert (payload["userErrors"], payload["payment"]["status"]) == ([], "SUCCEEDED")
    assert payload["invoice"] == {"number": "A-1-1"}
    assert await scene.standing() == PAID
    assert await scene.reconciled() == 0
    assert await again(paying_client, scene) == payload
    assert await scene.standing() == PAID
    async with scene.db.read() as reader:
        assert (await auditing_ledger.verify(reader)).broken == ()
