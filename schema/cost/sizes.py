"""How long a list counts as: what its slicing arguments ask for, or its usual size."""

from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, IntValueNode, ListValueNode, NullValueNode, ValueNode, VariableNode
from graphql.execution.values import VariableValues

from schema.directives import ListSize


@dataclass(frozen=True, slots=True)
class Size:
    """The size of one list of an operation.

    `hidden` is how many of its elements are refused and never read. More than `most` the list itself refuses, in words
    of its own, before it reads anything: such a request is charged the most, so that it gets as far.
    """

    assumed: int = 1
    slices: tuple[ValueNode, ...] = ()
    hidden: int = 0
    most: int | None = None

    @property
    def varies(self) -> bool:
        """Whether it depends on variables."""
        return any(isinstance(node, VariableNode) for node in self.slices)

    def of(self, variables: VariableValues) -> int:
        """The size with these variables: of several slicing arguments the greatest counts."""
        given = [size for node in self.slices if (size := _size(node, variables)) is not None]
        size = max(0, max(given, default=self.assumed) - self.hidden)
        return size if self.most is None else min(size, self.most)


ONE = Size()
"""A field that is no list, or a list of leaves that weigh nothing."""


def size_of(said: ListSize, node: FieldNode, hidden: int = 0, most: int | None = None) -> Size:
    """The size of a field's list, as the schema and the operation have it."""
    names = said.slicing_arguments or ()
    slices = (argument.value for argument in node.arguments or () if argument.name.value in names)
    return Size(said.assumed_size or 1, tuple(slices), hidden, most)


def _size(node: ValueNode, variables: VariableValues) -> int | None:
    """The size that an argument asks for: a number, or the length of a list; None where it is null or left out."""
    if isinstance(node, VariableNode):
        return _length(variables.coerced.get(node.name.value))
    if isinstance(node, IntValueNode):
        return int(node.value)
    if isinstance(node, ListValueNode):
        return len(node.values)
    return None if isinstance(node, NullValueNode) else 1


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else value
