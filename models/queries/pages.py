"""Pages by keyset: one LATERAL statement pages for all parents, and a cursor is a row comparison.

The inner statement finds the ids of a page from indexes alone; only these rows are then read from their table.
An order's expression is never null (null sorts as the greatest value and is stored or computed as such), and ids break
ties in the same direction, so that one index serves both directions of an order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Text, Uuid, bindparam, cast, func, select, true, tuple_
from sqlalchemy.types import TypeEngine

from models.db import Reader
from models.entities.base import Columns, Entity
from models.queries.parents import Parent, bind_parents, parents_table
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
    """What of a list is wanted: how many rows from which end, between which places, in which order."""

    size: int
    order: Order
    backwards: bool = False
    after: Keyset | None = None
    before: Keyset | None = None


class Filters(NamedTuple):
    """The names of the conditions that hold, and the values they are bound to."""

    names: tuple[str, ...] = ()
    values: Mapping[str, Any] = {}


class Page(NamedTuple):
    """The rows of one parent's page in the order asked for, and whether there are more on either side."""

    rows: list[Row]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, eq=False)
class Pages:
    """A list relation in pages. `scope` binds rows to a parent, `orders` are expressions with the type to read a cursor as."""

    name: str
    entity: Entity
    source: Any
    id: Any
    scope: Callable[[Any], ColumnElement[bool]]
    orders: Mapping[str, tuple[Any, TypeEngine[Any]]]
    default: Order
    conditions: Mapping[str, Callable[[], ColumnElement[bool]]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

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
        statement = page_statement(
            self,
            filters.names,
            wanted.order,
            wanted.backwards,
            wanted.after is not None,
            wanted.before is not None,
            columns,
        )
        bound = {**values, **filters.values, **bind_parents(parents), "page_size": wanted.size + 1}
        for end, place in (("after", wanted.after), ("before", wanted.before)):
            if place is not None:
                bound |= {f"{end}_value": place.value, f"{end}_id": place.id}
        lists: list[list[Row]] = [[] for _ in parents]
        for row in await reader.rows(statement, bound):
            lists[row["parent_ordinal"] - 1].append(row)
        return [_page(rows, wanted) for rows in lists]

    async def count(
        self, reader: Reader, parents: Sequence[Parent], filters: Filters, values: Mapping[str, Any]
    ) -> list[int]:
        """How many rows each parent has under the filters."""
        statement = count_statement(self, filters.names)
        rows = await reader.rows(statement, {**values, **filters.values, **bind_parents(parents)})
        return [row["total"] for row in rows]


def _page(rows: list[Row], wanted: Slice) -> Page:
    """The page that the rows make; a cursor stands for a row of the list, so behind it there is more."""
    more = len(rows) > wanted.size
    rows = rows[: wanted.size]
    has_next, has_previous = wanted.before is not None, wanted.after is not None
    if wanted.backwards:
        return Page(rows[::-1], has_next, has_previous or more)
    return Page(rows, has_next or more, has_previous)


@lru_cache(maxsize=1024)
def page_statement(
    pages: Pages,
    names: tuple[str, ...],
    order: Order,
    backwards: bool,
    after: bool,
    before: bool,
    columns: Columns = None,
) -> Statement:
    """The statement of one shape of page; its values are bound when it runs."""
    parents = parents_table()
    sort, sort_type = pages.orders[order.name]
    descending = order.descending != backwards
    direction = (lambda column: column.desc()) if descending else (lambda column: column.asc())
    extra = [expression.label(name) for name, expression in pages.extra.items()]
    page = (
        select(pages.id.label("id"), sort.label("sort_by"), *extra)
        .select_from(pages.source)
        .where(pages.scope(parents.c), *(pages.conditions[name]() for name in names))
        .where(*_bounds(pages, sort, sort_type, order.descending, after, before))
        .order_by(direction(sort), direction(pages.id))
        .limit(bindparam("page_size", type_=Integer()))
        .correlate(parents)
        .lateral("page")
    )
    row = pages.entity.source
    return Statement(
        select(parents.c.ordinal.label("parent_ordinal"), *pages.entity.selected(columns))
        .add_columns(cast(page.c.sort_by, Text).label("sort_value"), *(page.c[name] for name in pages.extra))
        .select_from(parents.join(page, true()).join(row, row.c.id == page.c.id))
        .order_by(parents.c.ordinal, direction(page.c.sort_by), direction(page.c.id))
    )


def _bounds(
    pages: Pages, sort: Any, sort_type: TypeEngine[Any], descending: bool, after: bool, before: bool
) -> list[ColumnElement[bool]]:
    row = tuple_(sort, pages.id)
    bounds: list[ColumnElement[bool]] = []
    if after:
        place = _place("after", sort_type)
        bounds.append(row < place if descending else row > place)
    if before:
        place = _place("before", sort_type)
        bounds.append(row > place if descending else row < place)
    return bounds


def _place(end: str, sort_type: TypeEngine[Any]) -> Any:
    value = cast(bindparam(f"{end}_value", type_=Text()), Text)
    return tuple_(
        value if isinstance(sort_type, Text) else cast(value, sort_type), bindparam(f"{end}_id", type_=Uuid())
    )


@lru_cache(maxsize=512)
def count_statement(pages: Pages, names: tuple[str, ...]) -> Statement:
    """The statement that counts a list under a set of conditions."""
    parents = parents_table()
    counted = (
        select(func.count().label("total"))
        .select_from(pages.source)
        .where(pages.scope(parents.c), *(pages.conditions[name]() for name in names))
        .correlate(parents)
        .lateral("counted")
    )
    return Statement(select(counted.c.total).select_from(parents.join(counted, true())).order_by(parents.c.ordinal))
