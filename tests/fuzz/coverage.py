"""What a run of generated operations has touched, and what it must have touched to mean anything."""

from collections import Counter
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    get_named_type,
)

from schema.limits import _Pass
from tests.fuzz.ways import named, targets
from tests.rules.schema_walk import api, object_types

OFTEN = 5
DEEP = 6
DIRECTIVES = ("@include", "@skip")


class _Seen:
    """Notes the fields, arguments, input fields and directives of selections by their coordinates.

    A visitor of graphql-core's, with a type kept for each node, takes several times as long.
    """

    def __init__(self) -> None:
        self.coordinates: set[str] = set()

    def selections(self, parent: Any, within: SelectionSetNode) -> None:
        """What is selected on a type, and below it."""
        for node in within.selections:
            self.directives(node)
            if isinstance(node, FieldNode):
                self.field(parent, node)
            elif not isinstance(node, FragmentSpreadNode):
                on = node.type_condition  # type: ignore[attr-defined]
                self.selections(parent if on is None else named(on.name.value), node.selection_set)  # type: ignore[attr-defined]

    def field(self, parent: Any, node: FieldNode) -> None:
        """A field with its arguments, and what is selected of it."""
        name = node.name.value
        self.coordinates.add(f"{parent.name}.{name}")
        for argument in node.arguments or ():
            self.coordinates.add(f"{parent.name}.{name}({argument.name.value})")
            self.value(parent.fields[name].args[argument.name.value].type, argument.value)
        if node.selection_set is not None:
            self.selections(get_named_type(parent.fields[name].type), node.selection_set)

    def value(self, kind: Any, node: ValueNode | None) -> None:
        """The input fields of a value that is written out."""
        if isinstance(node, ListValueNode):
            for one in node.values or ():
                self.value(kind, one)
        elif isinstance(node, ObjectValueNode):
            found = get_named_type(kind)
            for field in node.fields or ():
                self.coordinates.add(f"{found.name}.{field.name.value}")
                self.value(found.fields[field.name.value].type, field.value)

    def directives(self, node: SelectionNode) -> None:
        """The directives of a selection."""
        self.coordinates.update(f"@{one.name.value}" for one in node.directives or ())


def coordinates(tree: DocumentNode) -> set[str]:
    """Everything that a document selects, gives and asks on a condition."""
    seen = _Seen()
    for definition in tree.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for variable in definition.variable_definitions or ():
                seen.value(_declared(variable.type), variable.default_value)
            seen.selections(named(definition.operation.value.capitalize()), definition.selection_set)
        elif isinstance(definition, FragmentDefinitionNode):
            seen.selections(named(definition.type_condition.name.value), definition.selection_set)
    return seen.coordinates


def _declared(node: Any) -> Any:
    """The type that a variable's declaration names, without lists and exclamation marks."""
    return _declared(node.type) if hasattr(node, "type") else api().type_map[node.name.value]


def input_fields(root: str) -> set[str]:
    """The fields of the inputs that the arguments below a root type take."""
    found: set[str] = set()
    waiting = [
        argument.type
        for kind in object_types()
        for field in kind.fields.values()
        for argument in field.args.values()
        if (kind.name == "Mutation") == (root == "Mutation")
    ]
    while waiting:
        kind = get_named_type(waiting.pop())
        if isinstance(kind, GraphQLInputObjectType):
            found |= {f"{kind.name}.{name}" for name in kind.fields}
            waiting += [field.type for field in kind.fields.values()]
    return found


class Coverage:
    """How often everything occurred in operations that were executed."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.callers: Counter[str] = Counter()
        self.operations = 0
        self.deep = 0
        self.with_errors = 0

    def add(self, tree: DocumentNode, caller: str, *, errors: bool) -> None:
        """Count an operation that was executed for a caller."""
        self.seen.update(coordinates(tree))
        self.callers[caller] += 1
        self.operations += 1
        self.deep += depth_of(tree) > DEEP
        self.with_errors += errors

    def missing(self, root: str, callers: list[str]) -> list[str]:
        """What occurred too seldom."""
        everything = (*targets(root), *input_fields(root), *DIRECTIVES)
        seldom = [one for one in everything if self.seen[one] < OFTEN]
        return seldom + [name for name in callers if self.callers[name] < OFTEN]

    def report(self, root: str) -> str:
        """The figures in a line."""
        rarest = min((self.seen[one], one) for one in targets(root))
        return (
            f"{self.operations} operations, {self.deep} of them deeper than {DEEP}, {self.with_errors} with errors; "
            f"{len(targets(root))} fields and arguments, the rarest {rarest[1]} {rarest[0]} times; "
            f"callers {dict(self.callers)}"
        )


def depth_of(tree: DocumentNode) -> int:
    """How deep the deepest operation is, as the limits measure it."""
    measured = _Pass(tree, frozenset())
    operations = [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]
    return max(measured.selection_set(node.selection_set).depth for node in operations)
