"""Faults put into the database's answers: a relation that fails or never ends, a column that is null."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from models.db import Reader
from models.entities.base import Entity
from models.queries import lookups
from models.queries.children import Children, Totals
from models.queries.pages import Pages
from models.statements import Statement
from schema import kinds
from schema.kinds import KIND
from schema.paging import Paged
from tests.rules.schema_walk import object_types

KEPT = frozenset({"id", "account_id", "parent_ordinal", "sort_value", "total", "registration_id"})
"""Columns that statements are put together by; no answer shows them as they are, and none is ever null."""


LONG = 120
"""Seconds that no test waits for."""

SLEEPING = """
SELECT FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'
"""


class Broken(Exception):
    """What a broken relation raises."""


def relation_of(kind: Any) -> str | None:
    """The name of the relation behind a field of a kind; look-ups are named after what they find."""
    match kind:
        case kinds.Lookup(entity, _):
            return f"by id: {entity.name}"
        case kinds.Listed(query, _, _) | kinds.Computed(query, _, _) | Paged(query, _):
            return str(query.name)
    return None


def relations() -> dict[str, str]:
    """The relation behind each field that has one, by the field's coordinate."""
    found = {
        f"{kind.name}.{name}": relation_of(field.extensions["strawberry-definition"].metadata.get(KIND))
        for kind in object_types()
        for name, field in kind.fields.items()
    }
    return {coordinate: name for coordinate, name in found.items() if name is not None}


def columns() -> dict[str, str]:
    """The column behind each field that is one, or that is found by one, by the field's coordinate."""
    found: dict[str, str] = {}
    for kind in object_types():
        for name, field in kind.fields.items():
            made = field.extensions["strawberry-definition"]
            match made.metadata.get(KIND):
                case kinds.Column(column, _):
                    found[f"{kind.name}.{name}"] = column or made.python_name
                case kinds.Lookup(_, key):
                    found[f"{kind.name}.{name}"] = key
    return {coordinate: column for coordinate, column in found.items() if column not in KEPT}


class Fault:
    """What happens where a relation is fetched, and how often it has. By itself, it raises."""

    def __init__(self, relation: str) -> None:
        self.relation = relation
        self.met = 0

    async def strike(self, reader: Reader, relation: str) -> None:
        """Happen, where the relation is the one."""
        if relation == self.relation:
            self.met += 1
            await self.happen(reader)

    async def happen(self, _reader: Reader) -> None:
        """Raise."""
        raise Broken(self.relation)


class Endless(Fault):
    """A relation whose statement does not end."""

    async def happen(self, reader: Reader) -> None:
        """Send a statement that nobody will see the end of."""
        await reader.fetch(f"SELECT pg_sleep({LONG})")


class Late(Fault):
    """A relation that fails once an endless statement has begun."""

    async def happen(self, reader: Reader) -> None:
        """Wait for the other, and raise."""
        await until_sleeping(reader)
        await super().happen(reader)


async def sleeping(reader: Reader) -> bool:
    """Whether the database is at work on an endless statement."""
    return bool(await reader.fetch(SLEEPING))


async def until_sleeping(reader: Reader) -> None:
    """Wait until the database has begun an endless statement: a stop that comes before goes unheard."""
    while not await sleeping(reader):  # noqa: ASYNC110 (the database tells nobody)
        await asyncio.sleep(0.01)


@contextmanager
def relation_with(fault: Fault) -> Iterator[None]:
    """While this lasts, the fault strikes before whatever is fetched for its relation."""
    children, totals, pages, count, find = Children.fetch, Totals.fetch, Pages.fetch, Pages.count, lookups.find

    async def of_children(query: Children, reader: Reader, *rest: Any) -> Any:
        await fault.strike(reader, query.name)
        return await children(query, reader, *rest)

    async def of_totals(query: Totals, reader: Reader, *rest: Any) -> Any:
        await fault.strike(reader, query.name)
        return await totals(query, reader, *rest)

    async def of_pages(query: Pages, reader: Reader, *rest: Any) -> Any:
        await fault.strike(reader, query.name)
        return await pages(query, reader, *rest)

    async def of_count(query: Pages, reader: Reader, *rest: Any) -> Any:
        await fault.strike(reader, f"count: {query.name}")
        return await count(query, reader, *rest)

    async def of_lookups(reader: Reader, entity: Entity, *rest: Any) -> Any:
        await fault.strike(reader, f"by id: {entity.name}")
        return await find(reader, entity, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Children, "fetch", of_children)
        patch.setattr(Totals, "fetch", of_totals)
        patch.setattr(Pages, "fetch", of_pages)
        patch.setattr(Pages, "count", of_count)
        patch.setattr(lookups, "find", of_lookups)
        yield


@contextmanager
def nulls_in(column: str) -> Iterator[list[str]]:
    """While this lasts, a column is null in every row, wherever it is read; the names it was met under are listed."""
    whole, met = Reader.rows, []

    async def rows(reader: Reader, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        found: list[Any] = await whole(reader, statement, values)
        return [without(dict(row)) for row in found]

    def matches(name: str) -> bool:
        return name == column or (name.endswith(f"_{column}") and name not in KEPT)

    def without(row: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in row if matches(name.removesuffix(".present").rpartition(".")[2])]
        met.extend(named)
        return row | dict.fromkeys(named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "rows", rows)
        yield met
