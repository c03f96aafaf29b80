"""Pages by keyset: one LATERAL statement pages for all parents, and a cursor is a row comparison.

The inner statement finds the ids of a page from indexes alone; only these rows are then read from their table.
An order's expression is never null (null sorts as the greatest value and is stored or computed as such), and ids break
ties in the same direction, so that one index serves both directions of an order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Label,
    Select,
    Text,
    asc,
    bindparam,
    cast,
    desc,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import TypeEngine

from models.db import Reader
from models.entities.base import Columns, Entity
from models.queries.bounds import Condition, Place, bounded, in_one_of, sorted_out
from models.queries.parents import ANY_PARENT, ONE_PARENT, Parent, bind_parents, parents_table
from models.statements import Row, Statement


class Keyset(NamedTuple):
    """A place in a list: a row's sort value as text, and its id."""

    value: str
    id: UUID


class Order(NamedTuple):
    """An order of a list: its name, and its direction."""

    name: str
    descending: bool = False


@dataclass(frozen=True)
class Slice:
    """What of a list is wanted: how many rows from which end, between which places, in which order.

    Where the list is to be `counted`, the page tells its total if the way to it knows, which no cursor must cut short.
    """

    size: int
    order: Order
    backwards: bool = False
    after: Keyset | None = None
    before: Keyset | None = None
    counted: bool = False

    @property
    def from_an_end(self) -> bool:
        """Whether the page begins at an end of the list, and not at a cursor."""
        return self.after is None and self.before is None


class Filters(NamedTuple):
    """The names of the conditions that hold, and the values they are bound to."""

    names: tuple[str, ...] = ()
    values: Mapping[str, Any] = {}


class Page(NamedTuple):
    """The rows of one parent's page in the order asked for, and whether there are more on either side.

    `total` is how long the list is, where the page knows that. Else, where the way to it has found all rows that may
    match, since they are few, the list can be counted by it, too.
    """

    rows: list[Row]
    has_next: bool
    has_previous: bool
    total: int | None = None
    few: "Route | None" = None


@dataclass(frozen=True, eq=False)
class Pages:
    """A list relation in pages. `scope` binds rows to a parent, `orders` are expressions with a cursor's type for each.

    `conditions` are the filters by name; `conditions_by_order` take their place under one order. `lean_source` is
    enough where orders and conditions are all among the `lean` names. `ways` are others to the same list, each taken
    where it serves. Of a list that is read for one parent `alone`, the planner is told whose it is, and so how long.
    An order that is a column of the entity's source has it among those `told`: a page need not look that up again.
    Where a list alone has a `finder`, a page first looks whether few rows match what that finds, and is made of these.
    Rows that stand in no table are `made` by the list's own source: they are their id and `extra`. A `few` are all rows
    of another list that may match: such a list is read whole, and so a page of it can tell how many there are.
    A list alone that is short is sorted whole, before the `late` conditions look its rows up elsewhere, one after the
    other as far as a page goes.
    """

    name: str
    entity: Entity
    source: Any
    id: Any
    scope: Callable[[Any], ColumnElement[bool]]
    orders: Mapping[str, tuple[Any, TypeEngine[Any]]]
    default: Order
    conditions: Mapping[str, Callable[[], Condition]] = field(default_factory=dict)
    conditions_by_order: Mapping[str, Mapping[str, Callable[[], Condition]]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    lean_source: Any = None
    lean: frozenset[str] = frozenset()
    ways: "tuple[Way, ...]" = ()
    alone: bool = False
    made: bool = False
    few: bool = False
    late: Mapping[str, Callable[[Any], ColumnElement[bool]]] = field(default_factory=dict)
    finder: "Finder | None" = None

    async def fetch(
        self,
        reader: Reader,
        parents: Sequence[Parent],
        wanted: Slice,
        filters: Filters,
        values: Mapping[str, Any],
        columns: Columns = None,
    ) -> list[Page]:
        """Each parent's page; one row more than asked for tells whether there are others."""
        route = await self.routed(Asked(reader, parents, filters, values, wanted.order, wanted.size))
        statement = page_statement(
            route.pages,
            route.filters.names,
            wanted.order,
            wanted.backwards,
            wanted.after is not None,
            wanted.before is not None,
            columns,
            wanted.counted and wanted.from_an_end,
        )
        bound = {**values, **route.filters.values, **bind_parents(parents), "page_size": wanted.size + 1}
        for end, place in (("after", wanted.after), ("before", wanted.before)):
            if place is not None:
                bound |= {f"{end}_value": place.value, f"{end}_id": place.id}
        found = await reader.rows(statement, bound)
        few = route if route.pages.few else None
        if route.pages.alone:
            return [_page(found, wanted, few)]
        lists: list[list[Row]] = [[] for _ in parents]
        for row in found:
            lists[row["parent_ordinal"] - 1].append(row)
        return [_page(rows, wanted, few) for rows in lists]

    async def count(
        self,
        reader: Reader,
        parents: Sequence[Parent],
        filters: Filters,
        values: Mapping[str, Any],
        few: "Route | None" = None,
    ) -> list[int]:
        """How many rows each parent has under the filters; `few` is the way that has found them to be that."""
        route = few or await self.routed(Asked(reader, parents, filters, values, self.default))
        statement = count_statement(route.pages, route.filters.names)
        rows = await reader.rows(statement, {**values, **route.filters.values, **bind_parents(parents)})
        return [row["total"] for row in rows]

    async def routed(self, asked: "Asked") -> "Route":
        """The list by the way that serves, with the filters as they are said there."""
        for way in self.ways:
            taken = await way.taken(asked)
            if taken is not None:
                return await taken.pages.routed(asked._replace(filters=taken.filters))
        return Route(self, asked.filters)

    def source_for(self, names: Sequence[str], order: str) -> Any:
        """What rows are read from under these conditions and this order."""
        return self.lean_source if self.lean.issuperset({*names, order}) else self.source

    def chosen(self, names: Sequence[str], order: str | None = None) -> list[Condition]:
        """The conditions of these names, as they are under an order."""
        special = self.conditions_by_order.get(order or "", {})
        return [special.get(name, self.conditions[name])() for name in names]


class Asked(NamedTuple):
    """What is asked of a list: a page of a size in an order, or without a size how many rows there are."""

    reader: Reader
    parents: Sequence[Parent]
    filters: Filters
    values: Mapping[str, Any]
    order: Order
    size: int | None = None


class Route(NamedTuple):
    """A list by which another is read, with the filters as they are said there."""

    pages: Pages
    filters: Filters


class Finder(Protocol):
    """Finds the rows under some filters of one parent's list where they are few, in whatever order the page has."""

    @property
    def names(self) -> frozenset[str]:
        """The filters that it knows."""
        ...

    def few(self, names: frozenset[str]) -> tuple[Pages, ColumnElement[bool]]:
        """The list of the rows that it finds under these, and the condition that it found all of them."""
        ...

    def met(self, conditions: Sequence[ColumnElement[bool]], within_days: bool) -> ColumnElement[bool]:
        """The conditions of these filters as one, for a walk that meets rows which match since they are not few."""
        ...


class Way(Protocol):
    """Another way to a list, through other pages and under the filters as they are said there."""

    async def taken(self, asked: Asked) -> Route | None:
        """These pages and filters; None where this way does not serve what is asked."""
        ...


def _page(rows: list[Row], wanted: Slice, few: Route | None) -> Page:
    """The page that the rows make; a cursor stands for a row of the list, so behind it there is more."""
    more = len(rows) > wanted.size
    total = _total(rows, wanted, more)
    rows = rows[: wanted.size]
    has_next, has_previous = wanted.before is not None, wanted.after is not None
    if wanted.backwards:
        return Page(rows[::-1], has_next, has_previous or more, total, few)
    return Page(rows, has_next or more, has_previous, total, few)


def _total(rows: list[Row], wanted: Slice, more: bool) -> int | None:
    """How long the list is, where the page is all of it or its statement has counted it."""
    if not wanted.from_an_end:
        return None
    if not more:
        return len(rows)
    return rows[0]["counted"] if wanted.counted else None


@lru_cache(maxsize=1024)
def page_statement(
    pages: Pages,
    names: tuple[str, ...],
    order: Order,
    backwards: bool,
    after: bool,
    before: bool,
    columns: Columns = None,
    counted: bool = False,
) -> Statement:
    """The statement of one shape of page; its values are bound when it runs.

    Where rows are to be `counted` before a page is cut from them, the few tell how many they are, and a walk nothing.
    """
    parents = None if pages.alone else parents_table()
    owner = ONE_PARENT if parents is None else parents.c
    sort_type = pages.orders[order.name][1]
    descending = order.descending != backwards
    direction: Callable[[Any], Any] = desc if descending else asc
    ends = [Place.of(end, sort_type) if given else None for end, given in (("after", after), ("before", before))]
    lower, upper = reversed(ends) if order.descending else ends

    def candidates(listed: Pages, names: tuple[str, ...], further: list[Any]) -> list[Select[Any]]:
        sort, early = listed.orders[order.name][0], [name for name in names if name not in listed.late]
        plain, bounds, ranges = sorted_out(listed.chosen(early, order.name), at_once=listed.few)
        found = [
            select(listed.id.label("id"), sort.label("sort_by"), *_beside(listed, counted))
            .select_from(listed.source_for(early, order.name))
            .where(*further, listed.scope(owner), *plain)
            .where(*bounded(sort, listed.id, [*bounds, *range_], lower, upper))
            .order_by(direction(sort), direction(listed.id))
            .correlate(parents)
            for range_ in ranges
        ]
        late = [listed.late[name] for name in names if name in listed.late]
        found = [_looked_up(part, late, direction) for part in found] if late else found
        return [part.limit(bindparam("page_size", type_=Integer())) for part in found]

    found = [part for serving in _serving(pages, names, order.name) for part in candidates(*serving)]
    page = (found[0] if len(found) == 1 else _merged(found, direction)).lateral("page")
    beside = [cast(page.c.sort_by, Text).label("sort_value"), *(page.c[x.name] for x in _beside(pages, counted))]
    ordinals = [] if parents is None else [parents.c.ordinal]
    shown, rows = _read(pages, columns, page, page if parents is None else parents.join(page, true()), order.name)
    return Statement(
        select(*(ordinal.label("parent_ordinal") for ordinal in ordinals), *shown, *beside)
        .select_from(rows)
        .order_by(*ordinals, direction(page.c.sort_by), direction(page.c.id))
    )


def _looked_up(
    found: Select[Any], late: Sequence[Callable[[Any], ColumnElement[bool]]], direction: Callable[[Any], Any]
) -> Select[Any]:
    """Those of the rows that further conditions leave, which are asked for one row after the other, in their order."""
    rows = found.cte("in_order").prefix_with("MATERIALIZED")
    left = select(*rows.c).where(*(condition(rows.c) for condition in late))
    return left.order_by(direction(rows.c.sort_by), direction(rows.c.id))


def _read(
    pages: Pages, columns: Columns, page: FromClause, placed: FromClause, order: str
) -> tuple[list[ColumnElement[Any]], FromClause]:
    """What is shown of a page's rows, and whence it is read: what they are sorted by is known already."""
    if pages.made:
        return [page.c.id], placed
    row, known = pages.entity.source, pages.told.get(order)
    account = (ONE_PARENT if pages.alone else ANY_PARENT).account_id
    shown, rows = pages.entity.reading(columns, placed.join(row, row.c.id == page.c.id), account)

    def seen(element: Any, **_: Any) -> Any:
        return page.c.sort_by if element is known else None

    return shown if known is None else [replacement_traverse(each, {}, seen) for each in shown], rows


def _beside(listed: Pages, counted: bool) -> list[Label[Any]]:
    """What a row of the list has beside its id, and how many rows there are, where all of them are read."""
    extra = [expression.label(name) for name, expression in listed.extra.items()]
    if counted:
        total: Any = func.count().over() if listed.few else literal_column("NULL::bigint", BigInteger())
        extra.append(total.label("counted"))
    return extra


def _serving(pages: Pages, names: tuple[str, ...], order: str) -> list[tuple[Pages, tuple[str, ...], list[Any]]]:
    """The lists that a page may be read from, with the filters that it has there and further conditions."""
    finder = pages.finder
    known = finder.names.intersection(names) if finder is not None else None
    if finder is None or not known:
        return [(pages, names, [])]
    few, serves = finder.few(known)
    met = sorted(known.difference(pages.conditions_by_order.get(order, ())))
    others = tuple(name for name in names if name not in met)
    within_days = bool(sorted_out(pages.chosen(others))[1])
    matches = [finder.met(sorted_out(pages.chosen(met))[0], within_days)] if met else []
    return [(few, names, [serves]), (pages, others, [~serves, *matches])]


def _merged(found: Sequence[Select[Any]], direction: Callable[[Any], Any]) -> Select[Any]:
    """One page of several ranges: each is read in its own best way, as far as a page goes."""
    parts = [part.lateral(f"range_{number}") for number, part in enumerate(found)]
    union = union_all(*(select(*part.c) for part in parts)).lateral("merged")
    return (
        select(*union.c)
        .order_by(direction(union.c.sort_by), direction(union.c.id))
        .limit(bindparam("page_size", type_=Integer()))
    )


@lru_cache(maxsize=512)
def count_statement(pages: Pages, names: tuple[str, ...]) -> Statement:
    """The statement that counts a list under a set of conditions."""
    parents = parents_table()
    plain, bounds, ranges = sorted_out(pages.chosen(names))
    counted = (
        select(func.count().label("total"))
        .select_from(pages.source_for(names, pages.default.name))
        .where(pages.scope(parents.c), *plain, *(bound.clause() for bound in bounds), in_one_of(ranges))
        .correlate(parents)
        .lateral("counted")
    )
    return Statement(select(counted.c.total).select_from(parents.join(counted, true())).order_by(parents.c.ordinal))
