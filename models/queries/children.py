"""Plain lists and single values that hang on parents: one statement for all parents of a level."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true

from models.db import Reader
from models.entities.base import Columns, Entity
from models.queries.parents import (
    ANY_OF_AN_ACCOUNT,
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

    `source` stands in for the entity's own where the join needs more tables. `conditions` are the optional filters by
    name; a statement is compiled once for each set of them.
    """

    name: str
    entity: Entity
    on: Callable[[Any], ColumnElement[bool]]
    order: Sequence[Any]
    source: Any = None
    conditions: Conditions | None = None

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
        bound = bind_parents(parents)
        one_account = len(bound["accounts_of_parents"]) == 1
        statement = _statement(self, tuple(sorted(given)), columns, one_account)
        rows = await reader.rows(statement, {**values, **given, **bound})
        lists: list[list[Row]] = [[] for _ in parents]
        for row in rows:
            lists[row["parent_ordinal"] - 1].append(row)
        return lists


@lru_cache(maxsize=256)
def _statement(children: Children, given: tuple[str, ...], columns: Columns, one_account: bool) -> Statement:
    """The statement over parents of several accounts, or of one: to compare a thousand rows with a thousand parents'
    accounts takes a fifth of the time."""
    parents: Any = parents_of_an_account() if one_account else parents_table()
    parent, any_of_them = (
        (Parent(ONE_PARENT.account_id, parents.c.id), ANY_OF_AN_ACCOUNT) if one_account else (parents.c, ANY_PARENT)
    )
    source = children.entity.source if children.source is None else children.source
    conditions = children.conditions or {}
    shown, rows = children.entity.reading(columns, parents.join(source, children.on(parent)))
    return Statement(
        select(parents.c.ordinal.label("parent_ordinal"), *shown)
        .select_from(rows)
        .where(children.on(any_of_them), *(conditions[name]() for name in given))
        .order_by(parents.c.ordinal, *children.order)
    )


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
