"""What a plan is made of: the places of a response, and where the value of each comes from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, is_non_null_type

from models.entities import Entity
from models.entities.base import Beside, Columns
from models.queries.children import Children, Totals
from schema.paging import Paged

Serialize = Callable[[Any], Any]


@dataclass(frozen=True)
class Constant:
    """The same in every row: a type's name, or the null of a forbidden selection."""

    value: Any


@dataclass(frozen=True)
class Read:
    """A column of the row. `serialize` is None where the database has rendered it; `or_text` where it may have."""

    column: str
    serialize: Serialize | None = None
    or_text: bool = False


@dataclass(frozen=True)
class Attribute:
    """An attribute of an object that a story returned."""

    name: str
    serialize: Serialize


@dataclass(frozen=True)
class Held:
    """A list of objects of leaves alone, none of them null, that an object which a story returned holds: it is built
    together with it."""

    name: str
    places: "tuple[Place, ...]"


@dataclass(frozen=True)
class GlobalId:
    """The row's id, made global."""

    type_name: str


@dataclass(frozen=True)
class Inline:
    """An embedded object of leaves alone, built together with its row."""

    prefix: str
    null_if: str | None
    places: "tuple[Place, ...]"


@dataclass(frozen=True)
class Joined(Inline):
    """A row of leaves alone that an id in a column names: it is selected beside its row, and built together with it."""

    key: str
    entity: Entity


@dataclass(frozen=True)
class Nested:
    """An embedded object with relations of its own: a level over the same rows, read under a prefix."""

    prefix: str
    null_if: str | None
    plan: "ObjectPlan"


@dataclass(frozen=True)
class SameRow:
    """The node of an edge: the very row."""

    plan: "ObjectPlan"


@dataclass(frozen=True)
class EdgeCursor:
    """The sealed place of an edge's row."""


@dataclass(frozen=True)
class Found:
    """A row found by an id in a column: the distinct ids of a level at once, each once in a request.

    An account may be `brought` by the rows of a list that hangs on it, where there are any.
    """

    entity: Entity
    key: str
    plan: "ObjectPlan"
    brought: "Place | None" = None


@dataclass(frozen=True)
class Many:
    """A plain list: one statement for a level."""

    query: Children
    single: bool
    bind: Callable[[dict[str, Any]], dict[str, Any]]
    plan: "ObjectPlan"
    columns: Columns


@dataclass(frozen=True)
class Total:
    """A row computed for each parent: one of its columns, itself, or the row that an id in it names."""

    query: Totals
    column: str | None
    entity: Entity | None
    plan: "ObjectPlan | None"


@dataclass(frozen=True)
class PagedList:
    """A connection: a page for each parent in one statement, a count in another, each only where selected."""

    kind: Paged
    parts: "tuple[Place, ...]"
    columns: Columns


@dataclass(frozen=True)
class Part:
    """A field of a connection. `plan` is that of its nodes, edges or page information."""

    name: str
    plan: "ObjectPlan | None"


@dataclass(frozen=True)
class Told:
    """A story: the field's resolver is called, and what it returns is completed as its type says.

    `plans` are those of the object types that it may return, by name; `reads` are columns of the row that it looks at.
    """

    plans: "Mapping[str, ObjectPlan]"
    reads: tuple[str, ...] = ()


Leaf = Constant | Read | Attribute | Held | GlobalId | Inline
Relation = Nested | SameRow | EdgeCursor | Found | Many | Total | PagedList | Told


@dataclass(frozen=True, eq=False)
class Place:
    """One key of a response object."""

    key: str
    value: "Leaf | Relation | Part"
    nodes: tuple[FieldNode, ...]
    parent: GraphQLObjectType
    definition: GraphQLField | None

    @cached_property
    def nullable(self) -> bool:
        """Whether null may stand here. Only `__typename` has no definition, and it is never null."""
        return self.definition is None or not is_non_null_type(self.definition.type)

    @property
    def name(self) -> str:
        """The field's name in the schema."""
        return self.nodes[0].name.value


@dataclass(eq=False)
class ObjectPlan:
    """How the rows of one type become response objects: its places in order, and the function that builds them."""

    kind: GraphQLObjectType
    places: tuple[Place, ...]
    columns: frozenset[str | Beside]
    build: Callable[..., list[dict[str, Any]]] = field(repr=False)
    source: str = ""

    @cached_property
    def relations(self) -> tuple[Place, ...]:
        """The places whose values are fetched before the objects are built."""
        return tuple(place for place in self.places if isinstance(place.value, Relation))

    @cached_property
    def leaves(self) -> bool:
        """Whether all that is shown stands in the row itself."""
        return not self.relations and not any(isinstance(column, Beside) for column in self.columns)


@dataclass(frozen=True, eq=False)
class Plan:
    """A whole operation: its root, and the columns that look-ups by id are narrowed to."""

    root: ObjectPlan
    lookups: Mapping[str, Columns]
    serial: bool
