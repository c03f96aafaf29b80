"""Fixtures of the tests that talk HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.api import protocol


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the small schema's application, with the settings at their defaults."""
    protocol.touched.clear()
    async with protocol.calling(protocol.protocol_app()) as client:
        yield client
