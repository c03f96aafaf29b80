"""The rows of reports, each a list of cells that SQL has rendered: in pages, or as a whole, of one account alone.

Activation keys stand in them masked, whoever asks.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    Uuid,
    any_,
    asc,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, array

from models import tables
from models.columns import decimal_text
from models.entities import ACTIVATION_KEY, INSTALLED_PRODUCT, LICENSE_TYPE, PRODUCT, SERVER
from models.entities.base import UUIDS, Entity
from models.enums import ReportKind
from models.queries.bounds import sorted_out
from models.queries.costs import billed_lines
from models.queries.duplicates import first_of_the_same_host
from models.queries.pages import Order, Pages
from models.queries.server_filters import conditions
from models.statements import Statement

PERIOD_FROM = "period_from"
"""The parameter that holds when the first day of a report begins."""

ACCOUNT = "account"
"""The parameter that holds whose report it is, where all of it is read."""

NEAR_PERCENT, KEYS_SHOWN = 90, 10
"""A key is near its limit from so much use on; so many of a pool's are named, those with the least room first."""

_server = tables.Server.__table__
_license = tables.License.__table__
_key = tables.ActivationKey.__table__
_type, _product = LICENSE_TYPE.source, PRODUCT.source
_text = Text()
_one_product = any_(bindparam("report_products", type_=UUIDS))


def _said(value: str) -> Any:
    return literal_column(f"'{value}'", _text)


def _shown(value: Any) -> ColumnElement[str]:
    """A cell: text, and nothing where there is none."""
    return func.coalesce(cast(value, _text), _said(""))


def _minute(instant: Any) -> ColumnElement[str]:
    return func.to_char(func.timezone(_said("UTC"), instant), _said("YYYY-MM-DD HH24:MI"))


def _products_of(server: Any) -> Any:
    """The names of what is installed on a server, each once."""
    installed = INSTALLED_PRODUCT.source
    names = func.string_agg(_product.c.name.distinct(), aggregate_order_by(_said(", "), _product.c.name))
    return (
        select(names)
        .select_from(installed.join(_product, _product.c.id == installed.c.product_id))
        .where(installed.c.server_id == server.id, installed.c.account_id == server.account_id)
        .correlate_except(installed, _product)
        .scalar_subquery()
    )


def _server_cells() -> Any:
    server = SERVER.source.c
    earlier = first_of_the_same_host(server, "registered_at")
    fresh = server.registered_at >= bindparam(PERIOD_FROM, type_=DateTime(timezone=True))
    cells = (
        server.hostname,
        SERVER.columns["ip"],
        server.group_name,
        _products_of(server),
        _minute(server.registered_at),
        _minute(server.last_check_in),
        SERVER.columns["state"],
        _said("the one registered ").op("||")(_minute(earlier)),
        case((fresh, _said("new")), else_=_said("")),
    )
    return array([_shown(cell) for cell in cells])


def _keys_near_limit() -> Any:
    """The pool's keys with little room left, in words."""
    room, percent = _key.c.seat_limit - _key.c.used, literal_column("100", Integer())
    near = cast(_key.c.used, BigInteger) * percent >= _key.c.seat_limit * literal_column(f"{NEAR_PERCENT}::bigint")
    words = func.concat(ACTIVATION_KEY.columns["masked_key"], _said(" "), _key.c.used, _said("/"), _key.c.seat_limit)
    ranked = (
        select(words.label("words"), func.row_number().over(order_by=(room, _key.c.key)).label("place"))
        .where(
            _key.c.account_id == _license.c.account_id,
            _key.c.license_type_id == _license.c.license_type_id,
            near,
        )
        .correlate(_license)
        .subquery("near")
    )
    most: Any = literal_column(str(KEYS_SHOWN))
    named = func.string_agg(ranked.c.words, aggregate_order_by(_said("; "), ranked.c.place))
    more = func.count() - most
    rest = case((more > literal_column("0"), func.concat(_said("; and "), more, _said(" more"))), else_=_said(""))
    return select(named.filter(ranked.c.place <= most).op("||")(rest)).scalar_subquery()


def _license_cells() -> Any:
    used, quantity = _license.c.used, _license.c.quantity
    cells = (_product.c.name, _type.c.name, quantity, used, quantity - used, _keys_near_limit())
    return array([_shown(cell) for cell in cells])


_pools = _license.join(_type, _type.c.id == _license.c.license_type_id).join(
    _product, _product.c.id == _license.c.product_id
)
_pool_rows = select(
    _license.c.id, _license.c.account_id, _license.c.product_id, _type.c.number, _license_cells().label("cells")
).select_from(_pools)


def _cost_rows() -> Any:
    """What was billed by month, product and license type, with an id for each row that is always the same."""
    line = billed_lines().subquery("billed")
    places = (
        func.lpad(cast(number, _text), literal_column("10"), _said("0"))
        for number in (
            func.coalesce(_product.c.position, literal_column("0")),
            func.coalesce(_type.c.number, literal_column("0")),
        )
    )
    place = func.concat_ws(_said(" "), line.c.month, *places, line.c.currency).collate("C")
    group = (
        line.c.account_id,
        line.c.product_id,
        line.c.license_type_id,
        line.c.month,
        line.c.currency,
        _product.c.position,
        _product.c.name,
        _type.c.number,
        _type.c.name,
    )
    cells = (
        func.to_char(line.c.month, _said("YYYY-MM")),
        func.coalesce(_product.c.name, _said("Other")),
        _type.c.name,
        decimal_text(func.sum(line.c.amount_minor), line.c.currency),
        line.c.currency,
    )
    return (
        select(
            cast(func.md5(place), Uuid).label("id"),
            line.c.account_id,
            line.c.product_id,
            line.c.month,
            line.c.currency,
            func.sum(line.c.amount_minor).label("amount_minor"),
            place.label("place"),
            array([_shown(cell) for cell in cells]).label("cells"),
        )
        .select_from(
            line.outerjoin(_product, _product.c.id == line.c.product_id).outerjoin(
                _type, _type.c.id == line.c.license_type_id
            )
        )
        .group_by(*group)
    )


LICENSE_ROWS = _pool_rows.subquery("pools")
COST_ROWS = _cost_rows().subquery("costs")


def _made(name: str, rows: Any, order: str, sort: Any, sort_type: Any) -> Pages:
    """A list whose rows are made by its own source."""
    return Pages(
        name,
        Entity(name, rows, {"id": rows.c.id, "cells": rows.c.cells}),
        source=rows,
        id=rows.c.id,
        scope=lambda parent: rows.c.account_id == parent.id,
        orders={order: (sort, sort_type)},
        default=Order(order),
        conditions={"report_products": lambda: rows.c.product_id == _one_product},
        extra={"cells": rows.c.cells},
        made=True,
    )


_by_server = conditions(_server.c, _server.c.id, _server.c.registered_at, None)

SERVERS_IN_REPORT = Pages(
    "servers_in_report",
    Entity("ServerInReport", SERVER.source, {"id": SERVER.source.c.id, "cells": _server_cells()}),
    source=_server,
    id=_server.c.id,
    scope=lambda parent: _server.c.account_id == parent.id,
    orders={"HOSTNAME": (_server.c.hostname, _text)},
    default=Order("HOSTNAME"),
    conditions={name: _by_server[name] for name in ("product_facets", "registered_until")},
)
LICENSES_IN_REPORT = _made("licenses_in_report", LICENSE_ROWS, "PRODUCT", LICENSE_ROWS.c.number, Integer())
COSTS_IN_REPORT = _made("costs_in_report", COST_ROWS, "MONTH", COST_ROWS.c.place, _text)

ROWS_OF = {
    ReportKind.SERVERS: SERVERS_IN_REPORT,
    ReportKind.LICENSES: LICENSES_IN_REPORT,
    ReportKind.COSTS: COSTS_IN_REPORT,
}
"""The list behind each kind."""


class _Owner(NamedTuple):
    """The account as the parent of its own list."""

    account_id: Any
    id: Any


@lru_cache(maxsize=32)
def whole_report(pages: Pages, names: tuple[str, ...]) -> Statement:
    """The statement of all rows of a report under these conditions, in its order."""
    account = bindparam(ACCOUNT, type_=Uuid())
    sort, _ = pages.orders[pages.default.name]
    plain, bounds, _ranges = sorted_out(pages.chosen(names))
    scope = pages.scope(_Owner(account, account))
    where = (scope, *plain, *(bound.clause() for bound in bounds))
    by: Callable[[Any], Any] = asc
    if pages.made:
        rows = pages.source
        return Statement(select(rows.c.cells).where(*where).order_by(by(sort), by(pages.id)))
    found = select(pages.id.label("id"), sort.label("sort_by")).where(*where).subquery("found")
    row = pages.entity.source
    return Statement(
        select(pages.entity.columns["cells"].label("cells"))
        .select_from(found.join(row, row.c.id == found.c.id))
        .order_by(by(found.c.sort_by), by(found.c.id))
    )
