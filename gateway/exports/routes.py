"""Where the links to exports lead. A link is judged anew each time, and a bad one learns nothing of why it is."""

import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from gateway.exports.downloads import Download
from gateway.exports.tables import MEDIA_TYPES, heading, writer
from gateway.portal import portal_of
from models.errors import Forbidden
from resolvers.context import RequestContext, utc_now
from resolvers.server_links import ServerLink, opened
from resolvers.servers_export import PATH, Export, begin_export
from schema.http import exchange_of

UNCACHED = {"Cache-Control": "private, no-store"}
UNKNOWN = "There is nothing here."
REFUSED = "This link is no longer good. Ask for a new one."


def export_routes() -> list[BaseRoute]:
    """The routes of all exports."""
    return [Route(PATH, server_list, methods=["GET"])]


async def server_list(request: Request) -> Response | ASGIApp:
    """The servers of a link; 404 for a link that we did not make, 403 for one that is good no longer."""
    if request.method == "HEAD":
        return Response(status_code=405, headers={"Allow": "GET"})
    link = opened(portal_of(request.app).sealer, request.query_params.get("token", ""))
    if link is None:
        return PlainTextResponse(UNKNOWN, 404, UNCACHED)
    context = await _context(request, link)
    try:
        export = None if context is None else await begin_export(context, link)
    except Forbidden:
        export = None
    return PlainTextResponse(REFUSED, 403, UNCACHED) if export is None else _download(export)


async def _context(request: Request, link: ServerLink) -> RequestContext | None:
    """The context of whoever asked for the link, as they are now; None where it has run out, or their credential."""
    portal, now = portal_of(request.app), utc_now()
    if now >= link.expires_at:
        return None
    actor = await portal.authority.still_holds(portal.db, link.credential, link.credential_id, now)
    if actor is None:
        return None
    exchange = exchange_of(request.scope)
    exchange.actor = actor
    return portal.context(exchange, request)


def _download(export: Export) -> Download:
    number = re.sub(r"[^A-Za-z0-9-]", "-", export.account_number)
    name = f"servers-{number}-{utc_now():%Y-%m-%d}.{export.format.name.lower()}"
    headers = {
        **UNCACHED,
        "Content-Type": MEDIA_TYPES[export.format],
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Download(export.rows, writer(export.format), heading(export.format), headers)
