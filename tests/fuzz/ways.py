"""The schema as a graph: what every field and argument is called, and how far it is from one type to another."""

from functools import cache

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_abstract_type

from tests.rules.schema_walk import api, object_types

FAR = 1_000
PUBLIC = {
    "Query": ("viewer", "roles", "products"),
    "Mutation": ("signIn", "register", "requestPasswordReset", "resetPassword", "confirmLoginEmail"),
}
"""The root fields that need no credential."""

Named = GraphQLObjectType | GraphQLInterfaceType


@cache
def targets(root: str) -> tuple[str, ...]:
    """Every field, and every argument as `Type.field(argument)`, that a root type leads to.

    Of mutations only what is theirs: queries have the rest.
    """
    found: list[str] = []
    for kind in object_types():
        if root == "Mutation" and not (kind.name.endswith("Payload") or kind.name in {root, "UserError"}):
            continue
        if distance(root, kind.name) < FAR:
            for name, field in kind.fields.items():
                found.append(f"{kind.name}.{name}")
                found += [f"{kind.name}.{name}({argument})" for argument in field.args]
    return tuple(found)


def named(type_name: str) -> Named:
    """A type with fields."""
    kind = api().type_map[type_name]
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    return kind


def composite(field: GraphQLField) -> Named | None:
    """The type of what a field returns, None for leaves."""
    kind = get_named_type(field.type)
    return kind if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) else None


@cache
def distance(start: str, goal: str) -> int:
    """How many fields lie between a type and another; FAR where there is no way."""
    return _distances(goal).get(start, FAR)


@cache
def _distances(goal: str) -> dict[str, int]:
    """The distance of every type from a goal. An interface is no further than the nearest of its types."""
    found = {goal: 0}
    changed = True
    while changed:
        changed = False
        for kind in object_types():
            below = [one for one in map(composite, kind.fields.values()) if one is not None]
            near = min((found.get(one.name, FAR) for one in below), default=FAR) + 1
            changed = _nearer(found, kind.name, near) or changed
        for interface in (kind for kind in api().type_map.values() if isinstance(kind, GraphQLInterfaceType)):
            near = min(found.get(one.name, FAR) for one in api().get_possible_types(interface))
            changed = _nearer(found, interface.name, near) or changed
    return found


def _nearer(found: dict[str, int], name: str, near: int) -> bool:
    if near >= found.get(name, FAR):
        return False
    found[name] = near
    return True


def possible(kind: Named) -> list[str]:
    """The object types that a value of the type may have."""
    return [one.name for one in api().get_possible_types(kind)] if is_abstract_type(kind) else [kind.name]
