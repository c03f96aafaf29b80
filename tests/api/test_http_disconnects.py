"""Clients that go away before they are answered, spoken to in plain ASGI: no HTTP client can be told to hang up so."""

import asyncio
from typing import Any

import orjson
import pytest
import structlog

from tests.api import protocol


async def hang_up(method: str, body: dict[str, Any], query: bytes = b"") -> list[dict[str, Any]]:
    """Send a request and close the connection at once; return what was logged."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": orjson.dumps(body), "more_body": False},
        {"type": "http.disconnect"},
    ]
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": query,
        "headers": [(b"host", b"gateway.test"), (b"content-type", b"application/json")],
        "client": ("203.0.113.9", 1234),
    }

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        """Nobody listens."""

    protocol.touched.clear()
    app = protocol.protocol_app()
    async with app.router.lifespan_context(app):
        with structlog.testing.capture_logs() as lines:
            await asyncio.wait_for(app(scope, receive, send), timeout=10)
            await asyncio.sleep(0)
    return [dict(line) for line in lines if line["event"] == "request"]


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_query_is_stopped_when_its_client_has_gone(method: str) -> None:
    query = b"query=%7Bsleeps(seconds:60)%7D" if method == "GET" else b""
    (line,) = await hang_up(method, {"query": "{ sleeps(seconds: 60) }"}, query)
    assert line["status"] == 499
    assert protocol.touched == ["stopped"]


async def test_a_mutation_is_not() -> None:
    (line,) = await hang_up("POST", {"query": "mutation { touchSlowly }"})
    assert line["status"] == 200
    assert protocol.touched == ["touchSlowly"]
