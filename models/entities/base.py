"""What a row of the API is: a table, its columns as the API prints them, and who can reach it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Uuid, bindparam, or_, select, true

from models import tables

ME = bindparam("me", type_=Uuid())
"""The caller's account."""

Columns = tuple[str, ...] | None
"""Names of the columns that a reader wants, in order; None for all."""

Reach = Callable[[Any], ColumnElement[bool]]


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

    def selected(self, names: Columns = None) -> list[ColumnElement[Any]]:
        """The columns of these names, all where none are named, each labelled by its name."""
        wanted = self.columns if names is None else names
        return [self.columns[name].label(name) for name in wanted]


UUIDS: ARRAY[Any] = ARRAY(Uuid())
