"""Servers that seem to be one host: of the same name and address, under different machine ids."""

from typing import Any

from sqlalchemy import and_, literal_column, select, tuple_

from models import tables
from models.entities import SERVER
from models.queries.children import Children

_server = tables.Server.__table__
_newer = _server.alias("newer")
_first = SERVER.source


def first_of_the_same_host(newer: Any, column: str = "id") -> Any:
    """A column of the oldest server that was registered before another: one step in the index of hosts."""
    older = _server.alias("older")
    return (
        select(older.c[column])
        .where(
            older.c.account_id == newer.account_id,
            older.c.hostname == newer.hostname,
            older.c.ip == newer.ip,
            tuple_(older.c.registered_at, older.c.id) < tuple_(newer.registered_at, newer.id),
            older.c.machine_id.is_distinct_from(newer.machine_id),
        )
        .order_by(older.c.registered_at, older.c.id)
        .limit(literal_column("1"))
        .correlate_except(older)
        .scalar_subquery()
    )


DUPLICATE_OF_SERVER = Children(
    "duplicate_of_server",
    SERVER,
    source=_newer.join(_first, _first.c.id == first_of_the_same_host(_newer.c)),
    on=lambda parent: and_(_newer.c.id == parent.id, _newer.c.account_id == parent.account_id),
    order=(_newer.c.id,),
)
