"""All that a mailed report says: its first rows, the rows of its file, and the figures of its picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.reports.files import written, written_heading
from models.db import Database
from models.enums import ReportKind, ServerState
from models.queries import report_figures
from models.queries.costs import BILLED_FROM, BILLED_UNTIL
from models.queries.pages import Filters
from models.queries.parents import Parent
from models.queries.reports import ACCOUNT
from resolvers.reports import AskedReport

MOST_SHOWN = 50
"""The letter's table has so many rows."""

MOST_ATTACHED = 20_000
"""The file in the letter has so many rows; behind `csvUrl` are all."""

MOST_BARS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the picture: what it is of, its length, the part of that which is filled, and the figure beside it."""

    label: str
    length: int
    filled: int
    figure: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """A report with what its letter says."""

    report: AskedReport
    shown: Sequence[Sequence[str]]
    total: int
    file: bytes
    attached: int
    bars: Sequence[Bar]


async def gathered(db: Database, report: AskedReport, now: datetime) -> Gathered:
    """Read it all, of the file's rows some at a time."""
    values: dict[str, Any] = {"now": now, "me": report.account_id}
    filters = await report.filters(db)
    async with db.read() as reader:
        parents = [Parent(report.account_id, report.account_id)]
        (total,) = await report.pages.count(reader, parents, filters, values)
    shown: list[list[str]] = []
    file, attached = bytearray(written_heading(report)), 0
    statement, bound = await report.statement(db, values)
    async with db.streams.rows(statement, bound) as batches:
        async for batch in batches:
            rows = batch[: MOST_ATTACHED - attached]
            shown += [list(row["cells"]) for row in rows[: MOST_SHOWN - len(shown)]]
            file += written(rows)
            attached += len(rows)
            if attached >= MOST_ATTACHED:
                break
    bars = await _bars(db, report, filters, values, shown)
    return Gathered(report, shown, total, bytes(file), attached, bars)


async def _bars(
    db: Database, report: AskedReport, filters: Filters, values: dict[str, Any], rows: Sequence[Sequence[str]]
) -> list[Bar]:
    values = {**values, ACCOUNT: report.account_id}
    if report.kind is ReportKind.LICENSES:
        return _pools(rows)
    async with db.read() as reader:
        if report.kind is ReportKind.SERVERS:
            found = await report_figures.servers_by_state(reader, filters, values)
            servers = {row["state"]: row["servers"] for row in found}
            return [_whole(_words(state), servers.get(state.name, 0)) for state in ServerState]
        months = await report_figures.costs_by_month(reader, _year(report, filters), values)
    return [_whole(row["month"], int(row["minor"]), f"{row['amount']} {row['currency']}") for row in months][
        -MOST_BARS:
    ]


def _year(report: AskedReport, filters: Filters) -> Filters:
    """The same over the twelve months up to the period's last: the month alone would show nothing to compare with."""
    first = (report.last.replace(day=1) - timedelta(days=334)).replace(day=1)
    since, until = replace(report, first=first).instants()
    return Filters(filters.names, {**filters.values, BILLED_FROM: since, BILLED_UNTIL: until})


def _pools(rows: Sequence[Sequence[str]]) -> list[Bar]:
    """The largest pools, as they are listed, with how much of each is used."""
    largest = sorted(rows, key=lambda row: -int(row[2]))[:MOST_BARS]
    return [Bar(row[1], int(row[2]), int(row[3]), f"{row[3]} of {row[2]} used") for row in rows if row in largest]


def _whole(label: str, length: int, figure: str | None = None) -> Bar:
    return Bar(label, length, length, f"{length:,}" if figure is None else figure)


def _words(state: ServerState) -> str:
    return state.name.replace("_", " ").capitalize()
