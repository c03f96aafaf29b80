"""Makes a failing operation smaller, one selection, argument or directive after another, as long as it still fails."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from tests.fuzz.making import Operation

TRIES = 400
REMOVABLE = (FieldNode, InlineFragmentNode, FragmentSpreadNode, ArgumentNode, DirectiveNode)


class _Removal(Visitor):
    """Removes the node of a number, counted from the outside in."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def enter(self, node: Node, *_: Any) -> Any:
        """Count, and remove."""
        if isinstance(node, REMOVABLE):
            self.left -= 1
            if self.left == -1:
                return self.REMOVE
        return self.IDLE


class _Names(Visitor):
    """Gathers the fragments that are spread and the variables that are used."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.found.add(node.name.value)

    def enter_variable_definition(self, _node: VariableDefinitionNode, *_: Any) -> Any:
        return self.SKIP

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.found.add(f"${node.name.value}")


class _Tidy(Visitor):
    """Removes fragments and variables that nothing uses any more."""

    def __init__(self, used: set[str]) -> None:
        super().__init__()
        self.used = used

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> Any:
        return self.IDLE if node.name.value in self.used else self.REMOVE

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> Any:
        return self.IDLE if f"${node.variable.name.value}" in self.used else self.REMOVE


async def minimised(operation: Operation, fails: Callable[[Operation], Awaitable[bool]]) -> Operation:
    """The smallest operation found that fails, too."""
    number = tries = 0
    while tries < TRIES:
        tries += 1
        removal = _Removal(number)
        tree: DocumentNode = visit(parse(operation.text), removal)
        if removal.left >= 0:
            break
        smaller = replace(operation, text=print_ast(_tidied(_only(tree, operation.name))))
        if await fails(smaller):
            operation = smaller
        else:
            number += 1
    return operation


def _only(tree: DocumentNode, name: str | None) -> DocumentNode:
    """The document without the operations that were not asked for."""
    kept = [
        node
        for node in tree.definitions
        if not isinstance(node, OperationDefinitionNode) or name is None or (node.name and node.name.value == name)
    ]
    return DocumentNode(definitions=tuple(kept))


def _tidied(tree: DocumentNode) -> DocumentNode:
    while True:
        names = _Names()
        visit(tree, names)
        tidy: DocumentNode = visit(tree, _Tidy(names.found))
        if tidy is tree:
            return tree
        tree = tidy
