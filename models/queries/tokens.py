"""From ids to what lists compare: the facets of products, keys and groups, found before the list is read.

The planner knows how often each facet occurs only if it is given as a value, so they are not looked up inside the
list's own statement.
"""

from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, bindparam, literal_column, select, union_all

from models import tables
from models.db import Reader
from models.entities.base import UUIDS
from models.queries.servers import ACTIVATION_KEY_FACETS
from models.statements import Statement

_product = tables.Product.__table__.c
_key = tables.ActivationKey.__table__.c
_group = tables.ServerGroup.__table__.c


@lru_cache(maxsize=1)
def _statement() -> Statement:
    accounts = any_(bindparam("accounts", type_=UUIDS))
    products = select(literal_column("'product_facets'").label("filter"), _product.number.label("facet")).where(
        _product.id == any_(bindparam("product_ids", type_=UUIDS))
    )
    families = select(literal_column("'family_facets'"), _product.number).where(
        _product.family == any_(bindparam("families", type_=ARRAY(Text())))
    )
    keys = select(literal_column("'key_facets'"), _key.number + literal_column(str(ACTIVATION_KEY_FACETS))).where(
        _key.account_id == accounts, _key.id == any_(bindparam("key_ids", type_=UUIDS))
    )
    groups = select(literal_column("'group_facets'"), -_group.number).where(
        _group.account_id == accounts, _group.id == any_(bindparam("group_ids", type_=UUIDS))
    )
    searched = select(
        literal_column("'searched_key_facets'"), _key.number + literal_column(str(ACTIVATION_KEY_FACETS))
    ).where(_key.account_id == accounts, _key.key == bindparam("searched_key", type_=Text()))
    return Statement(union_all(products, families, keys, groups, searched))


async def facets(
    reader: Reader,
    accounts: Sequence[UUID],
    *,
    product_ids: Sequence[UUID],
    families: Sequence[str],
    key_ids: Sequence[UUID],
    group_ids: Sequence[UUID],
    searched_key: str | None,
) -> dict[str, list[int]]:
    """The facets of these ids, by the names of the conditions that compare them; unknown ids have none."""
    rows = await reader.rows(
        _statement(),
        {
            "accounts": accounts,
            "product_ids": product_ids,
            "families": families,
            "key_ids": key_ids,
            "group_ids": group_ids,
            "searched_key": searched_key,
        },
    )
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["filter"], []).append(row["facet"])
    return found
