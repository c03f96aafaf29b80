"""Whatever is done to balances, by several at once, while connections die: the books add up, and hold it all once."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from gateway.app import create_app
from models.db import Database
from models.queries import auditing_ledger
from tests.conftest import FIGURES, calling, settings_for
from tests.ledger.checking import assert_right
from tests.ledger.histories import world
from tests.ledger.steps import HISTORIES, Round

LONG = 2_000
WITH_FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@dataclass
class Gateways:
    """Two gateways over one database, and what histories have come to there."""

    dsn: str
    clients: list[httpx.AsyncClient] = field(default_factory=list)
    databases: list[Database] = field(default_factory=list)
    figures: list[tuple[str, object]] = field(default_factory=list)
    histories: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    async def live(self, db: Database, history: Sequence[Round]) -> None:
        """Live through a history with accounts of its own, and hold that the books are right."""
        lived = await world(db, self.clients, self.databases)
        await lived.live(history, self.dsn)
        await assert_right(db, lived)
        async with db.read() as reader:
            assert (await auditing_ledger.verify(reader)).broken == ()
        self.histories += 1
        self.seen += lived.seen
        happened = ", ".join(f"{name} {number}" for name, number in sorted(self.seen.items()))
        self.figures[:] = [(FIGURES, f"{self.histories} histories: {happened}")]


@pytest.fixture
async def gateways(dsn: str, request: pytest.FixtureRequest) -> AsyncIterator[Gateways]:
    made = Gateways(dsn, figures=request.node.user_properties)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            database = await Database.connect(dsn)
            stack.push_async_callback(database.close)
            made.databases.append(database)
            made.clients.append(await stack.enter_async_context(calling(create_app(settings_for(dsn), database))))
        yield made


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=WITH_FIXTURES)
@given(history=HISTORIES)
async def test_the_books_are_right_after_any_history(
    gateways: Gateways, db: Database, history: Sequence[Round]
) -> None:
    await gateways.live(db, history)


@pytest.mark.long
@settings(max_examples=LONG, deadline=None, suppress_health_check=WITH_FIXTURES, print_blob=True)
@given(history=HISTORIES)
async def test_the_books_are_right_after_thousands(gateways: Gateways, db: Database, history: Sequence[Round]) -> None:
    await gateways.live(db, history)
