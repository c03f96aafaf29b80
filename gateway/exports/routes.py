"""Where the links to exports lead. A link is judged anew each time, and a bad one learns nothing of why it is."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from gateway.exports.downloads import Download
from gateway.exports.reports import report_rows
from gateway.exports.tables import MEDIA_TYPES, heading, writer
from gateway.portal import portal_of
from gateway.signed_links import UNCACHED, context_of, not_asked_like_this, refused, unknown
from models.errors import Forbidden
from resolvers.context import utc_now
from resolvers.report_links import PATH as REPORTS
from resolvers.server_links import opened
from resolvers.servers_export import PATH, Export, begin_export


def export_routes() -> list[BaseRoute]:
    """The routes of all exports."""
    return [Route(PATH, server_list, methods=["GET"]), Route(REPORTS, report_rows, methods=["GET"])]


async def server_list(request: Request) -> Response | ASGIApp:
    """The servers of a link; 404 for a link that we did not make, 403 for one that is good no longer."""
    if request.method == "HEAD":
        return not_asked_like_this()
    link = opened(portal_of(request.app).sealer, request.query_params.get("token", ""))
    if link is None:
        return unknown()
    context = await context_of(request, link.asker)
    try:
        export = None if context is None else await begin_export(context, link)
    except Forbidden:
        export = None
    return refused() if export is None else _download(export)


def _download(export: Export) -> Download:
    number = re.sub(r"[^A-Za-z0-9-]", "-", export.account_number)
    name = f"servers-{number}-{utc_now():%Y-%m-%d}.{export.format.name.lower()}"
    headers = {
        **UNCACHED,
        "Content-Type": MEDIA_TYPES[export.format],
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Download(export.rows, writer(export.format), heading(export.format), headers)
