"""What was billed, line by line: all that costs are summed up from, so that every sum of them is the invoices' own."""

from typing import Any

from sqlalchemy import Date, DateTime, Select, and_, bindparam, cast, func, literal_column, select

from models import tables

_account = tables.Account.__table__
_invoice = tables.Invoice.__table__
_line = tables.InvoiceLine.__table__

_instant = DateTime(timezone=True)

BILLED_FROM, BILLED_UNTIL = "billed_from", "billed_until"
"""The parameters that hold when the first day of costs begins, and when the last one ends."""


def billed_lines() -> Select[Any]:
    """The lines of invoices that were issued within the days, each with the month of that in its account's time zone.

    Tax is no cost of a product: it stands beside an invoice's lines.
    """
    issued = func.timezone(_account.c.time_zone, _invoice.c.created_at)
    return (
        select(
            _line.c.account_id,
            _line.c.product_id,
            _line.c.license_type_id,
            cast(func.date_trunc(literal_column("'month'"), issued), Date).label("month"),
            _invoice.c.currency,
            _line.c.amount_minor,
        )
        .select_from(
            _line.join(
                _invoice, and_(_invoice.c.account_id == _line.c.account_id, _invoice.c.id == _line.c.invoice_id)
            ).join(_account, _account.c.id == _line.c.account_id)
        )
        .where(
            _invoice.c.created_at >= bindparam(BILLED_FROM, type_=_instant),
            _invoice.c.created_at < bindparam(BILLED_UNTIL, type_=_instant),
        )
    )
