"""Rows by id, as far as the caller reaches them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, select

from models.db import Reader
from models.entities.base import UUIDS, Columns, Entity
from models.statements import Row, Statement


@lru_cache(maxsize=256)
def lookup(entity: Entity, columns: Columns = None) -> Statement:
    """The statement that finds rows of the entity by their ids. The id must be among the columns."""
    source = entity.source.c
    wanted = source.id == any_(bindparam("ids", type_=UUIDS))
    shown, rows = entity.reading(columns, entity.source)
    return Statement(select(*shown).select_from(rows).where(wanted, entity.reach(source)))


async def find(
    reader: Reader, entity: Entity, ids: Sequence[UUID], values: Mapping[str, Any], columns: Columns = None
) -> list[Row | None]:
    """The row of each id, in their order; None where there is none that the caller reaches."""
    rows = await reader.rows(lookup(entity, columns), {**values, "ids": list(ids)})
    found = {row["id"]: row for row in rows}
    return [found.get(id_) for id_ in ids]
