"""Rows by id, as far as the caller reaches them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, select

from models.db import Reader
from models.entities.base import UUIDS, Entity
from models.statements import Row, Statement


@lru_cache(maxsize=256)
def lookup(entity: Entity) -> Statement:
    """The statement that finds rows of the entity by their ids."""
    columns = entity.source.c
    wanted = columns.id == any_(bindparam("ids", type_=UUIDS))
    return Statement(select(*entity.selected()).where(wanted, entity.reach(columns)))


async def find(reader: Reader, entity: Entity, ids: Sequence[UUID], values: Mapping[str, Any]) -> list[Row | None]:
    """The row of each id, in their order; None where there is none that the caller reaches."""
    rows = await reader.rows(lookup(entity), {**values, "ids": list(ids)})
    found = {row["id"]: row for row in rows}
    return [found.get(id_) for id_ in ids]
