"""Keeps what a process remembers of credentials true, and writes down when they were used."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from auth.authority import Authority
from auth.credentials import USES_WRITTEN_EVERY
from models.db import Database
from models.notices import listening

RECOVERY_SECONDS = 0.5
PATIENCE_SECONDS = 5.0

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def recognising(authority: Authority, db: Database, dsn: str) -> AsyncIterator[None]:
    """Hear of changes, write down uses, and at the end write down the last of them.

    The block begins when the first attempt to listen has succeeded or failed.
    """
    attempted = asyncio.Event()
    tasks = [asyncio.create_task(_hear(authority, dsn, attempted)), asyncio.create_task(_write_uses(authority, db))]
    try:
        with db.telling_own_changes(authority.cache.drop):
            await attempted.wait()
            yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _write_down(authority, db)


async def _hear(authority: Authority, dsn: str, attempted: asyncio.Event) -> None:
    """Let the cache remember while changes are heard, and nothing while they are not, for ever."""
    cache = authority.cache
    while True:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as patience, listening(dsn, cache.drop) as ear:
                patience.reschedule(None)
                cache.begin()
                attempted.set()
                await ear.until_deaf()
            _log.warning("credentials.unheard")
        except Exception as error:  # noqa: BLE001 (whatever keeps us from listening, we try again)
            _log.warning("credentials.unheard", error=type(error).__name__)
        finally:
            cache.stop()
            attempted.set()
        await asyncio.sleep(RECOVERY_SECONDS)


async def _write_uses(authority: Authority, db: Database) -> None:
    while True:
        await asyncio.sleep(USES_WRITTEN_EVERY.total_seconds())
        await _write_down(authority, db)


async def _write_down(authority: Authority, db: Database) -> None:
    try:
        await authority.uses.write(db)
    except Exception as error:  # noqa: BLE001 (they stay noted for the next time; no request hangs on it)
        _log.warning("credentials.uses_unwritten", error=type(error).__name__)
