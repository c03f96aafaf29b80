"""Other ways to a list than its own: through a table that keeps what it compares, or through another list."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal_column, select, true

from models.db import Reader
from models.queries.bounds import in_one_of, sorted_out
from models.queries.finding import Finder, found_first
from models.queries.pages import Asked, Filters, Pages, Route
from models.queries.parents import ONE_PARENT, Parent, bind_parents, parents_table
from models.queries.server_filters import FACETS
from models.statements import Statement

FEW = 400
"""So many rows are looked up one by one rather than found on a walk."""

LOOK_UPS = 1_400
"""A page looks rows up on a walk where the range that it filters by holds so many for each of its rows, else it sorts
the range."""

MOST_SORTED = 45_000
"""So many rows of a range are sorted at most, however long the page."""


EXACT = frozenset(FACETS)
"""The filters of which a finder finds no row too many."""


MOST_OF_A_RANGE = 30_000
"""So many rows of a range are read to see whether few of them match the rest."""


@dataclass(frozen=True, eq=False)
class Apart:
    """The ways of a list whose rows are compared in two tables, since one column stands in a table of its own.

    `own` has all but that column, `walked` looks it up, and `apart` has it with a copy of the rest. `order` and `names`
    are the order and the filters by it. One index has all that such a page compares only in `apart`, but the few rows
    that other filters may leave are found in `own` alone, to be looked up `apart`, and a walk in another order of `own`
    meets the rows of a wide range sooner than it could be sorted. A page in the `order` is such a walk whatever the
    range, so that `first` looks for the few within its own statement. Where it has days alone there is nothing to look
    for, and the planner, were it told whose list it is, might read the table whole.
    """

    own: Pages
    apart: Pages
    walked: Pages
    few: Pages
    first: Pages
    order: str
    names: frozenset[str]
    days: frozenset[str]
    finder: Finder

    async def taken(self, asked: Asked) -> Route | None:
        """The one that reads least."""
        names = set(asked.filters.names)
        by_order = asked.order.name == self.order
        if self.names.isdisjoint(names) and not by_order:
            return None
        days_alone = names & self.days and self.finder.names.isdisjoint(names)
        if by_order and asked.size is not None and len(asked.parents) == 1 and not days_alone:
            return found_first(self.first, asked, FEW)
        found = await self.finder.ids(asked, names, FEW) if len(asked.parents) == 1 else None
        if found is not None:
            return self._looked_up(asked, found)
        if by_order or asked.size is None or len(asked.parents) > 1:
            return Route(self.apart, asked.filters)
        if await expected(self.apart, asked, names & self.names) <= min(LOOK_UPS * (asked.size + 1), MOST_SORTED):
            return Route(self.apart, asked.filters)
        found = await self._few_of_days(asked, names) if names & self.days else None
        return Route(self.walked, asked.filters) if found is None else self._looked_up(asked, found)

    async def _few_of_days(self, asked: Asked, names: set[str]) -> list[UUID] | None:
        """The few rows that the other filters leave of a narrow range of days."""
        if await expected(self.own, asked, names & self.days) > MOST_OF_A_RANGE:
            return None
        return await few(self.own, asked, names - self.names, FEW)

    def _looked_up(self, asked: Asked, found: list[UUID]) -> Route:
        left = {"found", *asked.filters.names} - EXACT
        return Route(self.few, Filters(tuple(sorted(left)), {**asked.filters.values, "found": found}))


async def few(pages: Pages, asked: Asked, names: Iterable[str], most: int = FEW) -> list[UUID] | None:
    """The ids of all rows of the one parent under these filters, None where they are not few."""
    statement = _first_matches(pages, tuple(sorted(names)), most + 1)
    rows = await asked.reader.rows(statement, _values(asked))
    return [row["id"] for row in rows] if len(rows) <= most else None


async def expected(pages: Pages, asked: Asked, names: Iterable[str]) -> int:
    """How many rows of the one parent the planner expects under these filters."""
    statement = _all_matches(pages, tuple(sorted(names)))
    explain = f"EXPLAIN (FORMAT JSON) {statement.text}"
    (row,) = await asked.reader.fetch(explain, *statement.arguments(_values(asked)))
    return int(json.loads(row["QUERY PLAN"])[0]["Plan"]["Plan Rows"])


def _values(asked: Asked) -> dict[str, Any]:
    return {**asked.values, **asked.filters.values, **bind_parents(asked.parents)}


def _matches(pages: Pages, names: tuple[str, ...], parent: Any) -> Select[Any]:
    plain, bounds, ranges = sorted_out(pages.chosen(names))
    return (
        select(pages.id.label("id"))
        .select_from(pages.source_for(names, pages.default.name))
        .where(pages.scope(parent), *plain, *(bound.clause() for bound in bounds), in_one_of(ranges))
    )


@lru_cache(maxsize=512)
def _first_matches(pages: Pages, names: tuple[str, ...], most: int) -> Statement:
    """The statement that finds so many ids. Parents come as a table, as for a page, lest the whole table be read."""
    parents = parents_table()
    first = _matches(pages, names, parents.c).limit(literal_column(str(most))).correlate(parents).lateral("matches")
    return Statement(select(first.c.id).select_from(parents.join(first, true())))


@lru_cache(maxsize=512)
def _all_matches(pages: Pages, names: tuple[str, ...]) -> Statement:
    """The statement over all ids of one parent, whose own share of the rows the planner knows."""
    return Statement(_matches(pages, names, ONE_PARENT))


@dataclass(frozen=True, eq=False)
class Alone:
    """The way to one parent's list through another list, which has the parent as a filter.

    It costs a statement that finds the parent's `scope` (no row where there is no such parent), so it serves where it
    pays: with a filter or under another order than the default, but not where the `unless` names have it that the
    relation alone knows the answer. Of the filters, those are dropped that the scope implies, by the columns that
    `implies` compares them with: the planner would count on both. Of those in `rivals`, values go that no row of the
    scope can have.
    """

    pages: Pages
    scope: Statement
    names: tuple[str, ...]
    implies: Mapping[str, str]
    rivals: str
    unless: frozenset[str] = frozenset()

    async def taken(self, asked: Asked) -> Route | None:
        """The other list, under the filters with the parent as one more."""
        names = asked.filters.names
        plain = not names and asked.order.name == self.pages.default.name
        if len(asked.parents) > 1 or plain or not self.unless.isdisjoint({asked.order.name, *names}):
            return None
        return Route(self.pages, await self.narrowed(asked.reader, asked.parents[0], asked.filters))

    async def narrowed(self, reader: Reader, parent: Parent, filters: Filters) -> Filters:
        """The filters with the parent as one more."""
        asked = filters.values.get(self.rivals, ())
        rows = await reader.rows(self.scope, {"account": parent.account_id, "parent": parent.id, "asked": asked})
        if not rows:
            return Filters(("nothing",), dict.fromkeys(self.names))
        (row,) = rows
        implied = {
            name for name, column in self.implies.items() if set(row[column]) & set(filters.values.get(name, ()))
        }
        names = {*filters.names, "scope"} - implied
        values = {**filters.values, **{name: row[name] for name in self.names}}
        if self.rivals in names:
            values[self.rivals] = [value for value in asked if value not in row["rivals"]]
            names |= set() if values[self.rivals] else {"nothing"}
        return Filters(tuple(sorted(names)), values)
