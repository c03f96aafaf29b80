"""Following signed links. A link is judged anew each time, and a bad one learns nothing of why it is."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from gateway.portal import portal_of
from models.errors import Forbidden
from resolvers.context import RequestContext, Sealer, utc_now
from resolvers.sealed_links import Asker
from schema.http import exchange_of

UNCACHED = {"Cache-Control": "private, no-store"}
UNKNOWN = "There is nothing here."
REFUSED = "This link is no longer good. Ask for a new one."


class Asked(Protocol):
    """A link that we have sealed, of whatever kind."""

    @property
    def asker(self) -> Asker:
        """Who asked for it, and for how long it is good."""


Link = TypeVar("Link", bound=Asked)
Found = TypeVar("Found")


async def followed(
    request: Request,
    opened: Callable[[Sealer, str], Link | None],
    begin: Callable[[RequestContext, Link], Awaitable[Found]],
    answer: Callable[[Found], ASGIApp],
) -> Response | ASGIApp:
    """The answer to a link; 404 for one that we did not make, 403 for one that is good no longer.

    `opened` reads its token, and `begin` judges what its caller may see now.
    """
    if request.method == "HEAD":
        return not_asked_like_this()
    link = opened(portal_of(request.app).sealer, request.query_params.get("token", ""))
    if link is None:
        return unknown()
    context = await context_of(request, link.asker)
    try:
        return refused() if context is None else answer(await begin(context, link))
    except Forbidden:
        return refused()


async def context_of(request: Request, asker: Asker) -> RequestContext | None:
    """The context of whoever asked for the link, as they are now; None where it has run out, or their credential."""
    portal, now = portal_of(request.app), utc_now()
    if now >= asker.expires_at:
        return None
    actor = await portal.authority.still_holds(portal.db, asker.credential, asker.credential_id, now)
    if actor is None:
        return None
    exchange = exchange_of(request.scope)
    exchange.actor = actor
    return portal.context(exchange)


def unknown() -> Response:
    """The answer to a link that we did not make."""
    return PlainTextResponse(UNKNOWN, 404, UNCACHED)


def refused() -> Response:
    """The answer to a link that is good no longer."""
    return PlainTextResponse(REFUSED, 403, UNCACHED)


def not_asked_like_this() -> Response:
    """The answer to HEAD: following a link is noted, and a look at its headers alone would be no use of it."""
    return Response(status_code=405, headers={"Allow": "GET"})
