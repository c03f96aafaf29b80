"""The schema's own directives, and how the rest of the code reads them back from the built schema."""

from typing import Any

import strawberry
from strawberry.schema_directive import Location

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
