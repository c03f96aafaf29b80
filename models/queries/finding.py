"""Finds the few servers that match facets and words, by the index over both, or learns that they are not few.

The planner cannot know which facets exclude each other, nor what a text is found in. So these rows are counted, as far
as they are few, before it is decided how a page is read: it sorts the few, or else walks the index of its order, which
meets enough of the many soon.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.visitors import replacement_traverse

from models import tables
from models.queries import words
from models.queries.bounds import Bound
from models.queries.pages import Asked, Filters, Pages, Route
from models.queries.parents import ONE_PARENT, bind_parents
from models.queries.server_filters import DAYS, FIRST_ADDRESS, LAST_ADDRESS, Conditions, by_day, by_index
from models.statements import Statement

_server = tables.Server.__table__
_filters = by_index(_server.c)
INDEXED = frozenset(_filters)
"""The filters that the index answers."""

_further = {**words.ELSEWHERE, **by_day()}
_conditions = {**_filters, **{name: [condition] for name, condition in _further.items()}}

FOR_A_ROW = 6
"""A page sorts what it finds where that is so many rows for each of its own."""

LONG = 50
"""A page of so many rows is long."""

MOST = "most_found"
"""The name by which so many rows are bound that are few."""

LISTED = ("id", "account_id", "hostname", "ip", "registered_at", "group_sort", "facets")
"""What a list of servers compares."""

Account = Callable[[Any], Any]


def unknown(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition with values that the planner does not know. Were it told that most rows match, it would read the
    table from its beginning until it has met enough."""

    def hidden(element: Any, **_: Any) -> Any:
        return select(element).scalar_subquery() if isinstance(element, BindParameter) else None

    replaced: ColumnElement[bool] = replacement_traverse(condition, {}, hidden)
    return replaced


def _first(account: Account, names: Iterable[str], most: Any, read: Iterable[str], name: str = "found") -> CTE:
    """These columns of the first rows that the index finds. Their place is asked for since only rows have it: no walk
    of a covering index gives it, and the limit is told as a statement of its own, lest a walk seem short for it."""
    limit = select(most).scalar_subquery()
    columns = [*(_server.c[name] for name in read), literal_column("servers.ctid").label("place")]

    def branch(conditions: Iterable[Callable[[], ColumnElement[bool]]]) -> Select[Any]:
        clauses = [unknown(condition()) for condition in conditions]
        return select(*columns).where(_server.c.account_id == account(ONE_PARENT), *clauses).limit(limit)

    branches = [branch(conditions) for conditions in product(*(_conditions[name] for name in sorted(names)))]
    found = branches[0]
    if len(branches) > 1:
        either = union(*(select(*part.c) for part in (each.subquery() for each in branches))).subquery("either")
        found = select(*either.c)
    return found.cte(name).prefix_with("MATERIALIZED")


def among_addresses(account: Account, listed: Any) -> Conditions:
    """Bounds of a walk through one parent's servers in the order of addresses, where a search is for the beginning of
    some: the first and the last that begin so. Where the index finds it elsewhere too, all addresses are within."""
    elsewhere = _first(account, words.ELSEWHERE, literal_column("1"), ["id"], "elsewhere")
    anywhere = select(func.count()).select_from(elsewhere).scalar_subquery() > literal_column("0")

    def bound(every: Any, name: str, *, upper: bool) -> Bound:
        value = case((anywhere, every), else_=bindparam(name, type_=INET()))
        return Bound(listed.ip, value, upper=upper, inclusive=upper)

    return {
        "addresses_from": partial(bound, FIRST_ADDRESS, "least_address", upper=False),
        "addresses_until": partial(bound, LAST_ADDRESS, "greatest_address", upper=True),
    }


@dataclass(frozen=True, eq=False)
class Finder:
    """Finds servers of one parent's `account`. `listing` makes the list of what was found, by the columns `read`; an
    index `by_day` may be read where the others are walked. Where it knows the filters by day, it may find a day or two
    more."""

    account: Account
    listing: Callable[[Any], Pages]
    names: frozenset[str] = INDEXED
    by_day: bool = True
    read: tuple[str, ...] = LISTED

    def met(self, conditions: Iterable[ColumnElement[bool]], within_days: bool) -> ColumnElement[bool]:
        """The conditions as one on a walk: PostgreSQL knows nothing of numbers that are worked out, and takes every
        200th row to have a certain one, so that it reads a narrow range of days rather than to walk far. Without days,
        or an index of them, there is nothing else to read, and it takes every third row to have at least that."""
        number, one = cast(and_(*conditions), Integer), literal_column("1", Integer())
        return number == one if within_days and self.by_day else number >= one

    def few(self, names: frozenset[str]) -> tuple[Pages, ColumnElement[bool]]:
        """The list of the few rows, and the condition that there are no others."""
        most: Any = bindparam(MOST, type_=Integer())
        found = _first(self.account, names, most + literal_column("1"), self.read)
        return self.listing(found), select(func.count()).select_from(found).scalar_subquery() <= most

    async def ids(self, asked: Asked, names: Iterable[str], most: int) -> list[UUID] | None:
        """The ids of all rows that may match, None where they are not few."""
        wanted = frozenset(names) & self.names
        if not wanted:
            return None
        values = {**asked.values, **asked.filters.values, **bind_parents(asked.parents)}
        rows = await asked.reader.rows(_statement(self.account, wanted, most + 1), values)
        return [row["id"] for row in rows] if len(rows) <= most else None


@lru_cache(maxsize=512)
def _statement(account: Account, names: frozenset[str], most: int) -> Statement:
    """The statement that finds so many ids. Nothing else leaves the database: reading addresses alone takes as long."""
    found = _first(account, names, literal_column(str(most)), ["id"])
    return Statement(select(found.c.id))


def found_first(pages: Pages, asked: Asked, most: int) -> Route:
    """These pages, which first look whether at most so many rows match."""
    return Route(pages, Filters(asked.filters.names, {**asked.filters.values, MOST: most}))


@dataclass(frozen=True, eq=False)
class Counted:
    """The way of one parent's page with a filter that the index answers: the few rows it finds, or a walk.

    To find a range of days takes longer than to find the rest, and may be for nothing, so that it is asked for `long`
    pages alone: these would read too much of a range, or of an order, where many match the rest and few are within."""

    walked: Pages
    long: Pages

    async def taken(self, asked: Asked) -> Route | None:
        """The pages that look for the few first."""
        if asked.size is None or len(asked.parents) > 1 or INDEXED.isdisjoint(asked.filters.names):
            return None
        pages = self.walked if asked.size < LONG or DAYS.isdisjoint(asked.filters.names) else self.long
        return found_first(pages, asked, FOR_A_ROW * (asked.size + 1))
