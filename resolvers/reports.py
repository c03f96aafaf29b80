"""What a report is: whose, about what, for which days and products; its columns, and the rows behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from auth.permissions import Permission
from models.db import Database
from models.enums import ReportKind
from models.queries import tokens
from models.queries.costs import BILLED_FROM, BILLED_UNTIL
from models.queries.pages import Filters, Pages
from models.queries.parents import Parent
from models.queries.reports import ACCOUNT, PERIOD_FROM, ROWS_OF, whole_report
from models.queries.tokens import PRODUCTS, Wanted
from models.statements import Statement
from resolvers.context import RequestContext
from resolvers.criteria import Criteria, Split, days_between

COLUMNS: Mapping[ReportKind, tuple[str, ...]] = {
    ReportKind.SERVERS: (
        "Host name",
        "IP",
        "Group",
        "Products",
        "Registered (UTC)",
        "Last check-in (UTC)",
        "State",
        "Duplicate of",
        "In this period",
    ),
    ReportKind.LICENSES: ("Product", "License type", "Licenses", "Used", "Free", "Keys near their limit"),
    ReportKind.COSTS: ("Month", "Product", "License type", "Amount", "Currency"),
}
"""The headings of each kind. Programs read columns by place: new ones are added at the end."""

NEEDED: Mapping[ReportKind, frozenset[Permission]] = {
    ReportKind.SERVERS: frozenset({Permission.VIEW_REPORTS, Permission.VIEW_SERVERS}),
    ReportKind.LICENSES: frozenset({Permission.VIEW_REPORTS, Permission.VIEW_SERVERS}),
    ReportKind.COSTS: frozenset({Permission.VIEW_REPORTS, Permission.VIEW_PRICES}),
}
"""What one must be allowed to see for a report of each kind."""


@dataclass(frozen=True, slots=True)
class AskedReport:
    """A report of an account: what it is about, for which days there, and of which products; all where none are."""

    account_id: UUID
    time_zone: str
    kind: ReportKind
    first: date
    last: date
    product_ids: tuple[UUID, ...] = ()

    @property
    def pages(self) -> Pages:
        """The list of its rows."""
        return ROWS_OF[self.kind]

    def instants(self) -> tuple[datetime, datetime]:
        """When its first day begins, and when its last one ends."""
        return days_between(self.first, self.last, ZoneInfo(self.time_zone))

    async def filters(self, db: Database) -> Filters:
        """The conditions of its rows."""
        first, last = self.instants()
        values: dict[str, Any] = {}
        names: set[str] = set()
        if self.kind is ReportKind.SERVERS:
            names, values = {"registered_until"}, {"registered_until": last, PERIOD_FROM: first}
        elif self.kind is ReportKind.COSTS:
            values = {BILLED_FROM: first, BILLED_UNTIL: last}
        if self.product_ids:
            names, values = names | {self._products}, values | {self._products: await self._of_products(db)}
        return Filters(tuple(sorted(names)), values)

    async def statement(self, db: Database, values: Mapping[str, Any]) -> tuple[Statement, dict[str, Any]]:
        """The statement of all rows, and the values that it takes, `values` among them."""
        filters = await self.filters(db)
        return whole_report(self.pages, filters.names), {**values, **filters.values, ACCOUNT: self.account_id}

    @property
    def _products(self) -> str:
        return PRODUCTS if self.kind is ReportKind.SERVERS else "report_products"

    async def _of_products(self, db: Database) -> Sequence[UUID | int]:
        """The products as the list compares them."""
        if self.kind is not ReportKind.SERVERS:
            return self.product_ids
        async with db.read() as reader:
            known = await tokens.facets(reader, [self.account_id], Wanted(product_ids=self.product_ids))
        return known.facets(PRODUCTS)


@dataclass(frozen=True)
class ReportCriteria(Criteria):
    """The conditions of a report's rows as a list takes them."""

    asked: AskedReport

    async def filters(self, context: RequestContext, parents: Sequence[Parent]) -> Split:
        """The same for all parents: each is the account whose report it is."""
        return [(list(parents), await self.asked.filters(context.db))]
