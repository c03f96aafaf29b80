"""Finds out who is calling: by the Authorization header, which has the last word, or by the session cookie."""

from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from auth.actors import Actor
from auth.credentials import NOT_HELD, UNREADABLE, read_authorization, read_cookie
from auth.tokens import Token
from models.errors import Unauthenticated
from schema.http.cookies import session_token
from schema.http.exchange import Exchange, exchange_of, headers_of
from schema.http.faults import unauthenticated

Authenticate = Callable[[Token], Awaitable[Actor | None]]


class CredentialMiddleware:
    """Puts the actor into the exchange. A bad header refuses the request (401); a bad cookie counts as none."""

    def __init__(self, app: ASGIApp, authenticate: Authenticate) -> None:
        self.app = app
        self.authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge the credential and pass the request on."""
        if scope["type"] == "websocket" or scope["method"] != "OPTIONS":
            headers = headers_of(scope)
            exchange = exchange_of(scope)
            if "authorization" in headers:
                exchange.actor = await self._by_header(headers.getlist("authorization"))
            else:
                await self._by_cookie(headers.get("cookie"), exchange)
        await self.app(scope, receive, send)

    async def _by_header(self, lines: list[str]) -> Actor:
        if len(lines) != 1:
            raise unauthenticated(UNREADABLE)
        try:
            token = read_authorization(lines[0])
        except Unauthenticated as error:
            raise unauthenticated(error.message) from None
        actor = await self.authenticate(token)
        if actor is None:
            raise unauthenticated(NOT_HELD)
        return actor

    async def _by_cookie(self, header: str | None, exchange: Exchange) -> None:
        text = session_token(header, exchange)
        if text is None:
            return
        token = read_cookie(text)
        exchange.actor = None if token is None else await self.authenticate(token)
        exchange.cookie_refused = exchange.actor is None
