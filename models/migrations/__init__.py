"""The database's versions: moves a database up and down, and tells where it stands.

There is no alembic.ini and no env.py: the connection comes from asyncpg, and one advisory lock keeps gateways that
start together from migrating twice.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

BASE = "base"
HEAD = "head"
LOCK = 4_711_021_118
"""The advisory lock that a migrating connection holds."""

Steps = Callable[[Any, MigrationContext], Iterable[Any]]


async def upgrade(dsn: str, to: str = HEAD) -> None:
    """Bring a database up to a version, by default the newest. Nothing happens where it is there already."""
    script = _script()

    def steps(revision: Any, _: MigrationContext) -> Iterable[Any]:
        return script._upgrade_revs(to, revision)  # noqa: SLF001 (what alembic's own command calls)

    async with transaction(dsn) as connection:
        await connection.run_sync(_run, script, steps, to)


async def downgrade(dsn: str, to: str) -> None:
    """Take a database down to a version; `base` leaves nothing of ours."""
    script = _script()

    def steps(revision: Any, _: MigrationContext) -> Iterable[Any]:
        return script._downgrade_revs(to, revision)  # noqa: SLF001 (what alembic's own command calls)

    async with transaction(dsn) as connection:
        await connection.run_sync(_run, script, steps, to)
        if to == BASE:
            await connection.execute(text("DROP TABLE alembic_version"))


async def current(dsn: str) -> str | None:
    """Tell the version of a database; None before the first."""
    async with transaction(dsn) as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


async def pending(dsn: str) -> bool:
    """Tell whether a database is behind the newest version."""
    return await current(dsn) != head()


def head() -> str | None:
    """Tell the newest version."""
    return _script().get_current_head()


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(Path(__file__).parent))


@asynccontextmanager
async def transaction(dsn: str) -> AsyncIterator[AsyncConnection]:
    """Open one connection with one transaction, committed at the end."""

    async def open_connection() -> asyncpg.Connection:
        return await asyncpg.connect(dsn)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=open_connection, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


def _run(connection: Connection, script: ScriptDirectory, steps: Steps, to: str) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    with EnvironmentContext(Config(), script, fn=steps, destination_rev=to) as environment:
        environment.configure(connection=connection, fn=steps)
        environment.run_migrations()
