"""Which definitions of a schema are left for the callers of a view.

Gone is what the guards refuse, what could only ever be null or could not be called without it, and then whatever
nothing that is left leads to.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from graphql import (
    GraphQLAbstractType,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
)

from schema.guards.view import View

Input = TypeVar("Input", GraphQLArgument, GraphQLInputField)


class Narrowing:
    """A schema as one view leaves it, told definition by definition; nothing of the schema itself changes."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.schema = view.guards.schema
        roots = (self.schema.query_type, self.schema.mutation_type, self.schema.subscription_type)
        self._roots = {root.name for root in roots if root}
        self._gone = set(view.types)
        self._settle()

    def is_gone(self, kind: GraphQLNamedType) -> bool:
        """Whether nothing may name the type."""
        return kind.name in self._gone

    def fields(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> dict[str, GraphQLField]:
        """The fields that are left. An interface keeps what every object that is left keeps of it."""
        left = {name: field for name, field in kind.fields.items() if self._stays(kind, name, field)}
        if isinstance(kind, GraphQLObjectType):
            return left
        objects = self.possible(kind)
        return {
            name: field
            for name, field in left.items()
            if all(self._stays(item, name, item.fields[name]) for item in objects)
        }

    def interfaces(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> list[GraphQLInterfaceType]:
        """The interfaces that it still implements."""
        return [item for item in kind.interfaces if not self.is_gone(item)]

    def possible(self, kind: GraphQLAbstractType) -> list[GraphQLObjectType]:
        """The objects that it may still stand for."""
        return [item for item in self.schema.get_possible_types(kind) if not self.is_gone(item)]

    def values(self, kind: GraphQLEnumType) -> dict[str, GraphQLEnumValue]:
        """The enum's values that are left."""
        refused = self.view.enum_values
        return {name: value for name, value in kind.values.items() if (kind.name, name) not in refused}

    def inputs(self, items: Mapping[str, Input]) -> dict[str, Input]:
        """The arguments or input fields whose types are left."""
        return {name: item for name, item in items.items() if not self.is_gone(get_named_type(item.type))}

    def reachable(self) -> dict[str, GraphQLNamedType]:
        """The types that roots and directives lead to. An interface leads to its objects where a field returns it."""
        found: dict[str, GraphQLNamedType] = {}
        returned: set[str] = set()
        waiting = list(self._entrances())
        while waiting:
            kind, is_returned = waiting.pop()
            if is_returned and is_abstract_type(kind) and kind.name not in returned:
                returned.add(kind.name)
                waiting += [(item, True) for item in self.possible(kind)]
            if kind.name not in found:
                found[kind.name] = kind
                waiting += self._beyond(kind)
        return {name: found[name] for name in self.schema.type_map if name in found}

    def _settle(self) -> None:
        """Let go of types until none is left that would be empty."""
        kinds = [kind for kind in self.schema.type_map.values() if not is_introspection_type(kind)]
        grown = True
        while grown:
            more = {kind.name for kind in kinds if not self.is_gone(kind) and self._is_empty(kind)}
            self._gone |= more
            grown = bool(more)

    def _is_empty(self, kind: GraphQLNamedType) -> bool:
        """Whether there could be no value of the type, or nothing to say about one."""
        if isinstance(kind, GraphQLEnumType):
            return not self.values(kind)
        if isinstance(kind, GraphQLInputObjectType):
            left = self.inputs(kind.fields)
            needed = (name for name, field in kind.fields.items() if is_required_input_field(field))
            return not left or any(name not in left for name in needed)
        if isinstance(kind, GraphQLUnionType):
            return not self.possible(kind)
        if isinstance(kind, GraphQLInterfaceType):
            return not self.possible(kind) or not self.fields(kind)
        return isinstance(kind, GraphQLObjectType) and not self.fields(kind)

    def _stays(self, kind: GraphQLObjectType | GraphQLInterfaceType, name: str, field: GraphQLField) -> bool:
        if name in self.view.fields.get(kind.name, ()) or self.is_gone(get_named_type(field.type)):
            return False
        if self.view.anonymous and kind.name in self._roots and (kind.name, name) not in self.view.guards.public:
            return False
        left = self.inputs(field.args)
        return all(name in left for name, argument in field.args.items() if is_required_argument(argument))

    def _entrances(self) -> Iterator[tuple[GraphQLNamedType, bool]]:
        for name in self._roots - self._gone:
            yield self.schema.type_map[name], True
        for directive in self.schema.directives:
            for argument in self.inputs(directive.args).values():
                yield get_named_type(argument.type), False

    def _beyond(self, kind: GraphQLNamedType) -> Iterator[tuple[GraphQLNamedType, bool]]:
        """The types that a type's own definition names, and whether objects of them come from there."""
        if isinstance(kind, GraphQLInputObjectType):
            for item in self.inputs(kind.fields).values():
                yield get_named_type(item.type), False
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for interface in self.interfaces(kind):
                yield interface, False
            for field in self.fields(kind).values():
                yield get_named_type(field.type), True
                for argument in self.inputs(field.args).values():
                    yield get_named_type(argument.type), False
