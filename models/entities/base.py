"""What a row of the API is: a table, its columns as the API prints them, and who can reach it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, ColumnElement, FromClause, Uuid, bindparam, or_, select, true

from models import tables

ME = bindparam("me", type_=Uuid())
"""The caller's account."""

ACCOUNT_ID = "account_id"
"""The column of a tenant's rows that has the id of the account they belong to."""

PRESENT = "present"
"""What is true of a row that stands beside another, and null where there is none: an id would cost more to read."""

FOUND_BY = "found_by"
"""The id that such a row is joined by; not shown."""


class Beside(NamedTuple):
    """A column of another entity's row, which stands beside a row that has its id in the column `key`."""

    key: str
    entity: "Entity"
    name: str

    @property
    def label(self) -> str:
        """The name under which it is read."""
        return f"{beside(self.key, self.entity)}{self.name}"


def beside(key: str, entity: "Entity") -> str:
    """What the names of an entity's columns begin with in the rows that name it: one id may name two kinds of rows."""
    return f"{entity.name}.{key}."


Columns = tuple[str | Beside, ...] | None
"""The columns that a reader wants, in order: the names of a row's own, and those beside it; None for all of its own."""

Reach = Callable[[Any], ColumnElement[bool]]


def labels(columns: Iterable[str | Beside]) -> tuple[str, ...]:
    """The names under which columns are read."""
    return tuple(column if isinstance(column, str) else column.label for column in columns)


def everyone(_columns: Any) -> ColumnElement[bool]:
    """The catalogue: the same for all accounts."""
    return true()


def own_account(columns: Any) -> ColumnElement[bool]:
    """Rows of the caller's own account alone."""
    found: ColumnElement[bool] = columns.account_id == ME
    return found


def customer_account(columns: Any) -> ColumnElement[bool]:
    """Rows of the accounts that the caller resells to."""
    accounts = tables.Account.__table__.c
    found: ColumnElement[bool] = columns.account_id.in_(select(accounts.id).where(accounts.reseller_id == ME))
    return found


def own_or_customer_account(columns: Any) -> ColumnElement[bool]:
    """Rows of the caller's account and of its customers'."""
    return or_(own_account(columns), customer_account(columns))


@dataclass(frozen=True, eq=False)
class Entity:
    """One kind of row.

    `name` is its GraphQL type, `source` the table or subquery it is read from. `columns` are expressions over the
    source under the names by which fields read them. `reach` says which rows a caller can find by id; whatever it
    leaves out does not exist for that caller.
    """

    name: str
    source: Any
    columns: Mapping[str, Any]
    reach: Reach = own_or_customer_account
    key: str = field(default="id")

    def selected(self, names: Iterable[str] | None = None) -> list[ColumnElement[Any]]:
        """The columns of these names, all where none are named, each labelled by its name."""
        wanted = self.columns if names is None else names
        return [self.columns[name].label(name) for name in wanted]

    def readable(self, wanted: Iterable[str | Beside]) -> tuple[str | Beside, ...]:
        """Those of the wanted columns that a statement can select, in a fixed order."""
        selected = [column for column in wanted if isinstance(column, Beside) or column in self.columns]
        known = dict(zip(labels(selected), selected, strict=True))
        return tuple(known[label] for label in sorted(known))

    def reading(
        self, columns: Columns, rows: FromClause, account: Any = None
    ) -> tuple[list[ColumnElement[Any]], FromClause]:
        """What selects the columns, and the rows joined to those that stand beside them, as far as they are reached.

        `account` is whose the rows are, any of several maybe, where that is known.
        """
        if columns is None:
            return self.selected(), rows
        shown = self.selected(column for column in columns if isinstance(column, str))
        wanted: dict[tuple[str, Entity], list[str]] = {}
        for column in columns:
            if isinstance(column, Beside):
                wanted.setdefault((column.key, column.entity), []).append(column.name)
        for (key, other), names in wanted.items():
            there = (true().label(PRESENT), other.source.c.id.label(FOUND_BY))
            found = select(*other.selected(name for name in names if name != PRESENT), *there)
            reached = found.where(self._reaching(other, account)).subquery(f"{other.name}_by_{key}")
            rows = rows.outerjoin(reached, reached.c[FOUND_BY] == self.columns[key])
            shown += [reached.c[name].label(Beside(key, other, name).label) for name in names]
        return shown, rows

    def _reaching(self, other: "Entity", account: Any) -> ColumnElement[bool]:
        """Which of the other's rows may stand beside ours: what a tenant's row names is of the same account."""
        columns = other.source.c
        if account is None or other.reach is not own_or_customer_account:
            return other.reach(columns)
        owned: ColumnElement[bool] = columns.account_id == account
        return owned


UUIDS: ARRAY[Any] = ARRAY(Uuid())
