"""The crowd's database, and a client that counts what its questions cost."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.app import create_app
from gateway.postgres import EmbeddedPostgres
from tests.client import ask
from tests.conftest import calling, common_engine, opened, settings_for
from tests.counts.crowd import Crowd, write
from tests.databases import StatementLog, copy_of, execute, run

CROWD = "crowd"


class Meter:
    """Asks questions, and counts the statements that each sends."""

    def __init__(self, client: httpx.AsyncClient, crowd: Crowd, statements: StatementLog) -> None:
        self.client, self.crowd, self.statements = client, crowd, statements

    async def ask(
        self, document: str, variables: Mapping[str, Any] | None = None, login: str = "home"
    ) -> dict[str, Any]:
        """The data of an answer without errors; the log holds the statements behind it."""
        self.statements.clear()
        return await ask(self.client, document, variables, token=self.crowd.tokens[login])

    async def cost(self, document: str, variables: Mapping[str, Any] | None = None, login: str = "home") -> int:
        """How many statements a question sends, without its credential's look-up."""
        await self.ask(document, variables, login)
        return len(self.statements)


@pytest.fixture(scope="session")
def crowd(postgres: EmbeddedPostgres, empty_template: str) -> Iterator[Crowd]:
    """The rows that questions are asked about."""
    run(execute(postgres.dsn("postgres"), copy_of(empty_template, CROWD)))
    yield run(write(postgres.dsn(CROWD)))
    run(execute(postgres.dsn("postgres"), f'DROP DATABASE "{CROWD}" WITH (FORCE)'))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def meter(postgres: EmbeddedPostgres, crowd: Crowd) -> AsyncIterator[Meter]:
    """The meter over the application over the crowd, one for a module: nothing is changed through it."""
    dsn, statements = postgres.dsn(CROWD), StatementLog()
    async with opened(dsn, statements) as database:
        app = create_app(settings_for(dsn), database, common_engine())
        async with calling(app) as client:
            yield Meter(client, crowd, statements)
