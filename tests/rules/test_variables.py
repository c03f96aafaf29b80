"""Variables that were coerced by a function for their type come out as graphql-core's own walk has them."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    is_input_type,
    parse,
    type_from_ast,
)
from graphql.execution import get_variable_values
from graphql.execution.values import VariableValues

from schema.coercers import UnsureError, coercer
from schema.coercion import DeclaredVariables
from tests.conftest import common_engine

DRAWN = 20
LEAVES = {"Int": 3, "Float": 1.5, "Boolean": True, "DateTime": "2026-11-24T00:00:00Z", "Date": "2026-11-24"}
ODD: tuple[Any, ...] = (
    None, "", "a", "a\0b", " ", 0, -1, 3, 2**31, 2**63, 1.0, 1.5, True, [], [None], ["a", 1], {}, {"unknown": 1},
    {"id": None}, "2026-11-24", "2026-11-24T00:00:00Z", "12.50", [[]], {"a": {"b": []}},
)  # fmt: skip
"""Values that fit here and there, and mostly nowhere."""


def schema() -> GraphQLSchema:
    """The schema that the gateway serves."""
    return common_engine().schema


def shapes() -> Iterator[str]:
    """Every input type, as it is and in lists, required and not."""
    for name, kind in sorted(schema().type_map.items()):
        if is_input_type(kind) and not name.startswith("__"):
            yield from (name, f"{name}!", f"[{name}!]", f"[[{name}]!]!")


def drawn(random: Random, kind: Any, depth: int = 0) -> Any:
    """A value that mostly fits a type, and now and then does not."""
    if random.random() < 0.06 or depth > 6:
        return random.choice(ODD)
    if isinstance(kind, GraphQLNonNull):
        return drawn(random, kind.of_type, depth)
    return None if random.random() < 0.1 else fitting(random, kind, depth + 1)


def fitting(random: Random, kind: Any, depth: int) -> Any:
    """A value that fits, but for what is inside it."""
    if isinstance(kind, GraphQLList):
        item = drawn(random, kind.of_type, depth)
        return item if random.random() < 0.1 else [item] * random.randrange(3)
    if isinstance(kind, GraphQLInputObjectType):
        required = {name for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)}
        named = [name for name in kind.fields if name in required or random.random() < 0.5]
        return {name: drawn(random, kind.fields[name].type, depth) for name in named}
    return random.choice(list(kind.values)) if isinstance(kind, GraphQLEnumType) else LEAVES.get(kind.name, "12.50")


def sent_of(values: VariableValues) -> dict[str, Any]:
    """What was sent for each variable."""
    return {name: source.value for name, source in values.sources.items()}


def test_variables_are_coerced_as_the_library_coerces_them() -> None:
    plain = judged = 0
    for shape in shapes():
        document = parse(f"query ($value: {shape}, $other: Int = 7) {{ __typename }}")
        (operation,) = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        definitions = operation.variable_definitions or ()
        variables, random = DeclaredVariables(schema(), document, operation), Random(shape)  # noqa: S311 (no secret)
        kind = type_from_ast(schema(), definitions[0].type)
        for _ in range(DRAWN):
            value = drawn(random, kind)
            sent = random.choice(({"value": value}, {"value": value, "other": 1}, {"value": value, "unknown": "x"}, {}))
            expected, found = get_variable_values(schema(), definitions, dict(sent)), variables.coerced(sent)
            if isinstance(found, VariableValues):
                assert isinstance(expected, VariableValues), (shape, sent)
                assert repr(found.coerced) == repr(expected.coerced), (shape, sent)
                assert sent_of(found) == sent_of(expected), (shape, sent)
                plain += 1
            else:
                assert not isinstance(expected, VariableValues) or "\\x00" in repr(sent), (shape, sent)
                judged += 1
    assert min(plain, judged) > 1_000


@pytest.mark.parametrize("odd", [{"search": "a\0"}, {"unknown": 1}, {"states": "ACTIVE"}, {"search": {}}, 1])
def test_what_is_odd_is_left_to_the_library(odd: Any) -> None:
    kind: Any = schema().type_map["ServerFilter"]
    assert coercer(kind)({"search": "web", "states": ["ACTIVE"]}) is not None
    with pytest.raises(UnsureError):
        coercer(kind)(odd)
