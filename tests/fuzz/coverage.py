"""What a run of generated operations has touched, and what it must have touched to mean anything."""

from collections import Counter

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLInputObjectType,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    visit,
)

from schema.limits import _Pass
from tests.fuzz.ways import targets
from tests.rules.schema_walk import api, object_types

OFTEN = 5
DEEP = 6
DIRECTIVES = ("@include", "@skip")


class _Seen(Visitor):
    """Notes the fields, arguments, input fields and directives of a document by their coordinates."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.coordinates: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self.info.get_parent_type()
        self.coordinates.add(f"{parent.name if parent else ''}.{node.name.value}")

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        parent, found = self.info.get_parent_type(), self.info.get_field_def()
        if self.info.get_directive() is None and parent is not None and found is not None:
            field = next(name for name, one in parent.fields.items() if one is found)  # type: ignore[union-attr]
            self.coordinates.add(f"{parent.name}.{field}({node.name.value})")

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        kind = self.info.get_parent_input_type()
        self.coordinates.add(f"{get_named_type(kind).name if kind else ''}.{node.name.value}")

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        self.coordinates.add(f"@{node.name.value}")


def coordinates(tree: DocumentNode) -> set[str]:
    """Everything that a document selects, gives and asks on a condition."""
    info = TypeInfo(api())
    seen = _Seen(info)
    visit(tree, TypeInfoVisitor(info, seen))
    return seen.coordinates


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
