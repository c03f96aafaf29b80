"""The static walk: which selections of a validated operation its caller is refused, whatever the rows turn out to be.

Selections are collected with the executor's own functions, so fragments, merged fields and conditions mean here what
they mean there. A selection set that several fragments share is walked once for each type that it is met on.
"""

from collections.abc import Iterable, Mapping
from typing import cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    OperationDefinitionNode,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from schema.guards.inputs import TypeInId, guarded_values, id_argument, types_in_ids
from schema.guards.map import GuardMap
from schema.guards.verdicts import LIST, Cut, HiddenIds, Verdict
from schema.guards.view import Refusal, View

MAX_CUTS = 1000
"""An operation with more refused places than this is refused as a whole: a small document could name millions."""

Details = list[FieldDetails]


class TooManyCutsError(Exception):
    """The operation asks for more forbidden places than an answer can sensibly list."""


class Walk:
    """One pass over one operation for one view; the variables are known."""

    def __init__(
        self,
        view: View,
        type_in_id: TypeInId,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        self._view = view
        self._guards: GuardMap = view.guards
        self._schema = view.guards.schema
        self._type_in_id = type_in_id
        self._operation = operation
        self._fragments = {name: FragmentDetails(definition) for name, definition in fragments.items()}
        self._variables = variables
        self._seen: dict[tuple[str, tuple[int, ...]], tuple[Cut, ...]] = {}
        self._refused_nodes: set[int] = set()
        self._hidden_ids: dict[int, HiddenIds] = {}
        self._whole: GraphQLError | None = None

    def run(self) -> Verdict:
        """Judge the operation."""
        root = cast("GraphQLObjectType", self._schema.get_root_type(self._operation.operation))
        grouped = collect_fields(
            self._schema, self._fragments, self._variables, root, self._operation
        ).grouped_field_set
        self._require_credential(root, grouped)
        try:
            cuts = self._selections(root, grouped)
        except TooManyCutsError:
            return Verdict(self._view, whole=self._too_many())
        return Verdict(self._view, cuts, self._whole, frozenset(self._refused_nodes), self._hidden_ids)

    def _require_credential(self, root: GraphQLObjectType, grouped: GroupedFieldSet) -> None:
        """Without a credential, one root field that is not public refuses the whole document."""
        for details in grouped.values() if self._view.anonymous else ():
            name = details[0].node.name.value
            if not name.startswith("__") and (root.name, name) not in self._guards.public:
                refusal = Refusal(f"{root.name}.{name}", self._guards.fields.get((root.name, name)), None)
                self._whole = Cut((), refusal, _nodes(details)).error()
                return

    def _selections(self, parent: GraphQLObjectType, grouped: GroupedFieldSet) -> tuple[Cut, ...]:
        cuts: list[Cut] = []
        for key, details in grouped.items():
            cuts.extend(self._field(parent, key, details))
            if len(cuts) > MAX_CUTS:
                raise TooManyCutsError
        return tuple(cuts)

    def _field(self, parent: GraphQLObjectType, key: str, details: Details) -> Iterable[Cut]:
        name = details[0].node.name.value
        field = self._schema.get_field(parent, name)
        if field is None or name.startswith("__"):
            return ()
        refusal = self._view.fields.get(parent.name, {}).get(name) or self._refused_argument(field, details)
        if refusal is None:
            prefix = (key, *_list_positions(field.type))
            return [cut.below(prefix) for cut in self._below(field, details)]
        cut = Cut((key,), refusal, _nodes(details))
        if is_non_null_type(field.type):
            self._whole = self._whole or cut.error()
        return (cut,)

    def _refused_argument(self, field: GraphQLField, details: Details) -> Refusal | None:
        """The refusal of the first guarded enum value among the arguments that the caller may not use."""
        held = guarded_values(self._guards, field, details[0].node, self._variables)
        refused = sorted(held & self._view.enum_values.keys())
        if not refused:
            return None
        self._refuse_nodes(details)
        return self._view.enum_values[refused[0]]

    def _below(self, field: GraphQLField, details: Details) -> Iterable[Cut]:
        named = get_named_type(field.type)
        if is_object_type(named):
            return self._object(named, details)
        if is_abstract_type(named):
            return self._abstract(named, field, details)
        return ()

    def _object(self, kind: GraphQLObjectType, details: Details) -> tuple[Cut, ...]:
        seen = (kind.name, tuple(id(detail.node) for detail in details))
        if seen not in self._seen:
            collected = collect_subfields(
                self._schema, self._fragments, self._variables, self._operation, kind, details
            )
            self._seen[seen] = self._selections(kind, collected.grouped_field_set)
        return self._seen[seen]

    def _abstract(self, kind: GraphQLAbstractType, field: GraphQLField, details: Details) -> Iterable[Cut]:
        """Judge an element of an interface type by the types inside the ids, or else by every type it may be."""
        possible = {item.name: item for item in self._schema.get_possible_types(kind)}
        given = types_in_ids(field, details[0].node, self._variables, self._type_in_id)
        names = list(possible) if given is None else list(dict.fromkeys(n for n in given if n in possible))
        cuts: dict[tuple[str, ...], Cut] = {}
        for name in names:
            refusal = self._view.types.get(name)
            if refusal is None:
                found = self._object(possible[name], details)
            else:
                found = (Cut((), refusal, _nodes(details)),) if given is not None else ()
            cuts.update({cut.place: cut for cut in found if cut.place not in cuts})
        if given is not None:
            self._hide(field, details, [name in possible and name in self._view.types for name in given])
        return cuts.values()

    def _hide(self, field: GraphQLField, details: Details, refused: list[bool]) -> None:
        """Remember which elements stay null: the whole field, or positions in its list."""
        named = id_argument(field)
        if not any(refused) or named is None:
            return
        if not _list_positions(field.type):
            self._refuse_nodes(details)
            return
        hidden = HiddenIds(named[0], frozenset(position for position, bad in enumerate(refused) if bad))
        self._hidden_ids.update({id(detail.node): hidden for detail in details})

    def _refuse_nodes(self, details: Details) -> None:
        self._refused_nodes.update(id(detail.node) for detail in details)

    def _too_many(self) -> GraphQLError:
        return GraphQLError(
            f"The operation selects more than {MAX_CUTS} places that its caller may not see.",
            self._operation,
            extensions={"code": "LIMIT_EXCEEDED", "limit": "refusedPlaces", "value": MAX_CUTS},
        )


def _nodes(details: Details) -> tuple[FieldNode, ...]:
    return tuple(detail.node for detail in details)


def _list_positions(kind: GraphQLOutputType) -> tuple[str, ...]:
    """One `@` for each list that a type wraps."""
    if is_non_null_type(kind):
        return _list_positions(kind.of_type)
    if is_list_type(kind):
        return (LIST, *_list_positions(kind.of_type))
    return ()
