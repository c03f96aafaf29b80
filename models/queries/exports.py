"""The server list as a whole: one statement, whose rows come in the list's order with all that a table shows of each.

It is put together from the list's own conditions and orders, and read from a cursor: nobody holds all of it.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, Uuid, and_, asc, bindparam, desc, func, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from models.entities import ACTIVATION_KEY, INSTALLED_PRODUCT, LICENSE_TYPE, PRODUCT, SERVER, SERVER_GROUP
from models.queries.bounds import sorted_out
from models.queries.pages import Order, Pages
from models.statements import Statement

ACCOUNT = "account"
"""The bind parameter that holds the account whose list it is."""

COLUMNS = (
    "id",
    "hostname",
    "ip",
    "registered_at",
    "last_check_in",
    "state",
    "group",
    "products",
    "license_types",
    "activation_keys",
    "versions",
)
"""What each row has. The last four are lists of one length, an entry for each registration, the oldest first."""


class _Account(NamedTuple):
    """The account as the parent of its own list."""

    account_id: Any
    id: Any


@lru_cache(maxsize=512)
def export_statement(pages: Pages, names: tuple[str, ...], order: Order, *, whole_keys: bool) -> Statement:
    """The statement of one shape of export: the list under these conditions, its keys whole or masked."""
    direction: Callable[[Any], Any] = desc if order.descending else asc
    found = _found(pages, names, order).subquery("found")
    server, group = SERVER.source, SERVER_GROUP.source
    installed = _installed(server, whole_keys=whole_keys).lateral("installed")
    own = [SERVER.columns[name].label(name) for name in COLUMNS if name in SERVER.columns]
    rows = (
        found.join(server, server.c.id == found.c.id)
        .outerjoin(group, and_(group.c.id == server.c.group_id, group.c.account_id == server.c.account_id))
        .join(installed, true())
    )
    return Statement(
        select(*own, SERVER_GROUP.columns["name"].label("group"), *installed.c)
        .select_from(rows)
        .order_by(direction(found.c.sort_by), direction(found.c.id))
    )


def _found(pages: Pages, names: tuple[str, ...], order: Order) -> Select[Any]:
    """The ids of the list, with what they are sorted by."""
    account = bindparam(ACCOUNT, type_=Uuid())
    sort, _ = pages.orders[order.name]
    plain, bounds, ranges = sorted_out(pages.chosen(names, order.name))
    in_range = or_(*(and_(true(), *(bound.clause() for bound in range_)) for range_ in ranges))
    return (
        select(pages.id.label("id"), sort.label("sort_by"))
        .select_from(pages.source_for(names, order.name))
        .where(pages.scope(_Account(account, account)), *plain, *(bound.clause() for bound in bounds), in_range)
    )


def _installed(server: Any, *, whole_keys: bool) -> Select[Any]:
    """A server's registrations, each column of them as a list."""
    registration, of = INSTALLED_PRODUCT.source, INSTALLED_PRODUCT.columns
    shown = {
        "products": PRODUCT.columns["name"],
        "license_types": LICENSE_TYPE.columns["name"],
        "activation_keys": ACTIVATION_KEY.columns["key" if whole_keys else "masked_key"],
        "versions": of["version"],
    }
    by_age = (registration.c.activated_at, registration.c.id)
    joined = (
        registration.join(PRODUCT.source, PRODUCT.source.c.id == registration.c.product_id)
        .join(LICENSE_TYPE.source, LICENSE_TYPE.source.c.id == registration.c.license_type_id)
        .join(ACTIVATION_KEY.source, ACTIVATION_KEY.source.c.id == registration.c.activation_key_id)
    )
    lists: list[Any] = [
        func.array_agg(aggregate_order_by(column, *by_age)).label(name) for name, column in shown.items()
    ]
    return (
        select(*lists)
        .select_from(joined)
        .where(registration.c.server_id == server.c.id, registration.c.account_id == server.c.account_id)
        .correlate(server)
    )
