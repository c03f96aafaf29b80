"""Refuses what another site's page may have caused in a browser that is signed in here.

A page can send a form or a link anywhere without asking, and the browser adds the cookie. It cannot add a JSON content
type or a header of its own without a preflight, and it cannot lie about its origin.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from schema.http.cookies import session_token
from schema.http.exchange import Exchange, SentHeaders, exchange_of, headers_of
from schema.http.faults import forbidden

PROOFS = ("x-requested-with", "apollo-require-preflight")
DEFAULT_PORTS = {"http": 80, "https": 443}


class CrossSiteMiddleware:
    """Lets a request through only where no foreign page can have sent it unasked; raises HttpFault (403) else."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self.app = app
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge the request by its headers; WebSocket handshakes are judged by their origin alone."""
        headers = headers_of(scope)
        exchange = exchange_of(scope)
        if scope["type"] == "websocket" or scope["method"] != "OPTIONS":
            self._judge_origin(headers, exchange)
        if scope["type"] == "http" and scope["method"] != "OPTIONS":
            _judge_cookie(headers, exchange)
        await self.app(scope, receive, send)

    def _judge_origin(self, headers: SentHeaders, exchange: Exchange) -> None:
        origin = headers.get("origin")
        if origin is None:
            if headers.get("sec-fetch-site", "").strip().lower() == "cross-site":
                raise forbidden("The request comes from a page of another site.")
        elif origin.lower() not in self.origins and _normal(origin) != _normal(exchange.origin):
            raise forbidden("The request comes from a page of an origin that is not in CORS_ORIGINS.")


def _judge_cookie(headers: SentHeaders, exchange: Exchange) -> None:
    """What the cookie alone speaks for needs a header that no form and no link can send."""
    if "authorization" in headers or session_token(headers.get("cookie"), exchange) is None:
        return
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "application/json" or any(name in headers for name in PROOFS):
        return
    raise forbidden("With a session cookie, send Content-Type: application/json or the header X-Requested-With.")


def _normal(origin: str) -> tuple[str, str | None, int | None] | None:
    """An origin's scheme, host and port; None for `null` and for what is no origin."""
    try:
        parts = urlsplit(origin.lower())
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
