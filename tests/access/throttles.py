"""Callers from several networks, and waiting without waiting: the counters' times are moved into the past."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from ipaddress import ip_network

import httpx
from starlette.applications import Starlette

from gateway.app import create_app
from models.db import Database
from tests.access.people import Person, sign_in
from tests.conftest import calling, settings_for

HOME, AWAY = "192.0.2.1", "198.51.100.7"
LATER = """
    UPDATE throttles SET last_at = last_at - $1::interval, closed_until = closed_until - $1::interval,
        known_until = known_until - $1::interval, expires_at = expires_at - $1::interval
"""


def behind_a_proxy(dsn: str, db: Database) -> Starlette:
    """The application where a test says by a header from which address it calls."""
    proxies = {"trusted_proxies": (ip_network("127.0.0.1"),)}
    return create_app(settings_for(dsn).model_copy(update=proxies), db)


def callers(dsn: str, db: Database) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """A client of it."""
    return calling(behind_a_proxy(dsn, db))


async def later(db: Database, by: timedelta) -> None:
    """Let so much time pass for the counters."""
    async with db.read() as reader:
        await reader.fetch(LATER, by)


async def outcome(
    client: httpx.AsyncClient, person: Person, code: str | None = None, *, at: str = HOME
) -> tuple[str, int | None]:
    """Try to sign in from an address: the refusal's code and when to try again; the empty code for a session."""
    response = await sign_in(client, person, code, {"X-Forwarded-For": at})
    client.cookies.clear()
    payload = response.json()["data"]["signIn"]
    if payload["token"] is not None:
        return "", None
    (error,) = payload["userErrors"]
    return error["code"], error["retryAfterMs"]


async def codes_of(client: httpx.AsyncClient, person: Person, times: int, *, at: str = HOME) -> list[str]:
    """What so many tries, one after the other, are answered."""
    return [(await outcome(client, person, at=at))[0] for _ in range(times)]
