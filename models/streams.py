"""Answers too long to hold: the rows of one statement in batches, over a connection of its own.

All batches are of one snapshot, however long they take to be read. A reader who is slow holds up nobody else: neither
of the pools has a part in this. There are at most a few at once.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import asyncpg

from models.errors import PortalError
from models.statements import Row, Statement

MOST_STREAMS = 4
BATCH_ROWS = 500

Batches = AsyncIterator[list[Row]]


class StreamsTaken(PortalError):
    """All streams are being read: try again later."""

    def __init__(self) -> None:
        super().__init__("Too many downloads run just now: try again in a minute.")


class Streams:
    """Opens a connection for each stream, and never more than a few."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._room = asyncio.Semaphore(MOST_STREAMS)

    @asynccontextmanager
    async def rows(self, statement: Statement, values: Mapping[str, Any]) -> AsyncIterator[Batches]:
        """The rows of a statement in batches; StreamsTaken where there are too many already.

        Whatever breaks the block off, a cancellation included, takes the connection down, and the statement with it.
        """
        if self._room.locked():
            raise StreamsTaken
        async with self._room:
            connection = await self._connect()
            try:
                async with aclosing(_batches(connection, statement, values)) as batches:
                    yield batches
            except BaseException:
                connection.terminate()
                raise
            await connection.close()


async def _batches(connection: Any, statement: Statement, values: Mapping[str, Any]) -> AsyncGenerator[list[Row], None]:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        cursor = await connection.cursor(statement.text, *statement.arguments(values))
        while rows := await cursor.fetch(BATCH_ROWS):
            yield rows
