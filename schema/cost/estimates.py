"""What an operation can cost, as a tree of its selections in which only the sizes of lists are still open.

It is made once for an operation and a verdict, which stands for the caller's role and all conditions' values. Only what
can cost something stands in it, and selection sets that fragments share stand in it once, and are summed up once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql.execution.values import VariableValues

from schema.cost.sizes import Size
from schema.cost.weights import Given

NO_VARIABLES = VariableValues({}, {})


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a selection: how often it returns something, and what that may be.

    `leaf` is the weight of a leaf, and `kinds` are the objects that an element may be, of which the dearest counts.
    """

    key: str
    weight: int
    given: Given | None
    size: Size
    leaf: int
    kinds: "tuple[Selection, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """An object of one type, with what is selected of it."""

    weight: int
    fields: tuple[Field, ...]


class Estimate:
    """The cost of one operation under one verdict."""

    def __init__(self, root: Selection) -> None:
        self.root = root
        self._fixed = None if _varies(root, set()) else _requested(root, NO_VARIABLES, {})

    def requested(self, variables: VariableValues) -> int:
        """What the operation may cost at most, if plain lists have their usual sizes."""
        return _requested(self.root, variables, {}) if self._fixed is None else self._fixed

    def actual(self, data: Mapping[str, Any] | None, variables: VariableValues) -> int:
        """What the objects in the answer cost."""
        return 0 if data is None else _actual(self.root, data, variables)


def _varies(selection: Selection, seen: set[int]) -> bool:
    """Whether any cost in a selection depends on variables."""
    if id(selection) in seen:
        return False
    seen.add(id(selection))
    return any(
        field.given is not None or field.size.varies or any(_varies(kind, seen) for kind in field.kinds)
        for field in selection.fields
    )


def _requested(selection: Selection, variables: VariableValues, known: dict[int, int]) -> int:
    found = known.get(id(selection))
    if found is None:
        found = selection.weight
        for field in selection.fields:
            element = max((_requested(kind, variables, known) for kind in field.kinds), default=field.leaf)
            found += _own(field, variables) + element * field.size.of(variables)
        known[id(selection)] = found
    return found


def _actual(selection: Selection, value: Mapping[str, Any], variables: VariableValues) -> int:
    total = selection.weight
    for field in selection.fields:
        if field.key in value:
            total += _own(field, variables) + _returned(field, value[field.key], variables)
    return total


def _returned(field: Field, value: Any, variables: VariableValues) -> int:
    if value is None:
        return 0
    if isinstance(value, list):
        return sum(_returned(field, item, variables) for item in value)
    return max((_actual(kind, value, variables) for kind in field.kinds), default=field.leaf)


def _own(field: Field, variables: VariableValues) -> int:
    return field.weight if field.given is None else field.weight + field.given(variables)
