"""Introspection, answered from the view of the caller's role, whatever else its operation asks for."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
    get_named_type,
    is_specified_scalar_type,
    type_from_ast,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields

from schema.execution import Executor, Judged
from schema.guards import Verdict
from schema.views.views import Views

ROOTS = frozenset({"__schema", "__type"})
KEPT = 32
"""How many operations with introspection are kept, each for one verdict; GraphiQL's answer takes a megabyte or two."""


@dataclass(slots=True)
class Parts:
    """An operation with introspection under one verdict, in two. The verdict stands for the values of its conditions.

    It holds the operation and the verdict that it was made for, so that their identities cannot be given to others, and
    nothing else of a request: its variables may be secrets.
    """

    operation: OperationDefinitionNode
    verdict: Verdict
    keys: tuple[str, ...]
    asked: DocumentNode
    names: Mapping[str, GraphQLNamedType]
    rest: DocumentNode | None
    told: ExecutionResult | None = field(default=None)


class Introspection:
    """Runs judged operations: what they ask about the schema on a view, the rest with an executor."""

    def __init__(self, schema: GraphQLSchema, views: Views, kept: int = KEPT) -> None:
        self._schema = schema
        self._views = views
        self._room = kept
        self._parts: OrderedDict[tuple[int, int], Parts] = OrderedDict()

    async def execute(self, executor: Executor, judged: Judged, context: Any) -> ExecutionResult:
        """The data, its keys in the operation's order, and the errors, of an operation that `introspects`."""
        parts = self._split(judged)
        told = self._told(parts, judged)
        if parts.rest is None:
            return told
        operation = _operation_of(parts.rest)
        rest = judged._replace(tree=parts.rest, operation=operation)
        return _merged(parts.keys, told, await executor.execute(rest, context))

    def _split(self, judged: Judged) -> Parts:
        key = (id(judged.operation), id(judged.verdict))
        parts = self._parts.get(key)
        if parts is None:
            parts = self._parts[key] = self._new_parts(judged)
            if len(self._parts) > self._room:
                self._parts.popitem(last=False)
        self._parts.move_to_end(key)
        return parts

    def _new_parts(self, judged: Judged) -> Parts:
        root = cast("GraphQLObjectType", self._schema.query_type)
        fragments = {name: FragmentDetails(fragment) for name, fragment in judged.fragments().items()}
        grouped = collect_fields(self._schema, fragments, judged.variables, root, judged.operation).grouped_field_set
        nodes = {key: [detail.node for detail in details] for key, details in grouped.items()}
        asked = [node for same in nodes.values() for node in same if node.name.value in ROOTS]
        others = [node for same in nodes.values() for node in same if node.name.value not in ROOTS]
        names = dict(self._plain_variables(judged.operation))
        return Parts(
            operation=judged.operation,
            verdict=judged.verdict,
            keys=tuple(nodes),
            asked=_selecting(judged, asked, names.keys()),
            names=names,
            rest=_selecting(judged, others) if others else None,
        )

    def _plain_variables(self, operation: OperationDefinitionNode) -> Iterable[tuple[str, GraphQLNamedType]]:
        """The variables that introspection can use: it takes names and switches, never a type that a view may lack."""
        for definition in operation.variable_definitions or ():
            kind = get_named_type(type_from_ast(self._schema, definition.type))
            if kind is not None and is_specified_scalar_type(kind):
                yield definition.variable.name.value, kind

    def _told(self, parts: Parts, judged: Judged) -> ExecutionResult:
        """The view's answer; kept where no variable but a switch, whose value the verdict stands for, can change it."""
        if parts.told is not None:
            return parts.told
        values = {name: value for name, value in judged.values.items() if name in parts.names}
        view = self._views.schema(judged.verdict.view.role)
        told = execute_sync(view, parts.asked, variable_values=values, hide_suggestions=True)
        if all(kind is GraphQLBoolean for kind in parts.names.values()):
            parts.told = told
        return told


def _selecting(judged: Judged, nodes: list[FieldNode], names: Collection[str] | None = None) -> DocumentNode:
    """The document with one operation, which selects these root fields; the nodes stay those that were judged."""
    operation = judged.operation
    definitions = operation.variable_definitions or ()
    kept = [item for item in definitions if names is None or item.variable.name.value in names]
    made = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=tuple(kept),
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=tuple(nodes)),
        loc=operation.loc,
    )
    return DocumentNode(definitions=(made, *judged.fragments().values()), loc=judged.tree.loc)


def _operation_of(tree: DocumentNode) -> OperationDefinitionNode:
    return next(node for node in tree.definitions if isinstance(node, OperationDefinitionNode))


def _merged(keys: tuple[str, ...], told: ExecutionResult, rest: ExecutionResult) -> ExecutionResult:
    errors = [*(told.errors or ()), *(rest.errors or ())] or None
    if told.data is None or rest.data is None:
        return ExecutionResult(None, errors)
    both: Mapping[str, Any] = {**told.data, **rest.data}
    return ExecutionResult({key: both[key] for key in keys}, errors)


def introspects(selections: SelectionSetNode, tree: DocumentNode) -> bool:
    """Whether one of an operation's root fields may ask about the schema itself."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            if node.name.value in ROOTS:
                return True
        elif isinstance(node, InlineFragmentNode):
            if introspects(node.selection_set, tree):
                return True
        elif isinstance(node, FragmentSpreadNode) and introspects(_fragment(tree, node).selection_set, tree):
            return True
    return False


def _fragment(tree: DocumentNode, spread: FragmentSpreadNode) -> FragmentDefinitionNode:
    return next(
        node
        for node in tree.definitions
        if isinstance(node, FragmentDefinitionNode) and node.name.value == spread.name.value
    )
