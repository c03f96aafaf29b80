"""The schema as a text to download, as far as the caller's role may know it."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from schema.http.cookies import clear_session
from schema.http.exchange import exchange_of
from schema.views import Views

HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie, X-View-As"}
"""A browser may keep its caller's text, and asks each time whether it still holds."""


class SchemaEndpoint:
    """Answers with the SDL of the caller's view; 304 to whoever has it already."""

    def __init__(self, views: Views) -> None:
        self.views = views

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = exchange_of(scope)
        text = self.views.sdl(exchange.actor.role if exchange.actor else None)
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        headers = {**HEADERS, "ETag": tag}
        if _has(Request(scope), tag):
            response = Response(status_code=304, headers=headers)
        else:
            response = Response(text, headers=headers, media_type="text/plain")
        if exchange.cookie_refused:
            clear_session(response, exchange)
        await response(scope, receive, send)


def _has(request: Request, tag: str) -> bool:
    """Whether the client names the text that it would get, among those that it has."""
    named = [name.strip() for line in request.headers.getlist("if-none-match") for name in line.split(",")]
    return "*" in named or any(name.removeprefix("W/") == tag for name in named)
