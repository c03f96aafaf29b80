"""What one kind of caller is refused: the guard map, seen with a role and a kind of credential."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
)

from auth.actors import CredentialKind
from auth.permissions import Permission, allows
from models.roles import RoleName
from schema.guards.map import SESSION_ONLY, GuardMap


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is refused. `permission` is None where none would help: the credential is of the wrong kind."""

    coordinate: str
    permission: Permission | None
    role: RoleName | None


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether a caller may use what a schema coordinate names, and which permissions it would still need."""

    coordinate: str
    allowed: bool
    missing: tuple[Permission, ...] = ()


@dataclass(frozen=True, eq=False)
class View:
    """The refusals of everyone with this role and kind of credential; both are None without a credential."""

    guards: GuardMap = field(repr=False)
    role: RoleName | None
    credential: CredentialKind | None

    @property
    def anonymous(self) -> bool:
        """Whether this is the view of callers without a credential."""
        return self.role is None

    @cached_property
    def types(self) -> Mapping[str, Refusal]:
        """The refused object types."""
        refused = {name: self._refusal(name, guard) for name, guard in self.guards.types.items()}
        return {name: refusal for name, refusal in refused.items() if refusal is not None}

    @cached_property
    def enum_values(self) -> Mapping[tuple[str, str], Refusal]:
        """The refused enum values."""
        refused = {key: self._refusal(".".join(key), guard) for key, guard in self.guards.enum_values.items()}
        return {key: refusal for key, refusal in refused.items() if refusal is not None}

    @cached_property
    def fields(self) -> Mapping[str, Mapping[str, Refusal]]:
        """The refused fields by their object type: for a guard of their own, or for that of the type they return."""
        objects = (kind for kind in self.guards.schema.type_map.values() if isinstance(kind, GraphQLObjectType))
        refused = {kind.name: self._fields_of(kind) for kind in objects}
        return {name: fields for name, fields in refused.items() if fields}

    def capability(self, coordinate: str) -> Capability:
        """Whether the thing a schema coordinate names may be used; what the schema does not hold may not."""
        owner, _, member = coordinate.partition(".")
        kind = self.guards.schema.type_map.get(owner)
        if kind is None or not _holds(kind, coordinate, member):
            return Capability(coordinate, allowed=False)
        if self._session_only(owner, member):
            return Capability(coordinate, allowed=False)
        missing = {guard for guard in self._guards_of(owner, member) if not self._has(guard)}
        return Capability(coordinate, not missing, tuple(guard for guard in Permission if guard in missing))

    def _guards_of(self, owner: str, member: str) -> set[Permission]:
        guards = {self.guards.types.get(owner), self.guards.enum_values.get((owner, member))} - {None}
        kind = self.guards.schema.type_map[owner]
        if isinstance(kind, GraphQLObjectType) and member:
            guards |= set(self.guards.demands(owner, member))
        return {guard for guard in guards if guard is not None}

    def _fields_of(self, kind: GraphQLObjectType) -> dict[str, Refusal]:
        refused = {name: self._field(kind.name, name) for name in kind.fields}
        return {name: refusal for name, refusal in refused.items() if refusal is not None}

    def _field(self, parent: str, name: str) -> Refusal | None:
        coordinate = f"{parent}.{name}"
        if self._session_only(parent, name):
            return Refusal(coordinate, None, self.role)
        refusals = (self._refusal(coordinate, guard) for guard in self.guards.demands(parent, name))
        return next((refusal for refusal in refusals if refusal is not None), None)

    def _session_only(self, parent: str, name: str) -> bool:
        mutation = self.guards.schema.mutation_type
        machine = self.credential is not None and self.credential is not CredentialKind.SESSION
        return machine and mutation is not None and parent == mutation.name and name in SESSION_ONLY

    def _refusal(self, coordinate: str, guard: Permission) -> Refusal | None:
        return None if self._has(guard) else Refusal(coordinate, guard, self.role)

    def _has(self, guard: Permission) -> bool:
        return self.role is not None and allows(self.role, guard)


def _holds(kind: GraphQLNamedType, coordinate: str, member: str) -> bool:
    """Whether the coordinate names the type itself or one of its fields or values."""
    if coordinate == kind.name:
        return True
    if isinstance(kind, GraphQLEnumType):
        return member in kind.values
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        return member in kind.fields
    return False
