"""What the schema says about cost: the weights of types, fields and inputs."""

from collections.abc import Callable, Iterator
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.values import VariableValues

from schema.directives import weight_of
from schema.guards.inputs import coerced_arguments

Given = Callable[[VariableValues], int]
"""What the arguments that a field is given weigh, once the variables are known."""


class Weights:
    """The weights of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        inputs = [kind for kind in schema.type_map.values() if isinstance(kind, GraphQLInputObjectType)]
        self._weighing: set[str] = set()
        while found := {kind.name for kind in inputs if any(map(self._weighs, kind.fields.values()))} - self._weighing:
            self._weighing |= found

    def of_type(self, kind: GraphQLNamedType) -> int:
        """What one value of a type weighs."""
        said = weight_of(kind)
        return said if said is not None else 0 if is_leaf_type(kind) else 1

    def of_field(self, field: GraphQLField) -> int:
        """What a field weighs beside what it returns."""
        return weight_of(field) or 0

    def of_arguments(self, field: GraphQLField, node: FieldNode) -> Given | None:
        """What the field's arguments weigh; None where none of them weighs anything."""
        if not any(map(self._weighs, field.args.values())):
            return None

        def given(variables: VariableValues) -> int:
            return sum(_weights(field.args, coerced_arguments(field, node, variables)))

        return given

    def _weighs(self, definition: GraphQLArgument | GraphQLInputField) -> bool:
        return bool(weight_of(definition)) or get_named_type(definition.type).name in self._weighing


def _weights(definitions: Any, values: Any) -> Iterator[int]:
    """The weights of all that is given, inputs inside inputs and lists among it."""
    for name, definition in definitions.items():
        value = values.get(definition.out_name or name)
        if value is None:
            continue
        yield weight_of(definition) or 0
        inner = get_named_type(definition.type)
        if isinstance(inner, GraphQLInputObjectType):
            for item in value if isinstance(value, list) else [value]:
                yield from _weights(inner.fields, item or {})
