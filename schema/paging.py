"""Connections: arguments to a slice of a list, and the parts of a page that a selection asks for.

Nothing is read until a part is selected: `totalCount` alone counts and reads no page, and a page is not counted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import strawberry

from auth.permissions import Permission
from models.errors import BadInput
from models.queries.pages import Keyset, Order, Page, Pages, Slice
from models.queries.parents import Parent
from resolvers.context import RequestContext, Sealer
from resolvers.criteria import Criteria
from schema import cursors
from schema.directives import described, guards
from schema.kinds import KIND, column

DEFAULT_SIZE = 20
MAX_SIZE = 100


@dataclass(frozen=True)
class Paged:
    """A field's kind: a list in pages that hangs on the parent. `bind` makes a slice and criteria of its arguments."""

    query: Pages
    bind: Callable[[Sealer, dict[str, Any]], tuple[Slice, Criteria]]


@dataclass(frozen=True)
class ToldPages:
    """A field's kind: a list in pages of which its parent says which of these it is. Its resolver reads it."""

    queries: tuple[Pages, ...]


@dataclass(frozen=True)
class Part:
    """A field's kind: one of a connection's own four fields, or a field of its edges."""

    name: str


def _given(value: Any) -> Any:
    return None if value is strawberry.UNSET else value


def _size(name: str, value: int) -> int:
    if not 1 <= value <= MAX_SIZE:
        raise BadInput(f"`{name}` must be from 1 to {MAX_SIZE}.", name)
    return value


def purpose_of(query: Pages, order: Order) -> str:
    """What a cursor is sealed for: a place in this list under this order. The direction does not matter."""
    return f"{query.name} {order.name}"


def sealed_place(sealer: Sealer, purpose: str, row: Any) -> str:
    """The cursor of a row."""
    return sealer.seal(purpose, cursors.pack(Keyset(row["sort_value"], row["id"])))


def page_info_of(page: Page, sealer: Sealer, purpose: str, *, cursors: bool = True) -> dict[str, Any]:
    """A page's `pageInfo`, its cursors only where they are wanted: sealing is the dearest part of it."""
    ends = (page.rows[0], page.rows[-1]) if page.rows and cursors else ()
    sealed = [sealed_place(sealer, purpose, row) for row in ends]
    start, end = sealed or (None, None)
    return {
        "has_next_page": page.has_next,
        "has_previous_page": page.has_previous,
        "start_cursor": start,
        "end_cursor": end,
    }


def _place(sealer: Sealer, name: str, cursor: str | None, purpose: str) -> Keyset | None:
    if cursor is None:
        return None
    text = sealer.open(purpose, cursor)
    if text is None:
        raise BadInput(f"`{name}` must be a cursor that this list gave out under this order.", name)
    return cursors.unpack(text)


def slice_of(query: Pages, sealer: Sealer, order: Order | None, arguments: dict[str, Any]) -> Slice:
    """The slice that a connection's arguments ask for."""
    first, last, after, before = (_given(arguments.get(name)) for name in ("first", "last", "after", "before"))
    if first is not None and last is not None:
        raise BadInput("Give `first` or `last`, not both.", "last")
    wanted = order or query.default
    purpose = purpose_of(query, wanted)
    size = DEFAULT_SIZE
    if first is not None:
        size = _size("first", first)
    elif last is not None:
        size = _size("last", last)
    return Slice(
        size=size,
        order=wanted,
        backwards=last is not None,
        after=_place(sealer, "after", after, purpose),
        before=_place(sealer, "before", before, purpose),
    )


@dataclass(frozen=True)
class Connection:
    """One parent's list, as far as a selection has asked for it."""

    context: RequestContext
    query: Pages
    parent: Parent
    wanted: Slice
    criteria: Criteria

    async def page(self) -> Page:
        """The page, read once however many of its parts are selected."""
        return await self.context.loaders.page(self.query, self.parent, self.wanted, self.criteria)

    async def count(self) -> int:
        """The length of the whole list under the filters."""
        return await self.context.loaders.count(self.query, self.parent, self.criteria)

    def cursor(self, row: Any) -> str:
        """The place of a row."""
        return sealed_place(self.context.sealer, self._purpose, row)

    @property
    def _purpose(self) -> str:
        return purpose_of(self.query, self.wanted.order)

    async def nodes(self) -> list[Any]:
        """The rows of the page."""
        return (await self.page()).rows

    async def edges(self) -> list[dict[str, Any]]:
        """The rows with their cursors, and what they say of the way to them."""
        extra = self.query.extra
        return [
            {"cursor": self.cursor(row), "node": row, **{name: row[name] for name in extra}}
            for row in (await self.page()).rows
        ]

    async def page_info(self) -> dict[str, Any]:
        """Where the page begins and ends, and whether there is more on either side."""
        return page_info_of(await self.page(), self.context.sealer, self._purpose)


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """The Relay specification's PageInfo."""

    has_next_page: bool = column("Whether more rows follow: pass `endCursor` as `after` to read on.")
    has_previous_page: bool = column("Whether rows come before: pass `startCursor` as `before` to read back.")
    start_cursor: str | None = column("The first row's cursor; null on an empty page.")
    end_cursor: str | None = column("The last row's cursor; null on an empty page.")


def _part(name: str, description: str) -> Any:
    async def resolve(root: Any) -> Any:
        return await getattr(root, name)()

    return strawberry.field(resolver=resolve, description=description, metadata={KIND: Part(name)})


def edges() -> Any:
    """Declare a connection's `edges`."""
    return _part("edges", "The rows of the page, each with its cursor.")


def nodes() -> Any:
    """Declare a connection's `nodes`."""
    return _part("nodes", "The rows of the page, without their cursors.")


def page_info() -> Any:
    """Declare a connection's `pageInfo`."""
    return _part("page_info", "Where the page lies in the list.")


def total_count() -> Any:
    """Declare a connection's `totalCount`."""
    return _part("count", "How many rows the list has under its filters: exact, and counted only when selected.")


def cursor() -> Any:
    """Declare an edge's `cursor`."""
    return column("The row's place in this list under this order: good as `after` or `before`, and for nothing else.")


def node() -> Any:
    """Declare an edge's `node`."""
    return column("The row.")


def guarded_type(description: str, requires: Permission) -> Any:
    """Declare a connection or an edge, which carry the guard of their node."""
    return strawberry.type(description=described(description, requires), directives=guards(requires))
