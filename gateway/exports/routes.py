"""Where the links to exports lead. A link is judged anew each time, and a bad one learns nothing of why it is."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from gateway.exports.downloads import Download
from gateway.exports.reports import report_rows
from gateway.exports.tables import MEDIA_TYPES, heading, writer
from gateway.signed_links import UNCACHED, followed
from resolvers.context import utc_now
from resolvers.report_links import PATH as REPORTS
from resolvers.server_links import opened
from resolvers.servers_export import PATH, Export, begin_export


def export_routes() -> list[BaseRoute]:
    """The routes of all exports."""
    return [Route(PATH, server_list, methods=["GET"]), Route(REPORTS, report_rows, methods=["GET"])]


async def server_list(request: Request) -> Response | ASGIApp:
    """The servers of a link; 404 for a link that we did not make, 403 for one that is good no longer."""
    return await followed(request, opened, begin_export, _download)


def _download(export: Export) -> Download:
    number = re.sub(r"[^A-Za-z0-9-]", "-", export.account_number)
    name = f"servers-{number}-{utc_now():%Y-%m-%d}.{export.format.name.lower()}"
    headers = {
        **UNCACHED,
        "Content-Type": MEDIA_TYPES[export.format],
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Download(export.rows, writer(export.format), heading(export.format), headers)
