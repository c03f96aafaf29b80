"""Every guard of a schema, read once into plain tables."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_non_null_type,
)

from auth.permissions import Permission

SESSION_ONLY = frozenset(
    {
        "changePassword",
        "changeLoginEmail",
        "beginTwoFactor",
        "confirmTwoFactor",
        "disableTwoFactor",
        "signOut",
        "revokeSession",
    }
)
"""Mutations that act on a person's own login, so that no machine credential may call them."""

Key = TypeVar("Key")
Named = tuple[str, str]
"""A type's name with a field's or an enum value's."""


@dataclass(frozen=True, slots=True)
class GuardMap:
    """What the schema's directives ask for, by name, and which inputs could hold a guarded enum value."""

    schema: GraphQLSchema
    types: Mapping[str, Permission]
    fields: Mapping[Named, Permission]
    enum_values: Mapping[Named, Permission]
    public: frozenset[Named]
    holders: frozenset[str]

    @classmethod
    def read(
        cls, schema: GraphQLSchema, guard_of: Callable[[Any], Permission | None], is_public: Callable[[Any], bool]
    ) -> "GuardMap":
        """Ask each type, field and enum value of the schema for its guard."""
        objects = [kind for kind in schema.type_map.values() if isinstance(kind, GraphQLObjectType)]
        enums = [kind for kind in schema.type_map.values() if isinstance(kind, GraphQLEnumType)]
        roots = {root.name for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root}
        fields = {(kind.name, name): field for kind in objects for name, field in kind.fields.items()}
        values = {(kind.name, name): value for kind in enums for name, value in kind.values.items()}
        enum_values = _guarded(values, guard_of)
        return cls(
            schema=schema,
            types=_guarded({kind.name: kind for kind in objects}, guard_of),
            fields=_guarded(fields, guard_of),
            enum_values=enum_values,
            public=frozenset(key for key, field in fields.items() if key[0] in roots and is_public(field)),
            holders=_holders(schema, {enum for enum, _ in enum_values}),
        )

    def demands(self, parent: str, field: str) -> Iterator[Permission]:
        """The permissions that selecting an object type's field takes, beyond those that reaching its parent took."""
        own = self.fields.get((parent, field))
        if own is not None:
            yield own
        kind = cast("GraphQLObjectType", self.schema.type_map[parent])
        returned = self.types.get(get_named_type(kind.fields[field].type).name)
        if returned is not None and returned is not own:
            yield returned

    def misplaced(self) -> Iterator[str]:
        """Coordinates of guarded fields that could not be null, though their parent does not carry the same guard.

        Where there is none, cutting a refused selection never takes more of the answer than the selection itself.
        """
        for kind in self.schema.type_map.values():
            if isinstance(kind, GraphQLObjectType):
                for name, field in kind.fields.items():
                    beyond = set(self.demands(kind.name, name)) - {self.types.get(kind.name)}
                    if beyond and is_non_null_type(field.type):
                        yield f"{kind.name}.{name}"


def _guarded(items: Mapping[Key, Any], guard_of: Callable[[Any], Permission | None]) -> dict[Key, Permission]:
    asked = ((key, guard_of(item)) for key, item in items.items())
    return {key: guard for key, guard in asked if guard is not None}


def _holders(schema: GraphQLSchema, guarded_enums: set[str]) -> frozenset[str]:
    """The enums with guarded values and the input objects through which one of their values can come."""
    found = set(guarded_enums)
    inputs = [kind for kind in schema.type_map.values() if isinstance(kind, GraphQLInputObjectType)]
    grown = True
    while grown:
        more = {kind.name for kind in inputs if not found.isdisjoint(_held(kind))} - found
        found |= more
        grown = bool(more)
    return frozenset(found)


def _held(kind: GraphQLInputObjectType) -> set[str]:
    held: list[GraphQLNamedType] = [get_named_type(field.type) for field in kind.fields.values()]
    return {named.name for named in held}
