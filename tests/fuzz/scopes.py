"""Which response keys a selection set has used, and for what: fields of one key must merge."""

from typing import NamedTuple, Self

from graphql import GraphQLObjectType, GraphQLOutputType

from tests.rules.schema_walk import api


class Key(NamedTuple):
    """What a response key stands for."""

    parent: str
    field: str
    arguments: str
    kind: GraphQLOutputType

    def merges_with(self, other: "Key") -> bool:
        """Whether both may stand under one key: the same field, or the same type on objects that are never one."""
        if (self.field, self.arguments) != (other.field, other.arguments):
            apart = self.parent != other.parent and self._on_object() and other._on_object()
            return apart and str(self.kind) == str(other.kind)
        return self.parent == other.parent or str(self.kind) == str(other.kind)

    def _on_object(self) -> bool:
        return isinstance(api().type_map[self.parent], GraphQLObjectType)


class Scope:
    """The keys of one place of a response, each with the place below it."""

    def __init__(self) -> None:
        self.keys: dict[str, list[Key]] = {}
        self.below: dict[str, Scope] = {}

    def takes(self, name: str, key: Key) -> bool:
        """Whether the key may be used for this field."""
        return all(key.merges_with(other) for other in self.keys.get(name, ()))

    def put(self, name: str, key: Key) -> "Scope":
        """Use a key for a field; the place below it."""
        used = self.keys.setdefault(name, [])
        if key not in used:
            used.append(key)
        return self.below.setdefault(name, Scope())

    def takes_all(self, other: Self) -> bool:
        """Whether a fragment that uses the other's keys may be spread here."""
        return all(self.takes(name, key) for name, keys in other.keys.items() for key in keys) and all(
            self.below[name].takes_all(below) for name, below in other.below.items() if name in self.below
        )

    def put_all(self, other: Self) -> None:
        """Use all keys of a fragment that is spread here."""
        for name, keys in other.keys.items():
            for key in keys:
                self.put(name, key)
            self.below[name].put_all(other.below[name])


class Places(tuple[Scope, ...]):
    """A place of a fragment that is being written: both the fragment's own and that of the answer it stands in."""

    __slots__ = ()

    def takes(self, name: str, key: Key) -> bool:
        """Whether the key may be used in all of them."""
        return all(scope.takes(name, key) for scope in self)

    def put(self, name: str, key: Key) -> "Places":
        """Use a key in all of them; the places below."""
        return Places(scope.put(name, key) for scope in self)

    def also(self, scope: Scope) -> "Places":
        """These and another one."""
        return Places((*self, scope))
