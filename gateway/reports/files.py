"""Reports as CSV, behind a link as in a mail."""

import re
from collections.abc import Sequence

from gateway.spreadsheets import csv_lines, defused
from models.statements import Row
from resolvers.reports import COLUMNS, AskedReport


def file_name(report: AskedReport, account_number: str) -> str:
    """What the file of a report is called."""
    number = re.sub(r"[^A-Za-z0-9-]", "-", account_number)
    return f"{report.kind.name.lower()}-{number}-{report.first:%Y%m%d}-{report.last:%Y%m%d}.csv"


def written_heading(report: AskedReport) -> bytes:
    """The first line of a report."""
    return csv_lines([COLUMNS[report.kind]])


def written(rows: Sequence[Row]) -> bytes:
    """Rows of a report, with nothing in them that a spreadsheet would take for a formula."""
    return csv_lines([[defused(cell) for cell in row["cells"]] for row in rows])
