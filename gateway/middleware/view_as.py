"""Lets an account's master look at the API as one of its sublogins would: the header X-View-As names the role."""

from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from auth.actors import Actor, CredentialKind
from models.roles import SUBLOGIN_ROLES, RoleName
from schema.http.exchange import exchange_of, headers_of
from schema.http.faults import bad_request, forbidden, unauthenticated

HEADER = "x-view-as"

_BY_NAME = {role.name: role for role in SUBLOGIN_ROLES}


class ViewAsMiddleware:
    """Gives the actor of a master's session the role that the header names; anybody else who sends it is refused.

    Account and login stay, so that only what the role hides is hidden. It stands behind the credential's judge.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge the header where there is one, and pass the request on."""
        lines = headers_of(scope).getlist(HEADER)
        if lines and (scope["type"] == "websocket" or scope["method"] != "OPTIONS"):
            exchange = exchange_of(scope)
            exchange.actor = _seen_as(exchange.actor, lines)
            exchange.viewing = True
        await self.app(scope, receive, send)


def _seen_as(actor: Actor | None, lines: list[str]) -> Actor:
    if actor is None:
        raise unauthenticated("X-View-As is for the master of an account: sign in first.")
    if actor.role is not RoleName.MASTER or actor.credential is not CredentialKind.SESSION:
        raise forbidden("X-View-As is for the session of an account's master alone.")
    role = _BY_NAME.get(lines[0].strip()) if len(lines) == 1 else None
    if role is None:
        raise bad_request(f"X-View-As names one of these roles: {', '.join(_BY_NAME)}.")
    return replace(actor, role=role)
