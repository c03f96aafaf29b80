"""Reports as CSV: where their links lead, and how their rows are written, behind a link as in a mail."""

import re
from collections.abc import Sequence
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gateway.exports.downloads import Download
from gateway.exports.tables import MEDIA_TYPES, csv_lines, defused
from gateway.portal import portal_of
from gateway.signed_links import UNCACHED, context_of, not_asked_like_this, refused, unknown
from models.errors import Forbidden
from models.statements import Row
from resolvers.report_links import ReportExport, begin_report, opened
from resolvers.reports import COLUMNS, AskedReport
from resolvers.server_links import ExportFormat


async def report_rows(request: Request) -> Response | ASGIApp:
    """The rows of a link's report; 404 for a link that we did not make, 403 for one that is good no longer."""
    if request.method == "HEAD":
        return not_asked_like_this()
    link = opened(portal_of(request.app).sealer, request.query_params.get("token", ""))
    if link is None:
        return unknown()
    context = await context_of(request, link.asker)
    try:
        export = None if context is None else await begin_report(context, link)
    except Forbidden:
        export = None
    return refused() if export is None else _download(export)


def file_name(report: AskedReport, account_number: str) -> str:
    """What the file of a report is called."""
    number = re.sub(r"[^A-Za-z0-9-]", "-", account_number)
    days = "-".join(_plain(day) for day in (report.days.first, report.days.last))
    return f"{report.kind.name.lower()}-{number}-{days}.csv"


def written_heading(report: AskedReport) -> bytes:
    """The first line of a report."""
    return csv_lines([COLUMNS[report.kind]])


def written(rows: Sequence[Row]) -> bytes:
    """Rows of a report, with nothing in them that a spreadsheet would take for a formula."""
    return csv_lines([[defused(cell) for cell in row["cells"]] for row in rows])


def _plain(day: date | None) -> str:
    return "" if day is None else day.isoformat().replace("-", "")


def _download(export: ReportExport) -> Download:
    name = file_name(export.report, export.account_number)
    headers = {
        **UNCACHED,
        "Content-Type": MEDIA_TYPES[ExportFormat.CSV],
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Download(export.rows, written, written_heading(export.report), headers)
