"""What the schema says of cost: of every list and every mutation, and what else it could say."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import pytest
import strawberry
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from schema.build import build_schema, graphql_schema
from schema.directives import MUTATION_WEIGHT, guard_of, is_public, list_size_of, sized, weighs, weight_of
from schema.guards import GuardMap, Guards
from tests.api.pricing import asked

LEAVES = {
    "ActivationKey.allowedAddresses",
    "Capability.missing",
    "ConfirmTwoFactorPayload.recoveryCodes",
    "MergeServersPayload.deletedIds",
    "RemoveActivationKeysPayload.deletedIds",
    "RemoveActivationKeysPayload.deletedServerIds",
    "RemoveServersPayload.deletedIds",
    "Report.columns",
    "ReportRow.cells",
    "Role.permissions",
    "UserError.field",
    "Viewer.permissions",
}
"""Lists of leaves, which weigh nothing however many they are."""


def api() -> GraphQLSchema:
    """The schema under test."""
    return graphql_schema(build_schema())


def fields() -> Iterator[tuple[str, GraphQLField]]:
    """Every field of the API's own object types, by its coordinate."""
    for kind in api().type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field


def sized_by_parents() -> set[str]:
    """The lists whose size the field above them says."""
    return {
        f"{get_named_type(field.type).name}.{name}"
        for _, field in fields()
        if (said := list_size_of(field)) is not None
        for name in said.sized_fields or ()
    }


def test_every_list_says_its_size_or_is_one_of_leaves() -> None:
    lists = {coordinate: field for coordinate, field in fields() if is_list_type(get_nullable_type(field.type))}
    leaves = {coordinate for coordinate, field in lists.items() if is_leaf_type(get_named_type(field.type))}
    unsaid = {coordinate for coordinate, field in lists.items() if list_size_of(field) is None}
    assert leaves == LEAVES
    assert unsaid == LEAVES | sized_by_parents()


def test_what_a_list_says_of_its_size_fits_it() -> None:
    said = {coordinate: (field, size) for coordinate, field in fields() if (size := list_size_of(field)) is not None}
    assert len(said) > 30
    for coordinate, (field, size) in said.items():
        named: Any = get_named_type(field.type)
        assert set(size.slicing_arguments or ()) <= field.args.keys(), coordinate
        assert size.assumed_size, coordinate
        assert size.require_one_slicing_argument is False
        if is_list_type(get_nullable_type(field.type)):
            assert not size.sized_fields, coordinate
        else:
            assert set(size.sized_fields or ()) == {"edges", "nodes"} <= named.fields.keys(), coordinate
            assert set(size.slicing_arguments or ()) == {"first", "last"}, coordinate


def test_every_mutation_weighs_the_same_and_no_query_more_than_its_objects() -> None:
    weights = {coordinate: weight for coordinate, field in fields() if (weight := weight_of(field)) is not None}
    mutation = api().mutation_type
    assert mutation is not None
    assert weights == {f"Mutation.{name}": MUTATION_WEIGHT for name in mutation.fields}


def test_no_printed_list_requires_a_slicing_argument() -> None:
    printed = (Path(__file__).parents[2] / "schema.graphql").read_text()
    uses = [line for line in printed.splitlines() if " @listSize(" in line and not line.startswith("directive")]
    assert len(uses) > 30
    assert all("requireOneSlicingArgument: false" in line for line in uses)


@strawberry.enum(directives=weighs(3))
class Shade(Enum):
    """A leaf that weighs something."""

    DARK = "DARK"


@strawberry.input
class Corner:
    """An input that holds another of its kind."""

    sharp: bool | None = strawberry.field(default=None, directives=weighs(100))
    corners: "list[Corner] | None" = None


@strawberry.type(directives=weighs(7))
class Room:
    """An object that weighs more than one."""

    name: str
    shade: Shade
    shades: list[Shade] = strawberry.field(directives=sized(5))


def rooms(
    count: int | None = 2,
    lit: Annotated[bool | None, strawberry.argument(directives=weighs(1000))] = None,
    corner: Corner | None = None,
) -> list[Room]:
    """Rooms."""
    return []


@strawberry.type
class House:
    """The root of a schema with every kind of weight."""

    rooms: list[Room] = strawberry.field(resolver=rooms, directives=[*sized(4, ("count",)), *weighs(50)])


ROOMS = 1 + 50


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("{ rooms { name } }", ROOMS + 4 * 7),
        ("{ rooms(count: 3) { name } }", ROOMS + 3 * 7),
        ("{ rooms(count: 3) { shade } }", ROOMS + 3 * (7 + 3)),
        ("{ rooms(count: 3) { shades } }", ROOMS + 3 * (7 + 5 * 3)),
        ("{ rooms(count: 3, lit: false) { name } }", ROOMS + 1000 + 3 * 7),
        ("{ rooms(count: 3, lit: null) { name } }", ROOMS + 3 * 7),
        ("{ rooms(count: 3, corner: {}) { name } }", ROOMS + 3 * 7),
        ("{ rooms(count: 3, corner: { sharp: true }) { name } }", ROOMS + 100 + 3 * 7),
        ("{ rooms(count: 3, corner: { corners: [{ sharp: true }, { sharp: false }] }) { name } }", ROOMS + 200 + 3 * 7),
    ],
)  # fmt: skip
def test_every_place_where_a_weight_can_stand_counts(query: str, cost: int) -> None:
    schema = strawberry.Schema(query=House)
    core = graphql_schema(schema)
    guards = Guards(GuardMap.read(core, guard_of, is_public), lambda _: None)
    assert asked(query, schema=core, guards=guards).bill().requested == cost
