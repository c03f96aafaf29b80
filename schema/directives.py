"""The schema's own directives, and how the rest of the code reads them back from the built schema."""

from collections.abc import Sequence
from typing import Any

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.unset import UNSET

from auth.permissions import Permission as Permissions

Permission = strawberry.enum(
    Permissions,
    name="Permission",
    description="One thing that a role may do, as the portal's manual lists them.",
)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT, Location.ENUM_VALUE],
    name="requires",
    description=(
        "Only roles with this permission see the field, the type on every way to it, or may name the enum value. "
        "For the others it is null, with one FORBIDDEN error for its place in the answer."
    ),
)
class Requires:
    """The only statement of who may see what."""

    permission: Permissions = strawberry.directive_field(name="permission")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="public",
    description="The root field runs without a credential.",
)
class Public:
    """Marks a root field that needs no credential."""


@strawberry.schema_directive(
    locations=[
        Location.ARGUMENT_DEFINITION,
        Location.ENUM,
        Location.FIELD_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.OBJECT,
        Location.SCALAR,
    ],
    name="cost",
    description=(
        "What one of these adds to an operation's cost, as a whole number. Without it an object is 1, and everything "
        "else nothing."
    ),
)
class Cost:
    """The cost specification's weight, where it is not the usual one."""

    weight: str = strawberry.directive_field(name="weight")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description=(
        "How long the list counts as, for an operation's cost: what a slicing argument asks for (one that takes a list "
        "counts by its length, of several the greatest counts), else the assumed size. With `sizedFields` the size is "
        "that of these fields of the returned object."
    ),
)
class ListSize:
    """The cost specification's size of a list."""

    assumed_size: int | None = strawberry.directive_field(name="assumedSize", default=UNSET)
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=UNSET)
    require_one_slicing_argument: bool | None = strawberry.directive_field(
        name="requireOneSlicingArgument", default=True
    )


MUTATION_WEIGHT = 10
"""What a mutation costs beside the objects that its payload shows."""


def weighs(weight: int) -> list[object]:
    """The directive of a definition with this weight."""
    return [Cost(weight=str(weight))]


def sized(assumed: int, slicing: Sequence[str] = (), fields: Sequence[str] = ()) -> list[object]:
    """The directive of a list of usually this size. No list of ours requires a slicing argument."""
    return [
        ListSize(
            assumed_size=assumed,
            slicing_arguments=list(slicing) or UNSET,
            sized_fields=list(fields) or UNSET,
            require_one_slicing_argument=False,
        )
    ]


def guards(requires: Permissions | None, public: bool = False) -> list[object]:
    """The directives of a definition with this guard."""
    found: list[object] = [] if requires is None else [Requires(permission=requires)]
    return [*found, Public()] if public else found


def described(description: str, requires: Permissions | None) -> str:
    """A description that ends with the permission its reader needs."""
    return description if requires is None else f"{description} Requires {requires.name}."


def _directives(definition: Any) -> list[object]:
    made_from = (definition.extensions or {}).get("strawberry-definition")
    return list(getattr(made_from, "directives", None) or ())


def guard_of(definition: Any) -> Permissions | None:
    """The permission that a field, an object type or an enum value of the built schema requires."""
    found = (item.permission for item in _directives(definition) if isinstance(item, Requires))
    return next(found, None)


def is_public(field: Any) -> bool:
    """Whether a root field of the built schema runs without a credential."""
    return any(isinstance(item, Public) for item in _directives(field))


def weight_of(definition: Any) -> int | None:
    """What a type, a field, an argument or an input field of the built schema is said to cost."""
    found = (int(item.weight) for item in _directives(definition) if isinstance(item, Cost))
    return next(found, None)


def list_size_of(field: Any) -> ListSize | None:
    """How long a field's list counts as, where the built schema says so."""
    found = (item for item in _directives(field) if isinstance(item, ListSize))
    return next(found, None)
