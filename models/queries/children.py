"""Plain lists and single values that hang on parents: one statement for all parents of a level."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true

from models.db import Reader
from models.entities.base import Columns, Entity
from models.queries.parents import (
    ANY_PARENT,
    ONE_PARENT,
    Parent,
    bind_parents,
    parents_of_an_account,
    parents_table,
)
from models.statements import Row, Statement

Conditions = Mapping[str, Callable[[], ColumnElement[bool]]]


@dataclass(frozen=True, eq=False)
class Children:
    """A list relation without pages. `on` joins the entity's rows to the parents, `order` sorts each parent's rows.

    `source` stands in for the entity's own where the join needs more tables; where a `lateral` one is worked out for
    each parent, it knows it by the name of their table. `conditions` are the optional filters by name; a statement is
    compiled once for each set of them.
    """

    name: str
    entity: Entity
    on: Callable[[Any], ColumnElement[bool]]
    order: Sequence[Any]
    source: Any = None
    conditions: Conditions | None = None
    lateral: bool = False

    async def fetch(
        self,
        reader: Reader,
        parents: Sequence[Parent],
        filters: Mapping[str, Any],
        values: Mapping[str, Any],
        columns: Columns = None,
    ) -> list[list[Row]]:
        """Each parent's rows. `filters` are values by the names of conditions; None leaves one out."""
        given = {name: value for name, value in filters.items() if value is not None}
        bound = {**values, **given, **bind_parents(parents)}
        names = tuple(sorted(given))
        if len(parents) == 1 and not self.lateral:
            return [await reader.rows(_alone(self, names, columns), bound)]
        one_account = len(bound["accounts_of_parents"]) == 1
        lists: list[list[Row]] = [[] for _ in parents]
        for row in await reader.rows(_statement(self, names, columns, one_account), bound):
            lists[row["parent_ordinal"] - 1].append(row)
        return lists

    def rows(self, columns: Columns, of: Any, given: Iterable[str], parents: Any = None) -> Select[Any]:
        """Selects the rows of a parent, or of the `parents` in a table, under conditions of these names."""
        source = self.entity.source if self.source is None else self.source
        hanging = self.on(of)
        shown, rows = self.entity.reading(columns, source if parents is None else parents.join(source, hanging))
        found = select(*shown).select_from(rows).where(*((self.conditions or {})[name]() for name in given))
        return found.where(hanging) if parents is None else found


@lru_cache(maxsize=256)
def _alone(children: Children, given: tuple[str, ...], columns: Columns) -> Statement:
    """The statement for one parent."""
    return Statement(children.rows(columns, ONE_PARENT, given).order_by(*children.order))


@lru_cache(maxsize=256)
def _statement(children: Children, given: tuple[str, ...], columns: Columns, one_account: bool) -> Statement:
    """The statement for parents of several accounts, or of one, whose value the planner knows: it then sees for itself
    whether to read all that the account has, or what hangs on each parent. Of several it is told the ids once more."""
    if one_account:
        parents: Any = parents_of_an_account()
        found = children.rows(columns, Parent(ONE_PARENT.account_id, parents.c.id), given, parents)
    else:
        parents = parents_table()
        found = children.rows(columns, parents.c, given, parents).where(children.on(ANY_PARENT))
    ordinal = parents.c.ordinal
    return Statement(found.add_columns(ordinal.label("parent_ordinal")).order_by(ordinal, *children.order))


@dataclass(frozen=True, eq=False)
class Totals:
    """One computed row for each parent, such as sums over what hangs on it. `query` selects it for a parent."""

    name: str
    query: Callable[[Any], Select[*tuple[Any, ...]]]

    async def fetch(self, reader: Reader, parents: Sequence[Parent], values: Mapping[str, Any]) -> list[Row | None]:
        """Each parent's row, None where the query gives none."""
        found: list[Row | None] = [None] * len(parents)
        for row in await reader.rows(_totals_statement(self), {**values, **bind_parents(parents)}):
            found[row["parent_ordinal"] - 1] = row
        return found


@lru_cache(maxsize=64)
def _totals_statement(totals: Totals) -> Statement:
    parents = parents_table()
    computed = totals.query(parents.c).correlate(parents).lateral("computed")
    return Statement(
        select(parents.c.ordinal.label("parent_ordinal"), *computed.c).select_from(parents.join(computed, true()))
    )
