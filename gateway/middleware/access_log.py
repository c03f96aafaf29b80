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
            "peer": exchange.peer_ip,
            "view_as": exchange.actor.role.name if exchange.viewing and exchange.actor else None,
            "operation": exchange.operation_name,
            "document": exchange.document_hash,
        }
        self._logger.info("request", **{name: value for name, value in facts.items() if value is not None})
