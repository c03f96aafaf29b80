"""Where the links to reports lead."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gateway.exports.downloads import Download
from gateway.exports.tables import MEDIA_TYPES
from gateway.reports.files import file_name, written, written_heading
from gateway.signed_links import UNCACHED, followed
from resolvers.report_links import ReportExport, begin_report, opened
from resolvers.server_links import ExportFormat


async def report_rows(request: Request) -> Response | ASGIApp:
    """The rows of a link's report; 404 for a link that we did not make, 403 for one that is good no longer."""
    return await followed(request, opened, begin_report, _download)


def _download(export: ReportExport) -> Download:
    name = file_name(export.report, export.account_number)
    headers = {
        **UNCACHED,
        "Content-Type": MEDIA_TYPES[ExportFormat.CSV],
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Download(export.rows, written, written_heading(export.report), headers)
