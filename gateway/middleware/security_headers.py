"""Headers that keep browsers from doing more with an answer than reading it."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.middleware.headers import with_headers
from schema.http.exchange import exchange_of

DEFAULTS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TRANSPORT = "max-age=31536000"
PLAIN = [(name.lower().encode(), value.encode()) for name, value in DEFAULTS.items()]
SECURE = [*PLAIN, (b"strict-transport-security", TRANSPORT.encode())]


class SecurityHeadersMiddleware:
    """Adds the strictest headers wherever a route has not set its own, and HSTS over TLS."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete the headers of its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        secure = exchange_of(scope).scheme == "https"

        def complete(headers: MutableHeaders) -> None:
            sent = {name for name, _ in headers.raw}
            headers.raw.extend(header for header in (SECURE if secure else PLAIN) if header[0] not in sent)

        await self.app(scope, receive, with_headers(send, complete))
