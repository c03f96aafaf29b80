"""Other ways to a list than its own: through a table that keeps what it compares, or through another list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.db import Reader
from models.queries.pages import Filters, Order, Pages
from models.queries.parents import Parent
from models.statements import Statement


@dataclass(frozen=True, eq=False)
class Through:
    """The way through another table that keeps what the list compares, for some orders and filters by name."""

    pages: Pages
    names: frozenset[str]

    def serves(self, parents: Sequence[Parent], order: Order, filters: Filters) -> bool:  # noqa: ARG002 (any parents)
        """Whether the order or one of the filters is that table's own."""
        return not self.names.isdisjoint({order.name, *filters.names})

    async def narrowed(self, reader: Reader, parents: Sequence[Parent], filters: Filters) -> Filters:  # noqa: ARG002
        """The filters as they are."""
        return filters


@dataclass(frozen=True, eq=False)
class Alone:
    """The way to one parent's list through another list, which has the parent as a filter.

    It costs a statement that finds the parent's `scope` (no row where there is no such parent), so it serves where it
    pays: with a filter or under another order than the default, but not where the `unless` names have it that the
    relation alone knows the answer. Of the filters, those are dropped that the scope implies, by the columns that
    `implies` compares them with: the planner would count on both. Of those in `rivals`, values go that no row of the
    scope can have.
    """

    pages: Pages
    scope: Statement
    names: tuple[str, ...]
    implies: Mapping[str, str]
    rivals: str
    unless: frozenset[str] = frozenset()

    def serves(self, parents: Sequence[Parent], order: Order, filters: Filters) -> bool:
        """Whether to go this way."""
        plain = not filters.names and order.name == self.pages.default.name
        return len(parents) == 1 and not plain and self.unless.isdisjoint({order.name, *filters.names})

    async def narrowed(self, reader: Reader, parents: Sequence[Parent], filters: Filters) -> Filters:
        """The filters with the parent as one more."""
        (parent,) = parents
        asked = filters.values.get(self.rivals, ())
        rows = await reader.rows(self.scope, {"account": parent.account_id, "parent": parent.id, "asked": asked})
        if not rows:
            return Filters(("nothing",), {})
        (row,) = rows
        implied = {
            name for name, column in self.implies.items() if set(row[column]) & set(filters.values.get(name, ()))
        }
        names = {*filters.names, "scope"} - implied
        values = {**filters.values, **{name: row[name] for name in self.names}}
        if self.rivals in names:
            values[self.rivals] = [value for value in asked if value not in row["rivals"]]
            names |= set() if values[self.rivals] else {"nothing"}
        return Filters(tuple(sorted(names)), values)
