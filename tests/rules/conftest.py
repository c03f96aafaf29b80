"""The fleet's database: written once, read by every comparison, changed by none."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from gateway.app import create_app
from gateway.postgres import EmbeddedPostgres
from tests.conftest import calling, common_engine, opened, settings_for
from tests.databases import StatementLog, copy_of, execute, run
from tests.rules.fleet import Fleet, write
from tests.rules.lists import Lists

FLEET = "fleet"


@pytest.fixture(scope="session")
def fleet(postgres: EmbeddedPostgres, empty_template: str) -> Iterator[Fleet]:
    """The rows that lists are compared with."""
    run(execute(postgres.dsn("postgres"), copy_of(empty_template, FLEET)))
    yield run(write(postgres.dsn(FLEET)))
    run(execute(postgres.dsn("postgres"), f'DROP DATABASE "{FLEET}" WITH (FORCE)'))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet_client(postgres: EmbeddedPostgres, fleet: Fleet) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over the fleet, one for a module: nothing is changed through it."""
    dsn = postgres.dsn(FLEET)
    async with opened(dsn, StatementLog()) as database:
        app = create_app(settings_for(dsn), database, common_engine())
        async with calling(app) as client:
            yield client


@pytest.fixture
def lists(fleet_client: httpx.AsyncClient, fleet: Fleet) -> Lists:
    """Every list of the schema over the fleet, one call a page."""
    return Lists(fleet_client, fleet)
