"""One PostgreSQL for a run, one database for a test, and the real application over it.

What a fixture stands on is imported inside it: the tests of one layer load nothing of the layers above.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from starlette.applications import Starlette

from gateway.postgres import EmbeddedPostgres
from gateway.settings import Settings
from models.db import Database
from models.migrations import upgrade
from tests.client import DEMO_PASSWORD
from tests.databases import StatementLog, copy_of, employed, execute, run, throw_away
from tests.measuring import measure_children

if TYPE_CHECKING:
    from gateway.payments.standin import StandIn
    from schema.operations import Engine

EMPTY, DEMO = "template_empty", "template_demo"
FIGURES = "figures"
"""The property under which a test tells what it has measured; the summary of a run shows it."""

SECRET = "a secret of the tests, and of nothing else"

MEMORY = Path("/dev/shm")  # noqa: S108 (what is put there are folders with names of chance, as in any temporary folder)
ROOM = 2 * 2**30
"""More than a run takes with two workers."""

LONGEST = (
    "fuzz/test_operations",
    "fuzz/test_mutations",
    "fuzz/",
    "outside/",
    "jobs/test_processes",
    "rules/",
    "plans/",
)
"""What begins first: a file is one worker's, and none should wait for another at the end."""

OF_A_MODULE = {"fleet_client", "meter"}
"""Fixtures over rows that no test changes: made once for a module, in one loop with its tests."""


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary files in memory where there is room, unless TMPDIR says where.

    Each test copies a database of some five hundred files, which costs a disk's file system twenty times as much.
    Garbage is looked for less often.
    """
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    config.option.loadscopereorder = False
    measure_children()
    gc.set_threshold(50_000, 20, 50)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Load no browser for tests that need none."""
    return True if collection_path.name == "browser" and "not browser" in config.option.markexpr else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first, and tests in their module's loop where they share a fixture that lives in it."""
    root = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(root).as_posix()
        return next((at for at, start in enumerate(LONGEST) if path.startswith(start)), len(LONGEST))

    items.sort(key=place)
    for item in items:
        if pytest_asyncio.is_async_test(item) and not OF_A_MODULE.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


def pytest_collection_finish() -> None:
    """Let garbage be looked for among what the tests make alone: all modules and the schema are much, and live on."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures of tests that tell some."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == FIGURES:
                terminalreporter.write_line(f"{report.nodeid}: {value}")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that forgets everything at the end of the run (of each worker's run, where there are several)."""
    with (
        TemporaryDirectory(prefix="gateway-tests-") as folder,
        EmbeddedPostgres(Path(folder), durable=False) as server,
        employed(server),
    ):
        yield server


@pytest.fixture(scope="session")
def empty_template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database without rows."""
    run(execute(postgres.dsn("postgres"), f'CREATE DATABASE "{EMPTY}"'))
    run(upgrade(postgres.dsn(EMPTY)))
    return EMPTY


@pytest.fixture(scope="session")
def demo_template(postgres: EmbeddedPostgres, empty_template: str) -> str:
    """The name of a migrated database with the demo's data."""
    from gateway.demo import load

    run(execute(postgres.dsn("postgres"), copy_of(empty_template, DEMO)))
    run(load(postgres.dsn(DEMO), password=DEMO_PASSWORD))
    return DEMO


@pytest.fixture
async def dsn(postgres: EmbeddedPostgres, empty_template: str) -> AsyncIterator[str]:
    """The address of this test's own database: migrated, without rows."""
    async with throw_away(postgres, empty_template) as address:
        yield address


@pytest.fixture
async def demo_dsn(postgres: EmbeddedPostgres, demo_template: str) -> AsyncIterator[str]:
    """The address of this test's own database with the demo's data."""
    async with throw_away(postgres, demo_template) as address:
        yield address


@pytest.fixture
def statements() -> StatementLog:
    """Every statement that `db` or `demo_db` sends, on whichever connection."""
    return StatementLog()


@asynccontextmanager
async def opened(address: str, statements: StatementLog) -> AsyncIterator[Database]:
    """Both pools of a database, watched by the log."""
    database = await Database.connect(address, on_connect=statements.watch)
    statements.watch_sessions(database)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def db(dsn: str, statements: StatementLog) -> AsyncIterator[Database]:
    """This test's own database without rows."""
    async with opened(dsn, statements) as database:
        yield database


@pytest.fixture
async def demo_db(demo_dsn: str, statements: StatementLog) -> AsyncIterator[Database]:
    """This test's own database with the demo's data."""
    async with opened(demo_dsn, statements) as database:
        yield database


@cache
def default_settings() -> Settings:
    """Everything at its default, read and judged once: that takes as long as ten requests."""
    return Settings(database_url=SecretStr("postgresql:///unused"), secret_key=SecretStr(SECRET))


def settings_for(address: str) -> Settings:
    """The settings of an application under test: everything at its default over that database."""
    return default_settings().model_copy(update={"database_url": SecretStr(address)})


@asynccontextmanager
async def calling(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application while it runs, from its start-up to its shutdown."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as caller,
    ):
        yield caller


@pytest.fixture(scope="session")
def stand_in() -> Iterator["StandIn"]:
    """What stands in for the payment provider, for the first test that pays and for those after it."""
    from gateway.payments.standin import StandIn

    with StandIn() as one:
        yield one


@cache
def common_engine() -> "Engine":
    """The engine of all applications with default limits: it reads and plans a document once, as a process does."""
    from gateway.app import limits_of
    from schema.serving import engine_for

    settings = default_settings()
    return engine_for(limits_of(settings), settings.request_seconds, introspection=settings.introspection)


@pytest.fixture
def app(dsn: str, db: Database) -> Starlette:
    """The application over a database without rows."""
    from gateway.app import create_app

    return create_app(settings_for(dsn), db, common_engine())


@pytest.fixture
def demo_app(demo_dsn: str, demo_db: Database) -> Starlette:
    """The application over the demo's data."""
    from gateway.app import create_app

    return create_app(settings_for(demo_dsn), demo_db, common_engine())


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app`, signed in as nobody."""
    async with calling(app) as caller:
        yield caller


@pytest.fixture
async def demo_client(demo_app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `demo_app`, signed in as nobody."""
    async with calling(demo_app) as caller:
        yield caller


@pytest.fixture
async def paying_client(dsn: str, db: Database, stand_in: "StandIn") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over a database without rows, with a payment provider."""
    from gateway.app import create_app

    async with calling(create_app(stand_in.named_in(settings_for(dsn)), db, common_engine())) as caller:
        yield caller
