"""A report on demand: a table of cells in pages, and the whole of it behind a link."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry

from auth.permissions import Permission
from models.enums import ReportKind
from models.errors import BadInput
from models.queries.pages import Pages
from models.queries.parents import Parent
from models.queries.reports import NEAR_PERCENT, ROWS_OF
from resolvers.criteria import Criteria
from resolvers.report_links import GOOD_FOR, report_csv_url
from resolvers.report_times import days_of_report
from resolvers.reports import COLUMNS, AskedReport, ReportCriteria
from schema import paging
from schema.connections import told_pages
from schema.directives import described, guards
from schema.kinds import KIND, Column, Info, Story, column, embedded, field
from schema.payloads import keys_given
from schema.scalars import URL, Date
from schema.types.core import UNSET, DateRange, days_of

VIEW_REPORTS = Permission.VIEW_REPORTS
MINUTES = int(GOOD_FOR.total_seconds() // 60)

Kind = Annotated[ReportKind, strawberry.argument(description="What the report is about.")]
Period = Annotated[
    DateRange,
    strawberry.argument(
        description="The days that it is about. An open start is the account's first day, an open end today."
    ),
]
ProductIds = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(
        description="The products that it covers; all where empty or left out. Ids that are not known match nothing."
    ),
]


@strawberry.type(description="The days that a report is about, both included, in the account's time zone.")
class ReportPeriod:
    """Both ends, as they came out."""

    from_: Date = strawberry.field(name="from", description="The first day.", metadata={KIND: Column()})
    to: Date = column("The last day.")


@strawberry.type(description="A row of a report.")
class ReportRow:
    """Cells, in the order of the columns."""

    cells: list[str] = column(
        "The row's cells, one for each column, empty where there is nothing to tell. Times are UTC, amounts decimal "
        "numbers, and activation keys always masked."
    )


@strawberry.type(description="A row of a report in its list.")
class ReportRowEdge:
    """A row of the list."""

    cursor: str = paging.cursor()
    node: ReportRow = paging.node()


@strawberry.type(description="The rows of a report in pages.")
class ReportRowConnection:
    """The list."""

    edges: list[ReportRowEdge] = paging.edges()
    nodes: list[ReportRow] = paging.nodes()
    page_info: paging.PageInfo = paging.page_info()
    total_count: int = paging.total_count()


def _listed(root: Any) -> tuple[Pages, Parent, Criteria]:
    asked: AskedReport = root["asked"]
    return asked.pages, Parent(asked.account_id, asked.account_id), ReportCriteria(asked)


def _csv_url(root: strawberry.Parent[Any], info: Info) -> Any:
    return report_csv_url(info.context, root["asked"])


@strawberry.type(
    description=described("A report: the same table that is mailed regularly, on demand.", VIEW_REPORTS),
    directives=guards(VIEW_REPORTS),
)
class Report:
    """What was asked for, and its rows."""

    kind: ReportKind = column("What it is about.")
    period: ReportPeriod = embedded("The days that it is about.", "period_")
    columns: list[str] = column("The headings of the columns. New ones are added at the end.")
    rows: ReportRowConnection = told_pages(
        "Its rows: servers by host name, licenses in the catalogue's order, costs by month, product and license type. "
        f"Keys are named as near their limit from {NEAR_PERCENT} % of it on.",
        tuple(ROWS_OF.values()),
        _listed,
    )
    csv_url: URL = field(
        f"A link that downloads all rows as CSV. It is good for {MINUTES} minutes, for as long as the session or key "
        "that asked for it holds and its role may see the report. Each use is in the audit log. What a spreadsheet "
        "could take for a formula is defused by an apostrophe.",
        Story(()),
        _csv_url,
    )


def _report(
    root: strawberry.Parent[Any], info: Info, kind: Kind, period: Period, product_ids: ProductIds = UNSET
) -> Any:
    zone = ZoneInfo(root["time_zone"])
    opened, today = datetime.fromisoformat(root["registered_at"]).astimezone(zone), info.context.now.astimezone(zone)
    first, last = days_of_report(days_of(period), opened=opened.date(), today=today.date())
    if first > last:
        raise BadInput("`period` must not end before it begins.", "period")
    products: tuple[UUID, ...] = tuple(sorted(set(keys_given("Product", product_ids))))
    return {
        "asked": AskedReport(root["id"], root["time_zone"], kind, first, last, products),
        "kind": kind.name,
        "period_from_": first.isoformat(),
        "period_to": last.isoformat(),
        "columns": list(COLUMNS[kind]),
    }


def account_report() -> Any:
    """Declare an account's reports."""
    return field(
        "A report about a period, for one's own account alone: the servers, the licenses or the costs.",
        Story(("time_zone", "registered_at")),
        _report,
        VIEW_REPORTS,
    )
