"""What the arguments of a field give away before it runs: guarded enum values, and the types inside ids."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_argument_values,
    get_named_type,
)
from graphql.execution.values import VariableValues

from schema.guards.map import GuardMap, Named

TypeInId = Callable[[str], str | None]
"""Reads the type's name inside a global id; None where it is no id of ours."""


def enum_values(kind: GraphQLInputType, value: Any) -> Iterator[Named]:
    """Every enum value inside a coerced input value, as its enum's name and its own."""
    if isinstance(kind, GraphQLNonNull):
        yield from enum_values(kind.of_type, value)
    elif value is None:
        return
    elif isinstance(kind, GraphQLList):
        for item in value:
            yield from enum_values(kind.of_type, item)
    elif isinstance(kind, GraphQLEnumType):
        yield kind.name, str(kind.coerce_output_value(value))
    elif isinstance(kind, GraphQLInputObjectType):
        yield from _enum_values_of_fields(kind, value)


def _enum_values_of_fields(kind: GraphQLInputObjectType, value: Mapping[str, Any]) -> Iterator[Named]:
    for name, field in kind.fields.items():
        key = field.out_name or name
        if key in value:
            yield from enum_values(field.type, value[key])


def guarded_values(guards: GuardMap, field: GraphQLField, node: FieldNode, variables: VariableValues) -> set[Named]:
    """The guarded enum values that a field's arguments hold, defaults and variables among them."""
    if not any(get_named_type(argument.type).name in guards.holders for argument in field.args.values()):
        return set()
    values = coerced_arguments(field, node, variables)
    found = {
        named
        for name, argument in field.args.items()
        if (key := argument.out_name or name) in values
        for named in enum_values(argument.type, values[key])
    }
    return found & guards.enum_values.keys()


def id_argument(field: GraphQLField) -> tuple[str, GraphQLArgument] | None:
    """The argument that says which object a field of an interface type returns."""
    return next(((name, arg) for name, arg in field.args.items() if get_named_type(arg.type) is GraphQLID), None)


def types_in_ids(
    field: GraphQLField, node: FieldNode, variables: VariableValues, type_in_id: TypeInId
) -> list[str | None] | None:
    """The types inside the ids given to a field, in their order; None where the field takes no ids."""
    named = id_argument(field)
    if named is None:
        return None
    name, argument = named
    value = coerced_arguments(field, node, variables).get(argument.out_name or name)
    ids = value if isinstance(value, list) else [value]
    return [type_in_id(text) if isinstance(text, str) else None for text in ids]


def coerced_arguments(field: GraphQLField, node: FieldNode, variables: VariableValues) -> dict[str, Any]:
    """A field's arguments as its resolver would get them; none where they are malformed, as then it never runs."""
    try:
        return get_argument_values(field, node, variables)
    except GraphQLError:
        return {}
