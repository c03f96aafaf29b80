"""The stock executor, made to leave out what a verdict refuses: refused fields are null, their resolvers never run."""

from typing import Any

from graphql import ArgumentNode, FieldNode, ListValueNode, NameNode, StringValueNode
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path
from graphql.type import GraphQLObjectType, GraphQLResolveInfo
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from typing_extensions import override

from schema.guards.inputs import coerced_arguments
from schema.guards.verdicts import LIST, Cut, HiddenIds, Verdict


class GuardedExecutionContext(StrawberryGraphQLCoreExecutionContext):
    """Executes an operation as its verdict allows. The verdict's errors are the engine's to add: rows play no part."""

    def __init__(self, *args: Any, verdict: Verdict, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verdict = verdict

    @override
    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: list[FieldDetails],
        path: Path,
        position_context: Any,
    ) -> Any:
        """Resolve a field, or leave it null in its place."""
        node = field_details_list[0].node
        if self.verdict.refuses(parent_type.name, node):
            return None
        hidden = self.verdict.hidden(node)
        if hidden is not None:
            field_details_list = self._without_hidden_ids(parent_type, field_details_list, hidden)
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    @override
    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: list[FieldDetails],
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Show an object, unless an interface's field turned up one of a type that the caller may not see."""
        refusal = self.verdict.view.types.get(return_type.name)
        if refusal is not None:
            place = tuple(LIST if isinstance(key, int) else key for key in path.as_list())
            raise Cut(place, refusal, tuple(info.field_nodes)).error()
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def _without_hidden_ids(
        self, parent_type: GraphQLObjectType, details: list[FieldDetails], hidden: HiddenIds
    ) -> list[FieldDetails]:
        """The same field with empty ids in place of the hidden ones, so that they match nothing and no row is read."""
        first = details[0]
        field = parent_type.fields[first.node.name.value]
        argument = field.args[hidden.argument]
        values = coerced_arguments(field, first.node, self.variable_values)
        ids = values[argument.out_name or hidden.argument]
        shown = ["" if position in hidden.positions else text for position, text in enumerate(ids)]
        node = _with_ids(first.node, hidden.argument, shown)
        return [FieldDetails(node, first.defer_usage, first.fragment_variable_values), *details[1:]]


def _with_ids(node: FieldNode, name: str, ids: list[str]) -> FieldNode:
    listed = ListValueNode(values=tuple(StringValueNode(value=text) for text in ids))
    kept = tuple(argument for argument in node.arguments or () if argument.name.value != name)
    return FieldNode(
        alias=node.alias,
        name=node.name,
        arguments=(*kept, ArgumentNode(name=NameNode(value=name), value=listed)),
        directives=node.directives,
        selection_set=node.selection_set,
        loc=node.loc,
    )
