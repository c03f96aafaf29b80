"""A key over a pool, and clients at addresses of their own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from starlette.applications import Starlette

from models.db import Database
from models.tables import ActivationKey
from tests import factories

At = Callable[[str], httpx.AsyncClient]


@pytest.fixture
async def key(db: Database) -> ActivationKey:
    """A key of three seats over a pool of ten."""
    return await factories.key_of(db, (await factories.account(db)).id, seat_limit=3)


@pytest.fixture
async def at(app: Starlette, client: httpx.AsyncClient) -> AsyncIterator[At]:
    """Clients of the application by the address that they call from."""
    async with AsyncExitStack() as stack:

        def calling_from(address: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app, client=(address, 4000))
            caller = httpx.AsyncClient(transport=transport, base_url="http://gateway.test")
            stack.push_async_callback(caller.aclose)
            return caller

        yield calling_from
