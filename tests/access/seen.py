"""What a role should see of the schema, worked out from the printed guards and the manual's table alone."""

from functools import cache
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
)

from tests.access.manual import HELD
from tests.access.ways import guard_in_sdl, is_public_in_sdl, sdl_schema

ROLES = (None, *HELD)
"""Every role, and None for callers without a credential."""


def _held(item: Any, role: str | None) -> bool:
    guard = guard_in_sdl(item)
    return guard is None or (role is not None and guard in HELD[role])


def _allowed(kind: GraphQLObjectType, name: str, role: str | None) -> bool:
    """Whether neither the field nor the type it returns is guarded against the role."""
    field = kind.fields[name]
    root = kind.name in {"Query", "Mutation", "Subscription"}
    public = role is not None or not root or is_public_in_sdl(field)
    return public and _held(field, role) and _held(get_named_type(field.type), role)


@cache
def seen(role: str | None) -> frozenset[str]:
    """The coordinates of all types, fields, arguments, input fields and enum values that a role should find."""
    found: set[str] = set()
    waiting = [("Query", True), ("Mutation", True), ("Permission", False)]
    expanded: set[tuple[str, bool]] = set()
    while waiting:
        name, returned = step = waiting.pop()
        kind = sdl_schema().type_map[name]
        if step in expanded or not _held(kind, role):
            continue
        expanded.add(step)
        if isinstance(kind, GraphQLInterfaceType) and returned:
            waiting += [(item.name, True) for item in sdl_schema().get_possible_types(kind)]
        found.add(name)
        waiting += _members(kind, role, found)
    return frozenset(found)


def _members(kind: Any, role: str | None, found: set[str]) -> list[tuple[str, bool]]:
    """Adds a type's own coordinates, and answers with the types that they name."""
    if is_enum_type(kind):
        found |= {f"{kind.name}.{name}" for name, value in kind.values.items() if _held(value, role)}
        return []
    names: list[tuple[str, bool]] = [(item.name, False) for item in getattr(kind, "interfaces", ())]
    for name, field in getattr(kind, "fields", {}).items():
        if isinstance(kind, GraphQLObjectType) and not _allowed(kind, name, role):
            continue
        found.add(f"{kind.name}.{name}")
        names.append((get_named_type(field.type).name, not is_input_object_type(kind)))
        for argument, given in getattr(field, "args", {}).items():
            found.add(f"{kind.name}.{name}({argument}:)")
            names.append((get_named_type(given.type).name, False))
    return names


def told(schema: GraphQLSchema) -> set[str]:
    """The same coordinates of a schema that somebody was told, but for what every schema has."""
    found: set[str] = set()
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        found.add(name)
        found |= {f"{name}.{value}" for value in getattr(kind, "values", {})}
        for field, definition in getattr(kind, "fields", {}).items():
            found.add(f"{name}.{field}")
            found |= {f"{name}.{field}({argument}:)" for argument in getattr(definition, "args", {})}
    return found
