"""The front door: what every request passes on its way in, and every answer on its way out.

It is one layer rather than one for each concern, because each layer would take a call and a closure of its own from
every request. Here stands the order; what each step does stands in the module that is named after it.
"""

import time
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from gateway.middleware.access_log import AccessLog
from gateway.middleware.body_limit import refuse_announced
from gateway.middleware.cors import Cors
from gateway.middleware.exchanges import Exchanges
from gateway.middleware.failures import failure_response
from gateway.middleware.security_headers import add_missing
from schema.http.exchange import KEY, Exchange
from schema.http.faults import body_too_long

GONE = 499
"""What the log says of a request that was never answered."""


class FrontDoor:
    """Opens the exchange, bounds the body, turns failures into answers, dresses answers and logs them.

    Faults are answered in here, so that no answer lacks the headers. What is posted to one of the `direct` paths goes
    there without asking the router, which compares a request with every route that stands before its own.
    """

    def __init__(
        self, app: ASGIApp, *, exchanges: Exchanges, cors: Cors, body_limit: int, direct: Mapping[str, ASGIApp]
    ) -> None:
        self.app = app
        self.cors = cors
        self.body_limit = body_limit
        self._exchanges = exchanges
        self._direct = direct
        self._log = AccessLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the exchange and pass the request on."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        exchange = scope[KEY] = self._exchanges.opened(scope)
        bound = bind_contextvars(request_id=exchange.request_id)
        try:
            if scope["type"] == "http":
                await self._logged(_Passage(self, scope, exchange, receive, send))
            else:
                await self.app(scope, receive, send)
        finally:
            reset_contextvars(**bound)

    async def _logged(self, passage: "_Passage") -> None:
        started = time.perf_counter()
        try:
            await self._answered(passage)
        finally:
            self._log.write(passage.scope, passage.exchange, passage.status or GONE, time.perf_counter() - started)

    async def _answered(self, passage: "_Passage") -> None:
        """Pass the request on, and answer whatever comes back as an exception."""
        scope = passage.scope
        try:
            refuse_announced(scope, self.body_limit)
            answering = self.cors.preflight(scope) or self._way(scope)
            await answering(scope, passage.receive, passage.send)
        except Exception as error:  # noqa: BLE001 (the very purpose of this place)
            response = failure_response(error, passage.exchange.request_id)
            if passage.status is None:
                await response(scope, passage.receive, passage.send)

    def _way(self, scope: Scope) -> ASGIApp:
        direct = self._direct.get(scope["path"]) if scope["method"] == "POST" else None
        return self.app if direct is None else direct


class _Passage:
    """One request on its way: how much of its body was read, and whether an answer has begun, with which status."""

    __slots__ = ("_door", "_receive", "_send", "_taken", "exchange", "scope", "status")

    def __init__(self, door: FrontDoor, scope: Scope, exchange: Exchange, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.exchange = exchange
        self.status: int | None = None
        self._door = door
        self._receive = receive
        self._send = send
        self._taken = 0

    async def receive(self) -> Message:
        """The next part of the body; raises HttpFault (413) once there were too many, whatever was announced."""
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > self._door.body_limit:
            raise body_too_long(self._door.body_limit)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer, the first with all headers that answers have."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            add_missing(headers, secure=self.exchange.scheme == "https")
            self._door.cors.mark(headers, self.scope)
            headers.append((b"x-request-id", self.exchange.request_id.encode("ascii")))
        await self._send(message)
