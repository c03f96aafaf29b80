"""From a validated operation to a plan, for one verdict: guards, conditions and columns are decided here, once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from graphql import (
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from auth.permissions import sees_whole_keys
from models.entities import ACCOUNT, Entity
from models.entities.base import ACCOUNT_ID, PRESENT, Beside, beside
from resolvers.node import ENTITIES
from schema import kinds
from schema.execution import plans
from schema.execution.building import Builder, is_plain
from schema.execution.plans import ObjectPlan, Place, Plan
from schema.guards import Verdict
from schema.paging import Paged
from schema.paging import Part as PartKind

Details = list[FieldDetails]
PARENT_COLUMNS = ("id", ACCOUNT_ID)


class Planner:
    """Plans one operation. A selection set that several fragments share is planned once for each type."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        verdict: Verdict,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = {name: FragmentDetails(definition) for name, definition in fragments.items()}
        self._variables = variables
        self._verdict = verdict
        self._serial = operation.operation is OperationType.MUTATION
        self._planned: dict[tuple[str, bool, Entity | None, tuple[int, ...]], ObjectPlan] = {}
        self._lookups: dict[Entity, set[str | Beside]] = {}

    def plan(self) -> Plan:
        """The plan of the whole operation."""
        root: Any = self._schema.get_root_type(self._operation.operation)
        grouped = collect_fields(self._schema, self._fragments, self._variables, root, self._operation)
        planned = self._fields(root, grouped.grouped_field_set)
        narrowed = {} if self._serial else self._lookups
        lookups = {entity.name: entity.readable(columns) for entity, columns in narrowed.items()}
        return Plan(planned, lookups, self._serial)

    def _object(
        self, kind: GraphQLObjectType, details: Details, of: Entity | None = None, *, edge: bool = False
    ) -> ObjectPlan:
        """The plan of an object. Where a statement of ours reads its rows, they are `of` an entity."""
        seen = (kind.name, edge, of, tuple(id(detail.node) for detail in details))
        if seen not in self._planned:
            self._planned[seen] = self._fields(kind, self._selected(kind, details), of, edge=edge)
        return self._planned[seen]

    def _selected(self, kind: GraphQLObjectType, details: Details) -> GroupedFieldSet:
        collected = collect_subfields(self._schema, self._fragments, self._variables, self._operation, kind, details)
        return collected.grouped_field_set

    def _fields(
        self, kind: GraphQLObjectType, grouped: GroupedFieldSet, of: Entity | None = None, *, edge: bool = False
    ) -> ObjectPlan:
        places = tuple(self._place(kind, key, details, of, edge=edge) for key, details in grouped.items())
        builder = Builder(places)
        return ObjectPlan(kind, places, frozenset(_columns(places)), builder.function(), builder.source)

    def _place(self, kind: GraphQLObjectType, key: str, details: Details, of: Entity | None, *, edge: bool) -> Place:
        nodes = tuple(detail.node for detail in details)
        name = nodes[0].name.value
        definition = kind.fields.get(name)
        if definition is None:
            return Place(key, plans.Constant(kind.name), nodes, kind, None)
        if self._verdict.refuses(kind.name, nodes[0]):
            return Place(key, plans.Constant(None), nodes, kind, definition)
        value = self._edge_value(name, definition, details, of) if edge else self._value(definition, details, of)
        return Place(key, value, nodes, kind, definition)

    def _edge_value(
        self, name: str, definition: GraphQLField, details: Details, of: Entity | None
    ) -> plans.Leaf | plans.Relation:
        if name == "cursor":
            return plans.EdgeCursor()
        if name == "node":
            return plans.SameRow(self._object(_object_type(definition), details, of))
        return self._value(definition, details, of)

    def _value(  # noqa: PLR0911 (a line for each kind)
        self, definition: GraphQLField, details: Details, of: Entity | None
    ) -> plans.Leaf | plans.Relation:
        made_from = definition.extensions["strawberry-definition"]
        match made_from.metadata.get(kinds.KIND):
            case kinds.Column() as column if is_leaf_type(get_named_type(definition.type)):
                return self._column(column, made_from.python_name, definition)
            case kinds.Identifier(type_name):
                return plans.GlobalId(type_name)
            case kinds.Embedded() as embedded:
                return self._embedded(embedded, self._object(_object_type(definition), details))
            case kinds.Lookup(entity, key):
                return self._named(entity, key, definition, details, of)
            case kinds.Listed(query, single, bind):
                plan = self._rows(query.entity, definition, details)
                return plans.Many(query, single, bind, plan, query.entity.readable(plan.columns) or ("id",))
            case kinds.Computed(query, column, entity):
                return self._computed(query, column, entity, definition, details)
            case Paged() as paged:
                return self._paged(paged, definition, details)
            case kinds.Story(columns):
                return plans.Told(self._possible(definition, details), columns)
        if made_from.base_resolver is None:
            return self._held(made_from.python_name, definition, details)
        return plans.Told(self._possible(definition, details))

    def _held(self, python_name: str, definition: GraphQLField, details: Details) -> plans.Leaf | plans.Relation:
        """What an object that a story returned holds under a name: a leaf, or objects."""
        if is_leaf_type(get_named_type(definition.type)):
            return plans.Attribute(python_name, _serializer(definition))
        possible = self._possible(definition, details)
        kind: Any = definition.type.of_type if is_non_null_type(definition.type) else definition.type
        item: Any = kind.of_type if is_list_type(kind) else None
        one: Any = item.of_type if is_non_null_type(item) else None
        if is_object_type(one) and all(is_plain(place) for place in possible[one.name].places):
            return plans.Held(python_name, possible[one.name].places)
        return plans.Told(possible)

    def _column(self, column: kinds.Column, python_name: str, definition: GraphQLField) -> plans.Leaf:
        """A column. Text may be what rows have, or not: an enum's value, and any of a mutation's payload."""
        name = column.name or python_name
        role = self._verdict.view.role
        if column.masked is not None and not (role is not None and sees_whole_keys(role)):
            name = column.masked
        is_enum = isinstance(get_named_type(definition.type), GraphQLEnumType)
        if not (is_enum or self._serial):
            return plans.Read(name)
        return plans.Read(name, _serializer(definition), or_text=not _lists(definition))

    def _embedded(self, embedded: kinds.Embedded, plan: ObjectPlan) -> plans.Leaf | plans.Relation:
        if all(is_plain(place) for place in plan.places):
            return plans.Inline(embedded.prefix, embedded.null_if, plan.places)
        return plans.Nested(embedded.prefix, embedded.null_if, plan)

    def _named(
        self, entity: Entity, key: str, definition: GraphQLField, details: Details, of: Entity | None
    ) -> plans.Leaf | plans.Relation:
        """A row that an id names: beside the rows of its parents where it has leaves alone, else looked up."""
        plan = self._rows(entity, definition, details)
        if of is not None and of is not entity and key in of.columns and plan.leaves:
            prefix = beside(key, entity)
            return plans.Joined(prefix, f"{prefix}{PRESENT}", plan.places, key, entity)
        self._narrow(entity, plan)
        if entity is ACCOUNT and not self._serial:
            return _brought(key, plan)
        return plans.Found(entity, key, plan)

    def _rows(self, entity: Entity, definition: GraphQLField, details: Details) -> ObjectPlan:
        """The plan of rows that a statement reads. What a mutation shows is looked up whole, once it has been done."""
        return self._object(_object_type(definition), details, None if self._serial else entity)

    def _looked_up(self, entity: Entity, definition: GraphQLField, details: Details) -> ObjectPlan:
        plan = self._rows(entity, definition, details)
        self._narrow(entity, plan)
        return plan

    def _narrow(self, entity: Entity, plan: ObjectPlan) -> None:
        """Add to the columns that look-ups of the entity select."""
        self._lookups.setdefault(entity, {"id"}).update(plan.columns)

    def _computed(
        self, query: Any, column: str | None, entity: Entity | None, definition: GraphQLField, details: Details
    ) -> plans.Relation:
        if is_leaf_type(get_named_type(definition.type)):
            return plans.Total(query, column, None, None)
        if entity is not None:
            return plans.Total(query, column, entity, self._looked_up(entity, definition, details))
        return plans.Total(query, None, None, self._object(_object_type(definition), details))

    def _paged(self, paged: Paged, definition: GraphQLField, details: Details) -> plans.Relation:
        kind = _object_type(definition)
        of = None if paged.query.made else paged.query.entity
        parts = tuple(self._part(kind, key, found, of) for key, found in self._selected(kind, details).items())
        wanted: set[str | Beside] = {"id"}
        for part in parts:
            if isinstance(part.value, plans.Part) and part.value.name in {"nodes", "edges"} and part.value.plan:
                wanted |= part.value.plan.columns
        return plans.PagedList(paged, parts, paged.query.entity.readable(wanted))

    def _part(self, kind: GraphQLObjectType, key: str, details: Details, of: Entity | None) -> Place:
        nodes = tuple(detail.node for detail in details)
        definition = kind.fields.get(nodes[0].name.value)
        if definition is None:
            return Place(key, plans.Constant(kind.name), nodes, kind, None)
        part: PartKind = definition.extensions["strawberry-definition"].metadata[kinds.KIND]
        named = get_named_type(definition.type)
        of = None if self._serial or part.name == "page_info" else of
        plan = self._object(named, details, of, edge=part.name == "edges") if is_object_type(named) else None
        return Place(key, plans.Part(part.name, plan), nodes, kind, definition)

    def _possible(self, definition: GraphQLField, details: Details) -> dict[str, ObjectPlan]:
        """Plans for the object types that a story may return; those of an interface that are refused have none."""
        named = get_named_type(definition.type)
        if is_object_type(named):
            found = {named.name: self._object(named, details)}
        elif is_abstract_type(named):
            refused = self._verdict.view.types
            possible = (kind for kind in self._schema.get_possible_types(named) if kind.name not in refused)
            found = {kind.name: self._object(kind, details) for kind in possible}
        else:
            found = {}
        for name, plan in found.items():
            if name in ENTITIES:
                self._narrow(ENTITIES[name], plan)
        return found


def _brought(key: str, plan: ObjectPlan) -> plans.Found:
    """An account with the first of its lists, whose rows bring the account's columns beside their own.

    What has rows beside it already is looked up, and so is an account of which nothing but the id is read.
    """
    bringing = next(filter(_belongs_to_accounts, plan.relations), None)
    read = {column for column in plan.columns if isinstance(column, str)}
    own = read & ACCOUNT.columns.keys()
    if bringing is None or own.issubset(PARENT_COLUMNS) or read < plan.columns:
        return plans.Found(ACCOUNT, key, plan)
    many: Any = bringing.value
    columns = {*many.columns, *(Beside(ACCOUNT_ID, ACCOUNT, column) for column in {*own, *PARENT_COLUMNS})}
    brought = replace(bringing, value=replace(many, columns=many.query.entity.readable(columns)))
    places = tuple(brought if place is bringing else place for place in plan.places)
    return plans.Found(ACCOUNT, key, replace(plan, places=places), brought)


def _belongs_to_accounts(place: Place) -> bool:
    """Whether a place is a list of rows that belong to an account each."""
    return isinstance(place.value, plans.Many) and ACCOUNT_ID in place.value.query.entity.columns


def _object_type(definition: GraphQLField) -> GraphQLObjectType:
    return cast("GraphQLObjectType", get_named_type(definition.type))


def _serializer(definition: GraphQLField) -> plans.Serialize:
    """How an attribute is printed: leaves as their type says, lists of leaves item by item."""
    kind: Any = definition.type.of_type if is_non_null_type(definition.type) else definition.type
    leaf: Any = get_named_type(kind)
    if is_list_type(kind):
        return lambda values: [leaf.coerce_output_value(value) for value in values]
    show: plans.Serialize = leaf.coerce_output_value
    return show


def _lists(definition: GraphQLField) -> bool:
    kind: Any = definition.type
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)


def _columns(places: Iterable[Place], prefix: str = "") -> Iterable[str | Beside]:
    """The columns of a row that its places read, its own under a prefix where it is embedded."""
    for place in places:
        match place.value:
            case plans.Read(column) | plans.Found(_, column):
                yield prefix + column
            case plans.GlobalId():
                yield f"{prefix}id"
            case plans.Joined() as joined:
                yield from _beside(joined)
            case plans.Inline(below, null_if) | plans.Nested(below, null_if) as embedded:
                inner = embedded.plan.columns if isinstance(embedded, plans.Nested) else _columns(embedded.places)
                yield from (f"{prefix}{below}{column}" for column in inner)
                yield from () if null_if is None else (prefix + null_if,)
            case plans.SameRow(plan):
                yield from plan.columns
            case plans.Many() | plans.Total() | plans.PagedList():
                yield from (prefix + column for column in PARENT_COLUMNS)
            case plans.Told(_, reads):
                yield from ("role", *(prefix + column for column in (*reads, *PARENT_COLUMNS)))


def _beside(joined: plans.Joined) -> Iterable[Beside]:
    """The columns of a row beside another, and whether there is one."""
    own = {column for column in _columns(joined.places) if isinstance(column, str)}
    names = {PRESENT, *(own & joined.entity.columns.keys())}
    return (Beside(joined.key, joined.entity, name) for name in names)
