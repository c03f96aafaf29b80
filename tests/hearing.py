"""Gateways that do not hear of changes: their listening connections cut, and no new ones let in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx

from gateway.postgres import EmbeddedPostgres
from tests.client import post
from tests.jobs.waiting import until

CUT = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'gateway listener' AND datname = $1
"""


@asynccontextmanager
async def deaf(postgres: EmbeddedPostgres, dsn: str, listeners: int = 1) -> AsyncIterator[None]:
    """So many gateways over a database hear nothing until the end; connections that they have besides stay."""
    name = dsn.partition("@/")[2].partition("?")[0]
    operator = await asyncpg.connect(postgres.dsn("postgres"))
    try:
        await operator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        assert await operator.fetchval(CUT, name) == listeners
        yield
    finally:
        await operator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await operator.close()


async def is_out(client: httpx.AsyncClient, token: str) -> None:
    """Wait until another process than the one that ended a credential refuses it: it is told, not asked."""

    async def refused() -> bool:
        return (await post(client, "{ viewer { credential } }", token=token)).status_code == 401

    await until(refused, "the other process refuses the credential")
