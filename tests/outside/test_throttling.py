"""Guesses at one login that come in at two gateways at once get as many tries as at one."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from auth.throttling import RULES, Guarded, Scope
from tests.access.test_throttling_rules import tries_within
from tests.client import SIGN_IN
from tests.outside.processes import GatewayProcess

SECRET_KEY = "a secret of these tests, and of nothing else"
AT_ONCE = 24
INPUT = {"input": {"email": "nobody@example.com", "password": "a wrong password"}}


@contextmanager
def started(folder: Path, dsn: str) -> Iterator[GatewayProcess]:
    folder.mkdir()
    gateway = GatewayProcess(folder, DATABASE_URL=dsn, SECRET_KEY=SECRET_KEY, RUN_WORKER="off")
    try:
        gateway.start()
        yield gateway
    finally:
        if gateway.running:
            gateway.process.terminate()
            gateway.process.wait()


async def guesses(*gateways: GatewayProcess) -> Counter[str]:
    """What so many guesses at once at each gateway are answered."""
    async with httpx.AsyncClient(timeout=60) as client:
        urls = [f"http://127.0.0.1:{gateway.port}/graphql" for gateway in gateways for _ in range(AT_ONCE)]
        sent = (client.post(url, json={"query": SIGN_IN, "variables": INPUT}) for url in urls)
        answers = [response.json()["data"]["signIn"] for response in await asyncio.gather(*sent)]
    return Counter(answer["userErrors"][0]["code"] for answer in answers)


async def test_two_gateways_give_no_more_tries_than_one(dsn: str, tmp_path: Path) -> None:
    rule = RULES[Guarded.PASSWORD][Scope.HERE]
    with started(tmp_path / "first", dsn) as first, started(tmp_path / "second", dsn) as second:
        begun = time.monotonic()
        found = await guesses(first, second)
        most = tries_within(rule, timedelta(seconds=time.monotonic() - begun))
        assert set(found) == {"INVALID_CREDENTIALS", "THROTTLED"}
        assert rule.free <= found["INVALID_CREDENTIALS"] <= most < AT_ONCE
