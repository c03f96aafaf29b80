"""What the database tells every process: that a credential, or what stands behind one, has changed.

Triggers notify within the changing transaction, so that a notice comes with its commit and never without. Its payload
is the account's id; whatever else it is may be about any account.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

CREDENTIALS = "credentials"
PULSE_SECONDS = 0.5
"""How often we look whether the connection is still there, and how long it may take to answer: a cut that nobody tells
us about is noticed within a second."""

Hear = Callable[[str], None]


class Ear:
    """A connection that listens, and nothing else."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._closed = asyncio.Event()
        connection.add_termination_listener(lambda _connection: self._closed.set())

    async def until_deaf(self) -> None:
        """Return once the connection is closed or does not answer: what is told from now on may not be heard."""
        while not await self._closes_within(PULSE_SECONDS):
            if not await self._answers_within(PULSE_SECONDS):
                return

    async def _answers_within(self, seconds: float) -> bool:
        try:
            await self._connection.fetchval("SELECT 1", timeout=seconds)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False
        return True

    async def _closes_within(self, seconds: float) -> bool:
        try:
            return await asyncio.wait_for(self._closed.wait(), seconds)
        except TimeoutError:
            return False


@asynccontextmanager
async def listening(dsn: str, hear: Hear) -> AsyncIterator[Ear]:
    """Hear every change of a credential for as long as the block runs and the connection lasts."""
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "gateway listener"})
    try:
        await connection.add_listener(CREDENTIALS, lambda *told: hear(str(told[3])))
        yield Ear(connection)
    finally:
        connection.terminate()


async def hear_own(connection: Any, hear: Hear) -> None:
    """Hear what a connection changes itself: told with the answer to its commit, before whoever commits goes on."""

    def heard(told: Any, pid: int, _channel: str, payload: Any) -> None:
        if pid == told.get_server_pid():
            hear(str(payload))

    await connection.add_listener(CREDENTIALS, heard)
