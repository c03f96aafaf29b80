"""The demo as it is on one fixed day, the same in every run, with its callers and what operations may name."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from auth.authority import Authority
from auth.credentials import Lifetimes
from gateway.demo import load
from gateway.postgres import EmbeddedPostgres
from models.db import Database
from resolvers.context import RequestContext
from tests.client import DEMO_PASSWORD
from tests.conftest import SECRET, opened
from tests.databases import StatementLog, copy_of, execute, run, throw_away
from tests.fuzz.callers import MOMENT, Callers, context_of, make_callers
from tests.fuzz.pool import Pool, gather

FIXED = "template_fixed_demo"
SERVERS, OWN_SERVERS = 240, 120


@pytest.fixture(scope="session")
def fixed_template(postgres: EmbeddedPostgres, empty_template: str) -> str:
    """The name of a database with a small demo of the fixed day."""
    run(execute(postgres.dsn("postgres"), copy_of(empty_template, FIXED)))
    address = postgres.dsn(FIXED)
    run(load(address, password=DEMO_PASSWORD, servers=SERVERS, demo_servers=OWN_SERVERS, now=MOMENT))
    return FIXED


@dataclass(frozen=True)
class Ground:
    """What a comparison runs on."""

    db: Database
    callers: Callers
    pool: Pool
    authority: Authority

    def context(self, caller: str) -> RequestContext:
        """The context of a request by one of the callers."""
        return context_of(self.db, self.callers.actors[caller], self.authority)


@pytest.fixture
async def fixed_dsn(postgres: EmbeddedPostgres, fixed_template: str) -> AsyncIterator[str]:
    """The address of this test's own copy of the fixed demo."""
    async with throw_away(postgres, fixed_template) as address:
        yield address


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    """What sign-ins are judged by; its threads live as long as the run."""
    made = Authority(SECRET.encode(), Lifetimes(timedelta(hours=9), timedelta(hours=1)))
    yield made
    made.close()


@pytest.fixture
async def ground(fixed_dsn: str, statements: StatementLog, authority: Authority) -> AsyncIterator[Ground]:
    """This test's own copy of the fixed demo, with callers and a pool."""
    async with opened(fixed_dsn, statements) as database:
        yield await prepared(database, authority)


async def prepared(database: Database, authority: Authority) -> Ground:
    """The callers and the pool of a copy of the fixed demo."""
    callers = await make_callers(database)
    pool = await gather(context_of(database, callers.actors["MASTER"], authority), callers.keys())
    return Ground(database, callers, pool, authority)
