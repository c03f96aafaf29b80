"""Which other origins' pages may call the API, with credentials."""

from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.middleware.headers import with_headers
from schema.http.exchange import headers_of

ALLOW_METHODS = "GET, POST, OPTIONS"
ALLOW_HEADERS = (
    "Content-Type, Authorization, X-Requested-With, Apollo-Require-Preflight, GraphQL-Cost, X-View-As, "
    "X-Reject-Unauthorized, X-Request-Id"
)
EXPOSE_HEADERS = "X-Request-Id, RateLimit, Retry-After"
MAX_AGE = "600"


class CorsMiddleware:
    """Answers preflights, and marks the API's answers for the origins that may read them. Others get no mark at all."""

    def __init__(self, app: ASGIApp, origins: Collection[str], path: str) -> None:
        self.app = app
        self.origins = frozenset(origins)
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight; pass everything else on."""
        if scope["type"] != "http" or scope["path"] != self.path:
            await self.app(scope, receive, send)
            return
        headers = headers_of(scope)
        origin = headers.get("origin", "").lower()
        marked = with_headers(send, lambda answer: self._mark(answer, origin))
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(origin)(scope, receive, marked)
        else:
            await self.app(scope, receive, marked)

    def _preflight(self, origin: str) -> Response:
        if origin not in self.origins:
            return Response(status_code=403)
        allowed = {
            "Access-Control-Allow-Methods": ALLOW_METHODS,
            "Access-Control-Allow-Headers": ALLOW_HEADERS,
            "Access-Control-Max-Age": MAX_AGE,
        }
        return Response(status_code=204, headers=allowed)

    def _mark(self, headers: MutableHeaders, origin: str) -> None:
        if self.origins:
            headers.add_vary_header("Origin")
        if origin in self.origins:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Allow-Credentials"] = "true"
            headers["Access-Control-Expose-Headers"] = EXPOSE_HEADERS
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
