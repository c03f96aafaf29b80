"""What the schema itself says it has: its connections, their orders, and the enums behind them."""

from functools import cache
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from schema.build import build_schema, graphql_schema
from schema.kinds import KIND
from schema.paging import ToldPages


@cache
def api() -> GraphQLSchema:
    """The schema under test."""
    return graphql_schema(build_schema())


def object_types() -> list[GraphQLObjectType]:
    """All types of the API's own that have fields."""
    found = (kind for name, kind in api().type_map.items() if not name.startswith("__"))
    return [kind for kind in found if isinstance(kind, GraphQLObjectType)]


def connections() -> dict[str, GraphQLField]:
    """Every field that is a connection of nodes, by its coordinate."""
    return {
        f"{kind.name}.{name}": field
        for kind in object_types()
        for name, field in kind.fields.items()
        if get_named_type(field.type).name.endswith("Connection") and not isinstance(kind_of(field), ToldPages)
    }


def kind_of(field: GraphQLField) -> Any:
    """How a field gets its value, None for a story told by a resolver."""
    return field.extensions["strawberry-definition"].metadata.get(KIND)


def input_fields(field: GraphQLField, argument: str) -> dict[str, GraphQLInputField]:
    """The fields of an argument's input type; none where the field has no such argument."""
    found = field.args.get(argument)
    kind: Any = None if found is None else get_named_type(found.type)
    return kind.fields if isinstance(kind, GraphQLInputObjectType) else {}


def filter_fields(field: GraphQLField) -> dict[str, GraphQLInputField]:
    """What a connection can be filtered by; empty where it has no filter."""
    return input_fields(field, "filter")


def orders_of(field: GraphQLField) -> list[str]:
    """What a connection can be sorted by; empty where its order is fixed."""
    order = input_fields(field, "orderBy")
    columns: Any = get_named_type(order["field"].type) if order else None
    return list(columns.values) if isinstance(columns, GraphQLEnumType) else []


def ordered_connections() -> list[tuple[str, dict[str, str] | None]]:
    """Every connection with every order in both directions, and with its own where it is asked for none."""
    found: list[tuple[str, dict[str, str] | None]] = []
    for coordinate, field in connections().items():
        found.append((coordinate, None))
        found += [
            (coordinate, {"field": column, "direction": direction})
            for column in orders_of(field)
            for direction in ("ASC", "DESC")
        ]
    return found
