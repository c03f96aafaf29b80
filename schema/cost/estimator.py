"""From a judged operation to its estimate, over the selections as executors collect them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
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

from schema.cost.estimates import Estimate, Field, Selection
from schema.cost.sizes import ONE, Size, size_of
from schema.cost.weights import Weights
from schema.directives import list_size_of
from schema.guards import Verdict
from schema.paging import MAX_SIZE

Details = list[FieldDetails]


@dataclass(frozen=True, slots=True)
class Sized:
    """The fields below one that have the size it asks for, as a connection's edges and nodes."""

    field: GraphQLField
    names: frozenset[str]
    size: Size


class Estimator:
    """Walks one operation. A selection set that several fragments share is walked once for each type."""

    def __init__(
        self,
        weights: Weights,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        verdict: Verdict,
    ) -> None:
        self._weights = weights
        self._schema = weights.schema
        self._operation = operation
        self._fragments = {name: FragmentDetails(definition) for name, definition in fragments.items()}
        self._variables = variables
        self._verdict = verdict
        self._walked: dict[tuple[str, int, tuple[int, ...]], Selection] = {}

    def estimate(self) -> Estimate:
        """The estimate of the whole operation."""
        root: Any = self._schema.get_root_type(self._operation.operation)
        grouped = collect_fields(self._schema, self._fragments, self._variables, root, self._operation)
        return Estimate(self._selection(root, grouped.grouped_field_set, None))

    def _selection(self, kind: GraphQLObjectType, grouped: GroupedFieldSet, sized: Sized | None) -> Selection:
        fields = (self._field(kind, key, details, sized) for key, details in grouped.items())
        return Selection(self._weights.of_type(kind), tuple(field for field in fields if field is not None))

    def _object(self, kind: GraphQLObjectType, details: Details, sized: Sized | None) -> Selection:
        """A selection on a type. The sizes it depends on follow from the field above and its nodes."""
        seen = (kind.name, id(sized.field) if sized else 0, tuple(id(detail.node) for detail in details))
        if seen not in self._walked:
            collected = collect_subfields(
                self._schema, self._fragments, self._variables, self._operation, kind, details
            )
            self._walked[seen] = self._selection(kind, collected.grouped_field_set, sized)
        return self._walked[seen]

    def _field(self, parent: GraphQLObjectType, key: str, details: Details, above: Sized | None) -> Field | None:
        """One field; None for what costs nothing: bare leaves, introspection, and whatever never runs."""
        node = details[0].node
        name = node.name.value
        definition = parent.fields.get(name)
        if definition is None or self._verdict.refuses(parent.name, node):
            return None
        size, below = self._sizes(definition, node)
        if above is not None and name in above.names:
            size = above.size
        named = get_named_type(definition.type)
        weight, given = self._weights.of_field(definition), self._weights.of_arguments(definition, node)
        leaf = self._weights.of_type(named) if is_leaf_type(named) else 0
        kinds = tuple(self._object(kind, details, below) for kind in self._possible(named))
        return Field(key, weight, given, size, leaf, kinds) if weight or given or leaf or kinds else None

    def _sizes(self, definition: GraphQLField, node: FieldNode) -> tuple[Size, Sized | None]:
        """The size of the field's own list, and that of lists below it which take their size from here."""
        said = list_size_of(definition)
        if said is None:
            return ONE, None
        if said.sized_fields:
            return ONE, Sized(definition, frozenset(said.sized_fields), size_of(said, node, most=MAX_SIZE))
        hidden = self._verdict.hidden(node)
        return size_of(said, node, len(hidden.positions) if hidden else 0), None

    def _possible(self, named: Any) -> Iterator[GraphQLObjectType]:
        """The object types that an element may have, but for those that the caller is refused."""
        if is_object_type(named):
            yield named
        elif is_abstract_type(named):
            refused = self._verdict.view.types
            yield from (kind for kind in self._schema.get_possible_types(named) if kind.name not in refused)
