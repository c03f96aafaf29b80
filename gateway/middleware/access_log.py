"""One line for each request: what was asked for and how it went, never with what words."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schema.http.exchange import exchange_of

logger: structlog.stdlib.BoundLogger = structlog.get_logger("gateway.access")


class AccessLogMiddleware:
    """Logs the path without its query, the status, the time, and the operation by name and hash."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log it when it is done."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 499

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            self._log(scope, status, time.perf_counter() - started)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        exchange = exchange_of(scope)
        facts = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "request_id": exchange.request_id,
            "peer": exchange.peer_ip,
            "view_as": exchange.actor.role.name if exchange.viewing and exchange.actor else None,
            "operation": exchange.operation_name,
            "document": exchange.document_hash,
        }
        logger.info("request", **{name: value for name, value in facts.items() if value is not None})
