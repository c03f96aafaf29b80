"""The way to PostgreSQL: raw pooled connections for reading, one-transaction sessions for writing.

Reads run compiled SQL text through asyncpg and get rows by position, since an ORM costs several times as much on the
hot path. Writes use SQLModel sessions. Neither a connection nor a session ever leaves the block that opened it.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Generic, Self, TypeVar

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from models.errors import Contended, UserFault
from models.notices import Hear, hear_own
from models.statements import Row, Statement
from models.streams import Streams
from models.usage import current_usage

SESSION_SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "jit": "off",
    "application_name": "gateway",
    "client_connection_check_interval": "1s",
}
"""PostgreSQL looks whether we are still there: a request to stop that comes too early for its statement is lost."""


READ_SETTINGS = {**SESSION_SETTINGS, "plan_cache_mode": "force_custom_plan"}
"""Lists are planned for the values they ask for: a plan for any value would read an index whole where few rows match.
Planning takes 0.1 to 0.3 ms."""

SETTLED_SETTINGS = {**SESSION_SETTINGS, "plan_cache_mode": "force_generic_plan"}
"""What hangs on one row is found alike whatever row it is, and is planned once: planning it takes longer."""

Transaction = AsyncSession
"""What `write` gives, by the name that layers above know it by: the library's own stays in models."""

OnConnect = Callable[[asyncpg.Connection], Awaitable[None]]
Told = TypeVar("Told")

ROLLED_BACK = ("40001", "40P01")
"""How PostgreSQL names a transaction that it gave up for others: serialization_failure, deadlock_detected."""
ATTEMPTS = 6
FIRST_PAUSE = 0.02
LATER_MS = 1_000


class Reader:
    """One borrowed connection, outside a transaction, for statements that only read."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        """The rows of a compiled statement, bound to these values by name."""
        return await self.fetch(statement.text, *statement.arguments(values))

    async def fetch(self, text: str, *arguments: Any) -> list[Row]:
        """The rows of a statement given as text."""
        usage = current_usage()
        if usage is not None:
            usage.sent()
        rows: list[Row] = await self._connection.fetch(text, *arguments)
        if usage is not None:
            usage.rows += len(rows)
        return rows


class Writer(Reader):
    """One borrowed connection for a statement that writes, and is a transaction of its own."""


Borrowed = TypeVar("Borrowed", bound=Reader)


class _Borrowing(AbstractAsyncContextManager[Borrowed], Generic[Borrowed]):
    """A connection of a pool for as long as the block runs. A class, for a generator costs each statement more."""

    __slots__ = ("_acquiring", "_kind")

    def __init__(self, pool: asyncpg.Pool, kind: type[Borrowed]) -> None:
        self._acquiring = pool.acquire()
        self._kind = kind

    async def __aenter__(self) -> Borrowed:
        return self._kind(await self._acquiring.__aenter__())

    async def __aexit__(self, *raised: object) -> None:
        await self._acquiring.__aexit__(*raised)


class _Kept(asyncpg.Connection):
    """A pool's connection, whose session stays as it is: no borrower changes it, and RESET were a statement each."""

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 (asyncpg's own signature)
        """Roll back what was left open."""
        if self.is_in_transaction():
            await super().reset(timeout=timeout)


def _count_statement(*_sent: Any) -> None:
    """Count what a session sends; its rows are entities that a change needs, and no answer's."""
    usage = current_usage()
    if usage is not None:
        usage.statements += 1


class Database:
    """The pools of one PostgreSQL database. Open it with `connect`, inside the running loop."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        settled: asyncpg.Pool,
        changes: asyncpg.Pool,
        engine: AsyncEngine,
        streams: Streams,
        writers: int,
        hearers: list[Hear],
    ) -> None:
        self._pool = pool
        self._settled = settled
        self._changes = changes
        self._engine = engine
        self.streams = streams
        self._room = asyncio.Semaphore(writers // 2)
        self._hearers = hearers

    @classmethod
    async def connect(
        cls, dsn: str, *, readers: int = 8, writers: int = 8, on_connect: OnConnect | None = None
    ) -> Self:
        """Open the pools. `on_connect` sees every new connection of either, as a test's statement log does."""
        hearers: list[Hear] = []

        def heard(account: str) -> None:
            for hear in hearers:
                hear(account)

        async def opened(settings: dict[str, str], *, hearing: bool) -> asyncpg.Connection:
            connection = await asyncpg.connect(dsn, server_settings=settings)
            if hearing:
                await hear_own(connection, heard)
            if on_connect is not None:
                await on_connect(connection)
            return connection

        async def pool_of(least: int, most: int, settings: Mapping[str, str]) -> asyncpg.Pool:
            return await asyncpg.create_pool(
                dsn,
                min_size=least,
                max_size=most,
                init=on_connect,  # type: ignore[arg-type]  # asyncpg's stubs know pool connections alone
                connection_class=_Kept,
                server_settings=dict(settings),
            )

        pool, settled = await pool_of(1, readers, READ_SETTINGS), await pool_of(0, readers, SETTLED_SETTINGS)
        changes = await pool_of(0, writers, SESSION_SETTINGS)
        writer, stream = partial(opened, SESSION_SETTINGS, hearing=True), partial(opened, READ_SETTINGS, hearing=False)
        engine = create_async_engine("postgresql+asyncpg://", async_creator=writer, pool_size=writers, max_overflow=0)
        event.listen(engine.sync_engine, "before_cursor_execute", _count_statement)
        return cls(pool, settled, changes, engine, Streams(stream), writers, hearers)

    async def close(self) -> None:
        """Close the pools, waiting for what is borrowed."""
        await self._engine.dispose()
        await self._changes.close()
        await self._settled.close()
        await self._pool.close()

    @contextmanager
    def telling_own_changes(self, hear: Hear) -> Iterator[None]:
        """Tell of credentials that were changed in `write`, before whoever changed them goes on."""
        self._hearers.append(hear)
        try:
            yield
        finally:
            self._hearers.remove(hear)

    def read(self, *, settled: bool = False) -> AbstractAsyncContextManager[Reader]:
        """Borrow a connection for one batch of reads; is it settled how they are found, they are not planned anew."""
        return _Borrowing(self._settled if settled else self._pool, Reader)

    def change(self) -> AbstractAsyncContextManager[Writer]:
        """Borrow a connection for one statement that writes: what is sent most often, a check-in, is no session's work.

        The statement is its own transaction, and is planned once for any value.
        """
        return _Borrowing(self._changes, Writer)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end of the block, rolled back by whatever is raised in it."""
        async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    async def transact(self, work: Callable[[AsyncSession], Awaitable[Told]]) -> Told:
        """One transaction, begun anew a few times where PostgreSQL gave it up or others were quicker.

        `work` may run several times: whatever it does beside its session, it must bear repeating.
        """
        for attempt in range(ATTEMPTS):
            try:
                async with self.write() as session:
                    return await work(session)
            except (Contended, DBAPIError) as error:
                if not _given_up(error):
                    raise
            await asyncio.sleep(FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 (no secret)
        raise UserFault("CONFLICT", "Others are changing the same things just now: try again.", None, LATER_MS)

    async def around(self, work: Callable[["Database", AsyncSession], Awaitable[Told]]) -> Told:
        """A transaction around others: `work` gets the database as it is inside, where whatever is written joins.

        Only half of the connections can be held like this, so that there is always one for what is written apart.
        """
        async with self._room:
            return await self.transact(lambda session: work(_Joining(self, session), session))

    @property
    def apart(self) -> "Database":
        """The database outside of a transaction around us: for what must stand whatever becomes of the story."""
        return self


def _given_up(error: Contended | DBAPIError) -> bool:
    """Whether a transaction has ended for no fault of its own, and changed nothing."""
    return isinstance(error, Contended) or getattr(error.orig, "sqlstate", None) in ROLLED_BACK


class _Joining(Database):
    """A database whose writes join a transaction. Each is undone by itself where something is raised in its block."""

    def __init__(self, outside: Database, session: AsyncSession) -> None:
        self._outside = outside
        self._session = session

    def read(self, *, settled: bool = False) -> AbstractAsyncContextManager[Reader]:
        """Borrow a connection, which sees nothing of the transaction."""
        return self._outside.read(settled=settled)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A savepoint of the transaction, which is not ours to commit."""
        async with self._session.begin_nested():
            yield self._session

    async def transact(self, work: Callable[[AsyncSession], Awaitable[Told]]) -> Told:
        """Work in a savepoint, once: it is the transaction around it that begins anew."""
        async with self.write() as session:
            return await work(session)

    @property
    def apart(self) -> Database:
        """The database that has opened the transaction."""
        return self._outside
