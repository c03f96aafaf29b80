"""From ids to what lists compare: the facets of products, keys and groups, found before the list is read.

The planner knows how often each facet occurs only if it is given as a value, so they are not looked up inside the
list's own statement.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Integer, Select, Text, any_, bindparam, func, literal_column, select, union_all

from models import tables
from models.db import Reader
from models.entities.base import UUIDS
from models.queries.server_filters import ACTIVATION_KEY_FACETS
from models.statements import Row, Statement

_product = tables.Product.__table__.c
_key = tables.ActivationKey.__table__.c
_group = tables.ServerGroup.__table__.c

PRODUCTS, FAMILIES, KEYS, GROUPS = "product_facets", "family_facets", "key_facets", "group_facets"
SEARCHED = "searched_key_facets"
"""The condition on the keys that a search finds."""


@dataclass(frozen=True)
class Wanted:
    """What a filter names: ids and families, a key given whole, and a pattern for keys."""

    product_ids: Sequence[UUID] = ()
    families: Sequence[str] = ()
    key_ids: Sequence[UUID] = ()
    group_ids: Sequence[UUID] = ()
    key: str | None = None
    key_pattern: str | None = None


class Known:
    """What was found, by the names of the conditions that compare it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            self._rows[row["filter"]].append(row)

    def facets(self, name: str) -> list[int]:
        """The facets under a name."""
        return [row["facet"] for row in self._rows[name]]

    def group_sorts(self) -> list[str]:
        """The groups' names as the list is sorted by them."""
        return [row["name"] for row in self._rows[GROUPS]]

    def products_of_keys(self) -> set[int]:
        """The facets of the products of the keys that were asked for."""
        return {row["product"] for row in self._rows[KEYS]}

    def limits_of_keys(self) -> set[bool]:
        """Whether those keys have limits of their own."""
        return {row["limited"] for row in self._rows[KEYS]}


def _found(name: str, facet: Any, text: Any = None, product: Any = None, limited: Any = None) -> Select[Any]:
    return select(
        literal_column(f"'{name}'").label("filter"),
        facet.label("facet"),
        (literal_column("NULL::text", Text()) if text is None else text).label("name"),
        (literal_column("NULL::integer", Integer()) if product is None else product).label("product"),
        (literal_column("NULL::boolean", Boolean()) if limited is None else limited).label("limited"),
    )


def _branches() -> dict[str, Select[Any]]:
    """What is found of each thing that a filter names, by its name in `Wanted`."""
    accounts = any_(bindparam("accounts", type_=UUIDS))
    key = _key.number + literal_column(str(ACTIVATION_KEY_FACETS))
    pattern = func.lower(bindparam("key_pattern", type_=Text()))
    return {
        "product_ids": _found(PRODUCTS, _product.number).where(
            _product.id == any_(bindparam("product_ids", type_=UUIDS))
        ),
        "families": _found(FAMILIES, _product.number).where(
            _product.family == any_(bindparam("families", type_=ARRAY(Text())))
        ),
        "key_ids": _found(KEYS, key, None, _product.number, _key.seat_limit.is_not(None)).where(
            _key.account_id == accounts,
            _key.id == any_(bindparam("key_ids", type_=UUIDS)),
            _product.id == _key.product_id,
        ),
        "group_ids": _found(GROUPS, -_group.number, func.lower(_group.name)).where(
            _group.account_id == accounts, _group.id == any_(bindparam("group_ids", type_=UUIDS))
        ),
        "key": _found(SEARCHED, key).where(_key.account_id == accounts, _key.key == bindparam("key", type_=Text())),
        "key_pattern": _found(SEARCHED, key).where(_key.account_id == accounts, func.lower(_key.key).like(pattern)),
    }


@lru_cache(maxsize=64)
def _statement(names: tuple[str, ...]) -> Statement:
    """The statement that finds these: planning branches that nothing is looked for in takes longer than the rest."""
    branches = _branches()
    return Statement(union_all(*(branches[name] for name in names)))


async def facets(reader: Reader, accounts: Sequence[UUID], wanted: Wanted) -> Known:
    """What is known in these accounts of what a filter names; of unknown ids, nothing."""
    given = {field.name: value for field in fields(Wanted) if (value := getattr(wanted, field.name))}
    if not given:
        return Known([])
    return Known(await reader.rows(_statement(tuple(given)), {"accounts": accounts, **given}))
