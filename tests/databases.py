"""Throw-away databases: copies of a migrated template in one PostgreSQL, and exact lists of what was sent to them."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from threading import Thread
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import event

from gateway.postgres import EmbeddedPostgres
from models.db import Database
from models.queries.credentials import LOOK_UPS

T = TypeVar("T")

_SERIAL = count(1)
_CLERKS: dict[EmbeddedPostgres, "Clerk"] = {}

# What a driver sends of its own accord: the limits of transactions, and questions about types it does not know yet.
_DRIVER = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_TYPE_QUESTIONS = ("typeinfo_tree", "set_config('jit'")


class StatementLog:
    """The statements that reached the database over every connection it watches, in order, without the driver's own.

    Look-ups of credentials are counted apart, in `look_ups`: a credential that is remembered takes none.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.look_ups = 0

    async def watch(self, connection: Any) -> None:
        """Log what this connection sends: the hook for `Database.connect(on_connect=...)`."""
        connection.add_query_logger(self._hear_sent)

    def watch_sessions(self, database: Database) -> None:
        """Log what sessions send by SQLAlchemy's events: a connection's own logger misses their prepared statements."""
        engine = database._engine.sync_engine
        event.listen(engine, "connect", self._trade_logger_for_events)
        event.listen(engine, "before_cursor_execute", lambda *sent: self._hear(sent[2]))

    def _trade_logger_for_events(self, adapted: Any, _record: Any) -> None:
        adapted.driver_connection.remove_query_logger(self._hear_sent)

    def _hear_sent(self, sent: Any) -> None:
        self._hear(sent.query)

    def _hear(self, text: str) -> None:
        if text in LOOK_UPS:
            self.look_ups += 1
        elif not text.lstrip().upper().startswith(_DRIVER) and not any(mark in text for mark in _TYPE_QUESTIONS):
            self.texts.append(text)

    def clear(self) -> None:
        """Begin to count anew."""
        self.texts.clear()
        self.look_ups = 0

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


class Clerk:
    """Makes and drops databases over one connection: to open one each time costs half as much again.

    A connection is one loop's, and each test has a loop of its own: so the clerk's runs in a thread.
    """

    def __init__(self, dsn: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="clerk", daemon=True)
        self._thread.start()
        self._connection: asyncpg.Connection = self._told(asyncpg.connect(dsn)).result()

    async def execute(self, statement: str) -> None:
        """Run a statement outside a transaction, whichever loop we are in."""
        await asyncio.wrap_future(self._told(self._connection.execute(statement)))

    def close(self) -> None:
        """Hang up."""
        self._told(self._connection.close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _told(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)


@contextmanager
def employed(postgres: EmbeddedPostgres) -> Iterator[None]:
    """A clerk for as long as that PostgreSQL runs; `throw_away` finds it."""
    clerk = _CLERKS[postgres] = Clerk(postgres.dsn("postgres"))
    try:
        yield
    finally:
        del _CLERKS[postgres]
        clerk.close()


@asynccontextmanager
async def throw_away(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """A copy of the template for one test; removed afterwards, whoever is still connected to it."""
    name, clerk = f"test_{next(_SERIAL)}", _CLERKS[postgres]
    await clerk.execute(copy_of(template, name))
    try:
        yield postgres.dsn(name)
    finally:
        await clerk.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
