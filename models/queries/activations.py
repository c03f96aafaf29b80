"""The list of one key's or product's servers where the date of activation counts, which their registrations alone know.

Everything else is compared in two other tables, and no index has all of it. So a page walks the index of its order, in
whichever of the three tables that is, and holds each row that it meets to what the others know: in the set of a narrow
range, which is read once, or else by a look-up. Where few rows match the rest, these are found first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Uuid,
    and_,
    bindparam,
    literal_column,
    select,
    union_all,
)

from models import tables
from models.queries.finding import INDEXED, Finder
from models.queries.pages import Asked, Filters, Pages, Route
from models.queries.server_filters import DAYS, SEEN, SEEN_COUNTS, Conditions, seen_in, seen_ranges
from models.queries.ways import EXACT, LOOK_UPS, Alone, expected, few

_registration = tables.Registration.__table__
_check_in = tables.ServerCheckIn.__table__

ACTIVATION = DAYS | {"REGISTERED_AT"}
"""What only registrations know: when a server was activated with this key or product."""

FEW_IN_THREE_TABLES = 200
"""So many rows are looked up one by one, in two tables each."""

MOST_OF_A_SET = 60_000
"""So many rows of a range are read at most, however long the page."""

MOST_OF_BOTH = 20_000
"""So many rows two ranges have together at most that are read to see whether few are in both."""

MOST_IN_ORDER = 15_000
"""So many rows of a range are sorted before they are looked up."""

FIRST = "first"
"""The condition that of a server's several registrations a row is the first."""

MOST_BY_TIME = 130_000
"""So many where servers of the same days may lie together."""

BY_TIME = frozenset({"GROUP", "LAST_CHECK_IN"})
"""The orders in which servers that were activated in the same days may lie together: those of a group come in the order
in which they were added. A walk might look up very many before it meets one."""

ALWAYS = {"registered_from": datetime.min.replace(tzinfo=UTC), "registered_until": datetime.max.replace(tzinfo=UTC)}
"""All dates, as PostgreSQL's infinities."""

_TRUE: Any = literal_column("true")
_ONE: Any = literal_column("1")


def _within_days(activated: Any) -> ColumnElement[bool]:
    first, last = (bindparam(name, type_=DateTime(timezone=True)) for name in ("registered_from", "registered_until"))
    return and_(activated >= first, activated < last)


def _in_set(server_id: Any, matches: Any) -> ColumnElement[bool]:
    """That a server is in a set that is read once. As a condition on its own it would be joined, and the walk lost."""
    return server_id.in_(matches).is_(_TRUE)  # type: ignore[no-any-return]


def _account() -> Any:
    """The parent's account, unknown to the planner: it would read a table whole of which one account has the most."""
    return select(bindparam("parent_account", type_=Uuid())).scalar_subquery()


def in_scope(column: Any) -> list[ColumnElement[bool]]:
    """The registrations of the one key or product."""
    return [_registration.c.account_id == _account(), column == bindparam("scope_id", type_=Uuid())]


def first_registration(column: Any, server_id: Any) -> FromClause:
    """A server's registration with the one key or product, looked up: of several the first stands for the server."""
    return (
        select(_registration.c.id, _registration.c.activated_at)
        .where(_registration.c.server_id == server_id, *in_scope(column))
        .order_by(_registration.c.id)
        .limit(_ONE)
        .lateral("first_registration")
    )


def _activated_of_few(column: Any, server_id: Any) -> ColumnElement[bool]:
    """That a server is among those with a registration within the days."""
    days = _within_days(_registration.c.activated_at)
    return _in_set(server_id, select(_registration.c.server_id).where(*in_scope(column), days))


def last_seen(server_id: Any, name: str) -> ColumnElement[bool]:
    """That a server's last check-in is in a range, looked up."""
    looked_up: Any = (
        select(seen_in(_check_in.c.last_check_in_sort, SEEN_COUNTS[name]))
        .where(_check_in.c.server_id == server_id)
        .correlate_except(_check_in)
        .scalar_subquery()
    )
    return looked_up  # type: ignore[no-any-return]


def _seen_of_few(server_id: Any, name: str) -> ColumnElement[bool]:
    """That a server is among those with a last check-in in a range: each range is read by itself."""
    account = _check_in.c.account_id == _account()
    ranges = seen_ranges(_check_in.c.last_check_in_sort, SEEN_COUNTS[name])
    matches = [select(_check_in.c.server_id).where(account, *(bound.clause() for bound in range_)) for range_ in ranges]
    return _in_set(server_id, union_all(*matches) if len(matches) > 1 else matches[0])


def seen_elsewhere(server_id: Any) -> Conditions:
    """The filters by last check-in for a walk of another table, looked up or in a set of few."""
    looked_up = {name: partial(last_seen, server_id, name) for name in SEEN}
    return {**looked_up, **{f"{name}_of_few": partial(_seen_of_few, server_id, name) for name in SEEN}}


def activated_elsewhere(column: Any, server_id: Any, first: FromClause) -> Conditions:
    """The filter by date of activation for a walk of another table: of the registration that was looked up, or in a set
    of few."""
    return {
        "activated": partial(_within_days, first.c.activated_at),
        "activated_of_few": partial(_activated_of_few, column, server_id),
    }


@dataclass(frozen=True, eq=False)
class Activated:
    """The ways of one key's or product's list: from registrations, servers or check-ins, each in its orders.

    `alone` says what the parent comes to in the account's list, `every` are all registrations with it, `seen` the
    account's servers by last check-in; the `finder` finds the few under other filters. Where a
    server is registered with the parent `each_once` at most, a narrow range of dates can be sorted; else it must first
    be found which of them stand. A short one is sorted in any case, and its rows are looked up `in_order`.
    """

    alone: Alone
    every: Pages
    registrations: Pages
    in_order: Pages
    servers: Pages
    check_ins: Pages
    seen: Pages
    looked_up: Pages
    finder: Finder
    each_once: bool

    async def taken(self, asked: Asked) -> Route | None:
        """The pages that walk the order, or sort the few."""
        names = frozenset(asked.filters.names)
        by_date = asked.order.name in ACTIVATION
        plain = names <= DAYS and asked.order.name in {"REGISTERED_AT", "HOSTNAME"}
        if len(asked.parents) > 1 or asked.size is None or plain or not (by_date or names & DAYS):
            return None
        filters = await self.alone.narrowed(asked.reader, asked.parents[0], asked.filters)
        asked = asked._replace(filters=filters, values={**ALWAYS, **asked.values})
        return await self._found(asked) or await self._walked(asked, by_date)

    async def _found(self, asked: Asked) -> Route | None:
        """The few servers that facets and words leave, each to be looked up."""
        names = frozenset(asked.filters.names)
        found = await self.finder.ids(asked, names, FEW_IN_THREE_TABLES) if names & INDEXED > {"scope"} else None
        return self._looked_up(asked, found)

    def _looked_up(self, asked: Asked, found: list[UUID] | None) -> Route | None:
        left = {"found", *asked.filters.names} - EXACT
        return None if found is None else Route(self.looked_up, _said(asked, left, found=found))

    async def _width(self, asked: Asked, pages: Pages, names: frozenset[str]) -> int | None:
        """How many rows a range of another table has, where it is narrow enough to be read as a set."""
        rows = await expected(pages, asked, names) if names else None
        most = min(LOOK_UPS * ((asked.size or 0) + 1), MOST_OF_A_SET)
        return None if rows is None or rows > most else rows

    async def _walked(self, asked: Asked, by_date: bool) -> Route:
        names = frozenset(asked.filters.names)
        by_check_in, seen, days = asked.order.name == "LAST_CHECK_IN", names & SEEN, names & DAYS
        width_seen = None if by_check_in else await self._width(asked, self.check_ins, seen)
        by_time = bool(days) and asked.order.name in BY_TIME
        by_time = by_time and await expected(self.every, asked, days) <= MOST_BY_TIME
        width_days = None if by_date else await self._width(asked, self.every, days)
        narrow_seen, narrow_days = width_seen is not None, width_days is not None
        both = (width_seen or MOST_OF_BOTH) + (width_days or MOST_OF_BOTH) <= MOST_OF_BOTH
        found = await self._few_of_narrow(
            asked, seen if narrow_seen else frozenset(), days if narrow_days else frozenset(), both=both
        )
        if found is not None:
            return found
        few_seen = {f"{name}_of_few" for name in seen} if narrow_seen else seen
        if width_days is not None and width_days <= MOST_IN_ORDER and not by_check_in:
            return Route(self.in_order, _said(asked, (names - seen - {"scope"}) | few_seen | {FIRST}))
        sorts = self.each_once and narrow_days and not by_check_in and narrow_seen == bool(seen)
        if by_date or sorts:
            return Route(self.registrations, _said(asked, (names - seen - {"scope"}) | few_seen))
        activated = {"activated", "activated_of_few"} if narrow_days or by_time else {"activated"}
        if by_check_in:
            return Route(self.check_ins, _said(asked, (names - DAYS) | activated))
        return Route(self.servers, _said(asked, (names - seen - DAYS) | few_seen | activated))

    async def _few_of_narrow(
        self, asked: Asked, seen: frozenset[str], days: frozenset[str], *, both: bool
    ) -> Route | None:
        """The few servers of a narrow range that facets and words leave of it: its index has these too. Those that are
        in `both` ranges may be few where either has more."""
        others, most = frozenset(asked.filters.names) & INDEXED, FEW_IN_THREE_TABLES
        found = await few(self.seen, asked, seen | others, most) if seen else None
        if found is None and days:
            found = await few(self.every, asked, days | others, most)
        if found is None and both:
            within = {f"{name}_of_few" for name in seen}
            found = await few(self.registrations, asked, days | within | others - {"scope"}, most)
        return self._looked_up(asked, found)


def _said(asked: Asked, names: Iterable[str], **values: Any) -> Filters:
    return Filters(tuple(sorted(names)), {**ALWAYS, **asked.filters.values, **values})
