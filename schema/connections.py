"""The one factory of connection fields: their arguments, descriptions and guards are the same everywhere."""

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Annotated, Any

import strawberry

from auth.permissions import Permission
from models.queries.pages import Order, Pages, Slice
from models.queries.parents import Parent
from resolvers.context import Sealer
from resolvers.criteria import Criteria
from schema.directives import described, guards, sized
from schema.kinds import KIND, Info, parent_of
from schema.paging import DEFAULT_SIZE, Connection, Paged, ToldPages, slice_of

UNSET = strawberry.UNSET

_PAGE_ARGUMENTS: dict[str, tuple[Any, str]] = {
    "first": (int | None, "How many rows from the start, or behind `after`: 1 to 100, 20 where left out."),
    "after": (str | None, "Only rows behind this cursor."),
    "last": (int | None, "How many rows from the end, or ahead of `before`: 1 to 100. Not together with `first`."),
    "before": (str | None, "Only rows ahead of this cursor."),
}


def _argument(name: str, kind: Any, description: str) -> Parameter:
    annotation = Annotated[kind, strawberry.argument(description=description)]
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=UNSET)


def _signature(filter_type: type | None, order_type: type | None, searches: str | None) -> Signature:
    arguments = [_argument(name, kind, text) for name, (kind, text) in _PAGE_ARGUMENTS.items()]
    if filter_type is not None:
        arguments.append(_argument("filter", filter_type | None, "Which rows are listed; all where left out."))
    if order_type is not None:
        arguments.append(_argument("order_by", order_type | None, "In which order the rows are listed."))
    if searches is not None:
        arguments.append(_argument("search", str | None, searches))
    root = Parameter("root", Parameter.POSITIONAL_OR_KEYWORD, annotation=Any)
    info = Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info)
    return Signature([root, info, *arguments], return_annotation=Any)


def order_of(order_by: Any) -> Order | None:
    """The order that an input asks for; None where there is none."""
    return Order(order_by.field.name, order_by.direction.name == "DESC") if order_by else None


def paged(
    description: str,
    query: Pages,
    requires: Permission | None = None,
    *,
    filter_type: Any = None,
    order_type: Any = None,
    searched: type[Any] | None = None,
    searches: str | None = None,
) -> Any:
    """Declare a list in pages that hangs on the field's parent.

    `filter_type` is an input with a `criteria()`, `order_type` one with a field and a direction; `searched` makes
    criteria of a single `search` argument, which `searches` describes.
    """

    def criteria_of(arguments: dict[str, Any]) -> Criteria:
        if filter_type is not None:
            criteria: Criteria = (arguments.get("filter") or filter_type()).criteria()
            return criteria
        return searched(search=arguments.get("search") or None) if searched else Criteria()

    def bind(sealer: Sealer, arguments: dict[str, Any]) -> tuple[Slice, Criteria]:
        return slice_of(query, sealer, order_of(arguments.get("order_by")), arguments), criteria_of(arguments)

    def resolve(root: Any, info: Info, **arguments: Any) -> Connection:
        return Connection(info.context, query, parent_of(root), *bind(info.context.sealer, arguments))

    resolve.__signature__ = _signature(filter_type, order_type, searches)  # type: ignore[attr-defined]
    return _connection(description, resolve, Paged(query, bind), requires)


def told_pages(
    description: str, queries: tuple[Pages, ...], listed: Callable[[Any], tuple[Pages, Parent, Criteria]]
) -> Any:
    """Declare a list in pages in its own order, of which the field's parent says which list, whose, and under what."""

    def resolve(root: Any, info: Info, **arguments: Any) -> Connection:
        query, parent, criteria = listed(root)
        return Connection(info.context, query, parent, slice_of(query, info.context.sealer, None, arguments), criteria)

    resolve.__signature__ = _signature(None, None, None)  # type: ignore[attr-defined]
    return _connection(description, resolve, ToldPages(queries), None)


def _connection(description: str, resolver: Any, kind: Paged | ToldPages, requires: Permission | None) -> Any:
    return strawberry.field(
        resolver=resolver,
        description=described(description, requires),
        directives=[*guards(requires), *sized(DEFAULT_SIZE, ("first", "last"), ("edges", "nodes"))],
        metadata={KIND: kind},
    )
