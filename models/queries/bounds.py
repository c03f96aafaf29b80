"""Where in an order a page may begin and end: the cursor's place, and the ranges that filters set on the same column.

An index scan starts at one bound alone. Were a filter's bound to stand beside the cursor's, PostgreSQL might start at
the filter's and read all rows up to the cursor; so the two are folded into one row comparison, the narrower of both.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, case, cast, func, literal_column, or_, true, tuple_
from sqlalchemy.types import TypeEngine

LEAST_ID = literal_column(f"'{UUID(int=0)}'::uuid", Uuid())
GREATEST_ID = literal_column(f"'{UUID(int=2**128 - 1)}'::uuid", Uuid())


class Bound(NamedTuple):
    """A column's lower bound, which it may equal, or its upper one, which it may equal if that is `inclusive`."""

    column: Any
    value: Any
    upper: bool = False
    inclusive: bool = False

    def clause(self) -> ColumnElement[bool]:
        """The comparison on its own."""
        if not self.upper:
            return self.column >= self.value  # type: ignore[no-any-return]
        return self.column <= self.value if self.inclusive else self.column < self.value  # type: ignore[no-any-return]


Condition = ColumnElement[bool] | Bound | list[list[Bound]]
"""A filter: a clause, a bound, or ranges of which a row must be in one."""


class Place(NamedTuple):
    """The statement's parameters for a cursor: a sort value and an id."""

    value: Any
    id: Any

    @classmethod
    def of(cls, end: str, sort_type: TypeEngine[Any]) -> "Place":
        """The place bound as `after` or `before`; its value travels as text."""
        value = cast(bindparam(f"{end}_value", type_=Text()), Text)
        typed = value if isinstance(sort_type, Text) else cast(value, sort_type)
        return cls(typed, bindparam(f"{end}_id", type_=Uuid()))

    def within(self, bound: Bound) -> "Place":
        """This place, or the bound where that is narrower; the bound's id stands before or behind all rows."""
        inside = self.value < bound.value if bound.upper else self.value >= bound.value
        if bound.upper and bound.inclusive:
            inside = self.value <= bound.value
        narrower = func.least if bound.upper else func.greatest
        beyond = GREATEST_ID if bound.upper and bound.inclusive else LEAST_ID
        return Place(narrower(self.value, bound.value), case((inside, self.id), else_=beyond))


def bounded(
    sort: Any, row_id: Any, bounds: Iterable[Bound], lower: Place | None, upper: Place | None
) -> list[ColumnElement[bool]]:
    """The comparisons for both cursors and all bounds, those on the sorted column folded into the cursors."""
    clauses: list[ColumnElement[bool]] = []
    for bound in bounds:
        cursor = upper if bound.upper else lower
        if bound.column is not sort or cursor is None:
            clauses.append(bound.clause())
        elif bound.upper:
            upper = cursor.within(bound)
        else:
            lower = cursor.within(bound)
    row = tuple_(sort, row_id)
    if lower is not None:
        clauses.append(row > tuple_(*lower))
    if upper is not None:
        clauses.append(row < tuple_(*upper))
    return clauses


def sorted_out(
    conditions: Sequence[Condition], *, at_once: bool = False
) -> tuple[list[ColumnElement[bool]], list[Bound], list[list[Bound]]]:
    """The conditions by kind; where there are no ranges, a single one without bounds.

    All ranges `at_once` are a clause as others are: each by itself is read in its own way, and this pays for many rows.
    """
    bounds = [condition for condition in conditions if isinstance(condition, Bound)]
    ranges = [range_ for condition in conditions if isinstance(condition, list) for range_ in condition]
    plain = [condition for condition in conditions if not isinstance(condition, Bound | list)]
    if at_once and ranges:
        plain, ranges = [*plain, in_one_of(ranges)], []
    return plain, bounds, ranges or [[]]


def in_one_of(ranges: Sequence[Sequence[Bound]]) -> ColumnElement[bool]:
    """The clause that a row is in one of the ranges."""
    return or_(*(and_(true(), *(bound.clause() for bound in range_)) for range_ in ranges))
