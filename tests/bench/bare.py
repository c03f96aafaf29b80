"""The limit's server: a bare ASGI application that knows a few questions and answers each by a function of its own.

It looks up the credential as the gateway does, writes a line for each request, and does nothing else.
"""

import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
from starlette.types import Receive, Scope, Send

from auth.actors import Actor
from auth.credentials import read_authorization
from gateway.portal import Portal
from gateway.settings import Settings
from models.db import Database

Variables = Mapping[str, Any]
Answer = Callable[[Database, Actor, datetime, Variables], Awaitable[bytes]]
AgentsAnswer = Callable[[Portal, datetime, Variables], Awaitable[bytes]]
"""The answer to what a server's agent tells, whose credential is in the variables."""


class BareApp:
    """Answers POST requests that name one of its operations; there is no other path, method or refusal than 401."""

    def __init__(
        self, settings: Settings, answers: Mapping[str, Answer], to_agents: Mapping[str, AgentsAnswer]
    ) -> None:
        self._settings = settings
        self._answers = answers
        self._to_agents = to_agents
        self._portal: Portal | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Live from start to end, or answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        started = time.perf_counter()
        request = orjson.loads(await _body(receive))
        status, body = await self._answered(scope, request)
        headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        _log(scope, status, time.perf_counter() - started, request["operationName"])

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        database = await Database.connect(self._settings.dsn)
        self._portal = Portal.over(self._settings, database)
        async with self._portal.recognising():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        self._portal.authority.close()
        await database.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answered(self, scope: Scope, request: dict[str, Any]) -> tuple[int, bytes]:
        portal = self._portal
        header = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        to_agent = self._to_agents.get(request["operationName"])
        if portal is not None and to_agent is not None:
            return 200, await to_agent(portal, datetime.now(UTC), request["variables"])
        if portal is None or header is None:
            return 401, b"{}"
        actor = await portal.authenticate(read_authorization(header.decode()))
        if actor is None:
            return 401, b"{}"
        answer = self._answers[request["operationName"]]
        return 200, await answer(portal.db, actor, datetime.now(UTC), request["variables"])


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    return body


def _log(scope: Scope, status: int, seconds: float, operation: str) -> None:
    facts = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "request_id": uuid4().hex,
        "peer": scope["client"][0],
        "operation": operation,
        "timestamp": datetime.now(UTC).isoformat(),
    }
    sys.stderr.buffer.write(orjson.dumps(facts, option=orjson.OPT_APPEND_NEWLINE))
    sys.stderr.buffer.flush()
