"""How a field gets its value. Each helper declares one kind, as the field's metadata and as a stock resolver.

Most fields of the schema are of three kinds: a column of the row that stands for their parent, a relation that is
fetched for all parents of a level at once, or a story told by an ordinary resolver. The metadata says which, so that an
operation can be planned without running a resolver.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import Entity
from models.queries.children import Children, Totals
from models.queries.parents import Parent
from resolvers.context import RequestContext
from schema import ids
from schema.directives import described, guards, sized

KIND = "kind"
"""The metadata entry that holds a field's kind."""

Info = strawberry.Info[RequestContext, None]


@dataclass(frozen=True)
class Column:
    """A column of the parent's row, or another one for those who may not use activation keys."""

    name: str | None = None
    masked: str | None = None


@dataclass(frozen=True)
class Identifier:
    """The row's global id."""

    type_name: str


@dataclass(frozen=True)
class Embedded:
    """An object whose columns stand in the parent's row under a prefix; null where `null_if` is."""

    prefix: str
    null_if: str | None = None


@dataclass(frozen=True)
class Lookup:
    """One row found by an id that stands in a column of the parent."""

    entity: Entity
    key: str


@dataclass(frozen=True)
class Listed:
    """A plain list, or its only row, that hangs on the parent. `bind` makes filters of the field's arguments."""

    query: Children
    single: bool = False
    bind: Callable[[dict[str, Any]], dict[str, Any]] = lambda _arguments: {}


@dataclass(frozen=True)
class Computed:
    """A column of the row computed for the parent, or the whole row, or the row that an id in it names."""

    query: Totals
    column: str | None = None
    entity: Entity | None = None


@dataclass(frozen=True)
class Story:
    """An ordinary resolver, which reads these columns of its parent's row."""

    columns: tuple[str, ...]


class Prefixed(Mapping[str, Any]):
    """An embedded object: the parent's row, read under a prefix."""

    __slots__ = ("_prefix", "_row")

    def __init__(self, row: Any, prefix: str) -> None:
        self._row = row
        self._prefix = prefix

    def __getitem__(self, key: str) -> Any:
        return self._row[self._prefix + key]

    def __iter__(self) -> Any:
        return (key.removeprefix(self._prefix) for key in self._row if key.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def read(source: Any, name: str) -> Any:
    """The default resolver: a row's column, or an attribute where a story returned an object of the schema."""
    return getattr(source, name) if hasattr(type(source), "__strawberry_definition__") else source[name]


def parent_of(row: Any) -> Parent:
    """The row as a parent of others. Rows of the catalogue belong to no account."""
    return Parent(row.get("account_id"), row["id"])


def field(
    description: str,
    kind: Any,
    resolver: Any = None,
    requires: Permission | None = None,
    directives: Sequence[object] = (),
) -> Any:
    """Declare a field of a kind. `directives` are those beside its guard."""
    return strawberry.field(
        resolver=resolver,
        description=described(description, requires),
        directives=[*guards(requires), *directives],
        metadata={KIND: kind},
    )


def column(description: str, requires: Permission | None = None) -> Any:
    """Declare a field that is the row's column of the same name."""
    return field(description, Column(), requires=requires)


def masked_column(description: str, whole: str, masked: str) -> Any:
    """Declare a field that is one column for those who may use activation keys, and another for the rest."""

    def resolve(root: Any, info: Info) -> Any:
        return root[whole if info.context.sees_whole_keys else masked]

    return field(description, Column(whole, masked), resolve)


def identifier(type_name: str) -> Any:
    """Declare the `id` of a node."""

    def resolve(root: Any) -> Any:
        return ids.encode(type_name, root["id"])

    return field(
        "Opaque and global: good wherever an id of this type, or of any type, is asked for.",
        Identifier(type_name),
        resolve,
    )


def embedded(description: str, prefix: str, null_if: str | None = None, requires: Permission | None = None) -> Any:
    """Declare an object field that is part of the parent's row."""

    def resolve(root: Any) -> Any:
        return None if null_if is not None and root[null_if] is None else Prefixed(root, prefix)

    return field(description, Embedded(prefix, null_if), resolve, requires)


def money(description: str, name: str, *, nullable: bool = False, requires: Permission | None = None) -> Any:
    """Declare an amount, from the row's columns `<name>_amount` and `<name>_currency`."""
    return embedded(description, f"{name}_", f"{name}_amount" if nullable else None, requires)


def lookup(description: str, entity: Entity, key: str, requires: Permission | None = None) -> Any:
    """Declare a field that is another row, named by an id in this one."""

    async def resolve(root: Any, info: Info) -> Any:
        return await info.context.loaders.by_id(entity, root[key])

    return field(description, Lookup(entity, key), resolve, requires)


def listed(description: str, query: Children, requires: Permission | None = None, *, usually: int) -> Any:
    """Declare a plain list of rows that hang on this one, usually so many."""

    async def resolve(root: Any, info: Info) -> Any:
        return await info.context.loaders.children(query, parent_of(root))

    return field(description, Listed(query), resolve, requires, sized(usually))


def only(description: str, query: Children, requires: Permission | None = None) -> Any:
    """Declare a field that is the first row of a list, null where it is empty."""

    async def resolve(root: Any, info: Info) -> Any:
        rows = await info.context.loaders.children(query, parent_of(root))
        return rows[0] if rows else None

    return field(description, Listed(query, single=True), resolve, requires)


def computed(description: str, query: Totals, column: str | None = None, requires: Permission | None = None) -> Any:
    """Declare a field that is computed for its parent, alone or together with others of the same query."""

    async def resolve(root: Any, info: Info) -> Any:
        row = await info.context.loaders.total(query, parent_of(root))
        return row if row is None or column is None else row[column]

    return field(description, Computed(query, column), resolve, requires)


def found_by(description: str, query: Totals, column: str, entity: Entity, requires: Permission | None = None) -> Any:
    """Declare a field that is a row whose id a query finds for the parent."""

    async def resolve(root: Any, info: Info) -> Any:
        row = await info.context.loaders.total(query, parent_of(root))
        return None if row is None else await info.context.loaders.by_id(entity, row[column])

    return field(description, Computed(query, column, entity), resolve, requires)
