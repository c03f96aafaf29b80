"""What was billed, line by line: all that costs are summed up from, so that every sum of them is the invoices' own."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)

from models import tables
from models.columns import day, money
from models.entities.base import Entity
from models.enums import CostGrouping
from models.queries.children import Children

_account = tables.Account.__table__
_invoice = tables.Invoice.__table__
_line = tables.InvoiceLine.__table__
_product = tables.Product.__table__
_type = tables.LicenseType.__table__

_instant = DateTime(timezone=True)
_issued = func.timezone(_account.c.time_zone, _invoice.c.created_at)
"""When an invoice was issued, by the clocks of its account."""

BILLED_FROM, BILLED_UNTIL = "billed_from", "billed_until"
"""The parameters that hold when the first day of costs begins, and when the last one ends."""

FIRST_DAY, LAST_DAY, GROUPING = "first_day", "last_day", "grouping"
"""The parameters of `COSTS_OF_ACCOUNT`: days of the account's time zone, and the name of a CostGrouping."""


def billed_lines() -> Select[Any]:
    """The lines of invoices that were issued within the days, each with the month of that in its account's time zone.

    Tax is no cost of a product: it stands beside an invoice's lines.
    """
    return _lines(
        _invoice.c.created_at >= bindparam(BILLED_FROM, type_=_instant),
        _invoice.c.created_at < bindparam(BILLED_UNTIL, type_=_instant),
    )


def _lines(*where: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            _line.c.account_id,
            _line.c.product_id,
            _line.c.license_type_id,
            cast(func.date_trunc(literal_column("'month'"), _issued), Date).label("month"),
            _invoice.c.currency,
            _line.c.amount_minor,
        )
        .select_from(
            _line.join(
                _invoice, and_(_invoice.c.account_id == _line.c.account_id, _invoice.c.id == _line.c.invoice_id)
            ).join(_account, _account.c.id == _line.c.account_id)
        )
        .where(*where)
    )


def _by(line: Any) -> Select[Any]:
    """The lines by what they are summed up by; what they are not summed up by is null."""
    grouping = bindparam(GROUPING, type_=Text())
    by_month = grouping == literal_column(f"'{CostGrouping.MONTH.name}'")
    by_type = grouping == literal_column(f"'{CostGrouping.LICENSE_TYPE.name}'")
    return select(
        case((by_month, literal_column("NULL::uuid", Uuid())), else_=line.c.product_id).label("product_id"),
        case((by_type, line.c.license_type_id)).label("license_type_id"),
        case((by_month, line.c.month)).label("month"),
        line.c.currency,
        line.c.amount_minor,
    )


def _sums() -> Select[Any]:
    """The sums of the parent's lines, in the order of time or of the catalogue."""
    days = cast(_issued, Date)
    line = _lines(
        _account.c.id == literal_column("parent.id", Uuid()),
        days >= bindparam(FIRST_DAY, type_=Date()),
        days <= bindparam(LAST_DAY, type_=Date()),
    ).subquery("line")
    by = _by(line).subquery("by")
    found = by.outerjoin(_product, _product.c.id == by.c.product_id).outerjoin(
        _type, _type.c.id == by.c.license_type_id
    )
    keys = (by.c.month, _product.c.position, _type.c.number, by.c.product_id, by.c.license_type_id, by.c.currency)
    return select(*keys, func.sum(by.c.amount_minor).label("total_minor")).select_from(found).group_by(*keys)


_cost = _sums().lateral("cost")

COST = Entity(
    "Cost",
    _cost,
    {
        "id": _cost.c.product_id,
        "product_id": _cost.c.product_id,
        "license_type_id": _cost.c.license_type_id,
        "month": day(_cost.c.month),
        **money("total", _cost.c.total_minor, _cost.c.currency),
    },
)

COSTS_OF_ACCOUNT = Children(
    "costs_of_account",
    COST,
    on=lambda _parent: true(),
    order=(_cost.c.month, _cost.c.position, _cost.c.number, _cost.c.product_id, _cost.c.currency),
    conditions=dict.fromkeys((FIRST_DAY, LAST_DAY, GROUPING), true),
    lateral=True,
)
"""The parameters bound what is summed up, so they are no conditions on the sums; all of them must be given."""
