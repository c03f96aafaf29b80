"""One line for each request: what was asked for and how it went, never with what words."""

import structlog
from starlette.types import Scope

from schema.http.exchange import Exchange


class AccessLog:
    """Logs the path without its query, the status, the time, and the operation by name and hash."""

    def __init__(self) -> None:
        self._logger: structlog.stdlib.BoundLogger = structlog.get_logger("gateway.access").bind()

    def write(self, scope: Scope, exchange: Exchange, status: int, seconds: float) -> None:
        """Log a request that is done."""
        facts = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "request_id": exchange.request_id,
        }
        if exchange.peer_ip is not None:
            facts["peer"] = exchange.peer_ip
        if exchange.viewing and exchange.actor is not None:
            facts["view_as"] = exchange.actor.role.name
        if exchange.operation_name is not None:
            facts["operation"] = exchange.operation_name
        if exchange.document_hash is not None:
            facts["document"] = exchange.document_hash
        self._logger.info("request", **facts)
