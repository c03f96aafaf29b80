"""The parents of a level as a table, so that one statement serves them all."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, column, func

from models.entities.base import UUIDS


class Parent(NamedTuple):
    """A row that children hang on: the account it belongs to (None in the catalogue) and its id."""

    account_id: UUID | None
    id: UUID


def parents_table() -> Any:
    """`unnest(accounts, ids) with ordinality` as columns account_id, id and ordinal."""
    arrays = func.unnest(bindparam("parent_accounts", type_=UUIDS), bindparam("parent_ids", type_=UUIDS))
    columns = (column("account_id", Uuid()), column("id", Uuid()))
    return arrays.table_valued(*columns, with_ordinality="ordinal").render_derived(name="parent")


def parents_of_an_account() -> Any:
    """`unnest(ids) with ordinality` as columns id and ordinal, where all parents are of one account."""
    ids = func.unnest(bindparam("parent_ids", type_=UUIDS))
    return ids.table_valued(column("id", Uuid()), with_ordinality="ordinal").render_derived(name="parent")


ONE_PARENT = Parent(bindparam("parent_account", type_=Uuid()), bindparam("parent_id", type_=Uuid()))  # type: ignore[arg-type]
"""A parent that is alone, as parameters: of these the planner knows the values, and so how much hangs on them."""

ANY_PARENT = Parent(any_(bindparam("accounts_of_parents", type_=UUIDS)), any_(bindparam("parent_ids", type_=UUIDS)))  # type: ignore[arg-type]
"""Any of the parents, to compare columns with: of a table of parents the planner knows neither length nor values."""


def bind_parents(parents: Sequence[Parent]) -> dict[str, Any]:
    """The values that `parents_table` and `ONE_PARENT` ask for."""
    return {
        "parent_account": parents[0].account_id,
        "parent_id": parents[0].id,
        "parent_accounts": [parent.account_id for parent in parents],
        "parent_ids": [parent.id for parent in parents],
        "accounts_of_parents": list({parent.account_id for parent in parents}),
    }
