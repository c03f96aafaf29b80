"""Judging operations: views are made once for each kind of caller, verdicts kept with the operation they are for."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputType,
    OperationDefinitionNode,
    get_named_type,
)
from graphql.execution.values import VariableValues

from auth.actors import Actor, CredentialKind
from models.roles import RoleName
from schema.guards.inputs import TypeInId, enum_values
from schema.guards.map import GuardMap
from schema.guards.verdicts import Verdict
from schema.guards.view import Capability, View
from schema.guards.walk import Walk

KEPT_VERDICTS = 64
"""How many verdicts one operation keeps: for each role and credential, some variety of conditions and ids."""


class Guards:
    """The guards of one schema. Made once; views of it are shared by all requests."""

    def __init__(self, guards: GuardMap, type_in_id: TypeInId) -> None:
        self.map = guards
        self.type_in_id = type_in_id
        self._views: dict[tuple[RoleName | None, CredentialKind | None], View] = {}

    def view(self, actor: Actor | None) -> View:
        """What callers like this one are refused."""
        return self.view_of(actor.role, actor.credential) if actor else self.view_of(None, None)

    def view_of(self, role: RoleName | None, credential: CredentialKind | None) -> View:
        """What callers with this role and kind of credential are refused; both are None without a credential."""
        key = (role, credential)
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = View(self.map, role, credential)
        return view

    def operation(self, document: DocumentNode, operation: OperationDefinitionNode) -> "OperationGuard":
        """Get ready to judge one operation of a validated document, however often it is sent."""
        fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        return OperationGuard(self, operation, fragments)

    def capability(self, coordinate: str, actor: Actor | None) -> Capability:
        """Whether the caller may use what a schema coordinate names."""
        return self.view(actor).capability(coordinate)


class OperationGuard:
    """One operation with the verdicts that were found for it.

    A verdict depends on the caller's role and kind of credential and, among the variables, only on booleans (which
    conditions use), guarded enum values, and the types inside ids: whatever else a client sends, nothing is redone.
    """

    def __init__(
        self, guards: Guards, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._guards = guards
        self._operation = operation
        self._fragments = fragments
        self._verdicts: OrderedDict[Hashable, Verdict] = OrderedDict()
        self._telling: tuple[tuple[str, GraphQLInputType], ...] | None = None

    def judge(self, variables: VariableValues, actor: Actor | None) -> Verdict:
        """Which selections this caller is refused, with these variables."""
        view = self._guards.view(actor)
        key = (view.role, view.credential, self._signature(variables))
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = Walk(view, self._guards.type_in_id, self._operation, self._fragments, variables).run()
            self._verdicts[key] = verdict
            if len(self._verdicts) > KEPT_VERDICTS:
                self._verdicts.popitem(last=False)
        else:
            self._verdicts.move_to_end(key)
        return verdict

    def _signature(self, variables: VariableValues) -> Hashable:
        if self._telling is None:
            kinds = ((name, source.signature.type) for name, source in variables.sources.items())
            self._telling = tuple((name, kind) for name, kind in kinds if self._tells(kind))
        coerced = variables.coerced
        return tuple((name, self._relevant(kind, coerced[name])) for name, kind in self._telling if name in coerced)

    def _tells(self, kind: GraphQLInputType) -> bool:
        """Whether a verdict can depend on a variable of this type."""
        named = get_named_type(kind)
        return named in {GraphQLBoolean, GraphQLID} or named.name in self._guards.map.holders

    def _relevant(self, kind: GraphQLInputType, value: object) -> Hashable:
        """What a verdict can depend on in a variable's value."""
        named = get_named_type(kind)
        if named is GraphQLBoolean and isinstance(value, bool):
            return value
        if named is GraphQLID and value is not None:
            ids = value if isinstance(value, list) else [value]
            return tuple(self._guards.type_in_id(str(text)) for text in ids)
        if named.name in self._guards.map.holders:
            return frozenset(self._guards.map.enum_values.keys() & set(enum_values(kind, value)))
        return None
