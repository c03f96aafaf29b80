"""Every argument of the schema, given every kind of wrong value: the answer is clear, and none is a defect."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)

from schema.build import build_schema, graphql_schema
from tests.client import post, sign_in

VALUES: list[Any] = [
    None, True, -1, 0, 101, 2**31, 2**64, 1.5, "", "x", "\0", "é🏃", "9" * 5_000, "NaN", "2026-13-45", "10.0.0.0/8",
    [], [[]], [None], ["\0"], {}, {"\0": "\0"},
]  # fmt: skip
Way = tuple[str, ...]


def ways(
    kind: GraphQLObjectType, way: Way = (), seen: frozenset[str] = frozenset()
) -> Iterator[tuple[Way, GraphQLObjectType]]:
    """Every object type that single fields without arguments lead to, with one way to it."""
    yield way, kind
    for name, field in kind.fields.items():
        inner = get_nullable_type(field.type)
        if isinstance(inner, GraphQLObjectType) and not field.args and inner.name not in seen | {kind.name}:
            yield from ways(inner, (*way, name), seen | {kind.name})


def documents() -> Iterator[tuple[str, str, GraphQLArgument]]:
    """For each argument on these ways a document that fills it, and it alone, from the variable `it`."""
    schema = graphql_schema(build_schema())
    roots = [("query", schema.query_type), ("mutation", schema.mutation_type)]
    found = [(verb, *place) for verb, root in roots if root is not None for place in ways(root)]
    for verb, way, kind in found:
        for name, field in kind.fields.items():
            inner = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
            for argument, definition in field.args.items():
                if any(is_required_argument(arg) for other, arg in field.args.items() if other != argument):
                    continue
                selection = f"{name}({argument}: $it){inner}"
                for step in reversed(way):
                    selection = f"{step} {{ {selection} }}"
                yield (
                    f"{verb} ($it: {definition.type}) {{ {selection} }}",
                    f"{kind.name}.{name}",
                    definition,
                )


def wrong_values(definition: GraphQLArgument) -> Iterator[Any]:
    """Wrong values for an argument, and for each field of an input object by itself."""
    yield from VALUES
    inner = get_nullable_type(definition.type)
    if isinstance(inner, GraphQLInputObjectType):
        for name in inner.fields:
            yield from ({name: value} for value in VALUES)
    if is_list_type(inner):
        yield from ([value] for value in VALUES)


CASES: dict[str, list[tuple[str, GraphQLArgument]]] = {}
for text, field, argument in documents():
    CASES.setdefault(field, []).append((text, argument))


@pytest.mark.parametrize("field", CASES)
async def test_no_value_of_an_argument_is_a_defect(demo_client: httpx.AsyncClient, field: str) -> None:
    token = await sign_in(demo_client, "master@demo.example.com")
    for document, argument in CASES[field]:
        for value in wrong_values(argument):
            response = await post(demo_client, document, {"it": value}, token=token)
            codes = {error["extensions"]["code"] for error in response.json().get("errors", [])}
            assert response.status_code == 200, (document, value, response.text)
            assert codes <= {"BAD_USER_INPUT"}, (document, value, response.json()["errors"])
            if field == "Mutation.signOut" and not codes:
                token = await sign_in(demo_client, "master@demo.example.com")
