"""Which other origins' pages may call the API, with credentials."""

from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import Scope

from schema.http.exchange import headers_of
from schema.http.responses import RawHeaders

ALLOW_METHODS = "GET, POST, OPTIONS"
ALLOW_HEADERS = (
    "Content-Type, Authorization, X-Requested-With, Apollo-Require-Preflight, GraphQL-Cost, X-View-As, "
    "X-Reject-Unauthorized, X-Request-Id"
)
EXPOSE_HEADERS = "X-Request-Id, RateLimit, Retry-After"
MAX_AGE = "600"


class Cors:
    """Answers preflights, and marks the API's answers for the origins that may read them. Others get no mark at all."""

    def __init__(self, origins: Collection[str], path: str) -> None:
        self.origins = frozenset(origins)
        self.path = path

    def preflight(self, scope: Scope) -> Response | None:
        """The answer to a preflight; None for everything else."""
        headers = headers_of(scope)
        asks = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        if not asks or scope["path"] != self.path:
            return None
        if headers.get("origin", "").lower() not in self.origins:
            return Response(status_code=403)
        allowed = {
            "Access-Control-Allow-Methods": ALLOW_METHODS,
            "Access-Control-Allow-Headers": ALLOW_HEADERS,
            "Access-Control-Max-Age": MAX_AGE,
        }
        return Response(status_code=204, headers=allowed)

    def mark(self, headers: RawHeaders, scope: Scope) -> None:
        """Mark an answer that is about to be sent. Without origins there is nothing to mark, nor to keep apart."""
        if not self.origins or scope["path"] != self.path:
            return
        answer = MutableHeaders(raw=headers)
        answer.add_vary_header("Origin")
        origin = headers_of(scope).get("origin", "").lower()
        if origin in self.origins:
            answer["Access-Control-Allow-Origin"] = origin
            answer["Access-Control-Allow-Credentials"] = "true"
            answer["Access-Control-Expose-Headers"] = EXPOSE_HEADERS
            answer["Cross-Origin-Resource-Policy"] = "cross-origin"
