"""Throw-away databases: copies of a migrated template in one PostgreSQL, and exact lists of what was sent to them."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, TypeVar

import asyncpg

from gateway.postgres import EmbeddedPostgres

T = TypeVar("T")

_SERIAL = count(1)

# What a driver sends of its own accord: the limits of transactions, and questions about types it does not know yet.
_DRIVER = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_TYPE_QUESTION = "typeinfo_tree"


class StatementLog:
    """The statements that reached the database over every connection it watches, in order, without the driver's own."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def watch(self, connection: Any) -> None:
        """Log what this connection sends from now on: the hook for `Database.connect(on_connect=...)`."""
        connection.add_query_logger(self._hear)

    def _hear(self, sent: asyncpg.connection.LoggedQuery) -> None:
        if not sent.query.lstrip().upper().startswith(_DRIVER) and _TYPE_QUESTION not in sent.query:
            self.texts.append(sent.query)

    def clear(self) -> None:
        """Begin to count anew."""
        self.texts.clear()

    def __len__(self) -> int:
        return len(self.texts)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from a fixture that is not async, away from any loop of the test."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def execute(dsn: str, *statements: str) -> None:
    """Run statements one by one, outside a transaction."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def copy_of(template: str, name: str) -> str:
    """The statement that copies a database, file by file: the fastest way for small ones that are not written to."""
    return f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'


@asynccontextmanager
async def throw_away(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """A copy of the template for one test; removed afterwards, whoever is still connected to it."""
    name = f"test_{next(_SERIAL)}"
    await execute(postgres.dsn("postgres"), copy_of(template, name))
    try:
        yield postgres.dsn(name)
    finally:
        await execute(postgres.dsn("postgres"), f'DROP DATABASE "{name}" WITH (FORCE)')
