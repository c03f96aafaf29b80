"""What the picture of a report shows: sums over its rows, not the rows."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Uuid, bindparam, func, select

from models import tables
from models.columns import decimal_text, server_state
from models.db import Reader
from models.entities.servers import AT
from models.queries.bounds import sorted_out
from models.queries.pages import Filters
from models.queries.reports import ACCOUNT, COST_ROWS, COSTS_IN_REPORT
from models.queries.server_filters import conditions
from models.statements import Row, Statement

_check_in = tables.ServerCheckIn.__table__
_seen = conditions(_check_in.c, _check_in.c.server_id, _check_in.c.registered_at, _check_in.c.last_check_in_sort)
_account: Any = bindparam(ACCOUNT, type_=Uuid())


@lru_cache(maxsize=8)
def _states(names: tuple[str, ...]) -> Statement:
    state = server_state(_check_in.c.last_check_in_sort, AT)
    plain, bounds, _ = sorted_out([_seen[name]() for name in names])
    return Statement(
        select(state.label("state"), func.count().label("servers"))
        .where(_check_in.c.account_id == _account, *plain, *(bound.clause() for bound in bounds))
        .group_by(state)
    )


@lru_cache(maxsize=8)
def _months(names: tuple[str, ...]) -> Statement:
    costs = COST_ROWS.c
    plain, _, _ = sorted_out(COSTS_IN_REPORT.chosen(names))
    total = func.sum(costs.amount_minor)
    return Statement(
        select(
            func.to_char(costs.month, "YYYY-MM").label("month"),
            costs.currency,
            total.label("minor"),
            decimal_text(total, costs.currency).label("amount"),
        )
        .where(costs.account_id == _account, *plain)
        .group_by(costs.month, costs.currency)
        .order_by(costs.month, costs.currency)
    )


async def servers_by_state(reader: Reader, filters: Filters, values: Mapping[str, Any]) -> Sequence[Row]:
    """How many of the report's servers are in each state."""
    return await reader.rows(_states(filters.names), {**values, **filters.values})


async def costs_by_month(reader: Reader, filters: Filters, values: Mapping[str, Any]) -> Sequence[Row]:
    """What was billed in each month, as an amount and in minor units."""
    return await reader.rows(_months(filters.names), {**values, **filters.values})
