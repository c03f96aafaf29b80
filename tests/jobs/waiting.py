"""Waiting for what a worker does beside a test."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest


async def until(true: Callable[[], Awaitable[bool]] | Callable[[], bool], what: str) -> None:
    """Wait for something to become true."""
    for _ in range(1500):
        outcome = true()
        if outcome if isinstance(outcome, bool) else await outcome:
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"after 30 seconds not yet: {what}")
