"""Invoices, their lines, payments and payment methods."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
)

from models import tables
from models.entities import INVOICE, INVOICE_LINE, PAYMENT, PAYMENT_METHOD
from models.queries.children import Children
from models.queries.pages import Order, Pages

_invoice = tables.Invoice.__table__
_line = tables.InvoiceLine.__table__
_payment = tables.Payment.__table__
_method = tables.PaymentMethod.__table__

_instant_type = DateTime(timezone=True)
_search = func.lower(bindparam("search", type_=Text()))
_never = literal_column("'infinity'::date", Date())


def _created(name: str) -> Any:
    return bindparam(name, type_=_instant_type)


_INVOICE_CONDITIONS: dict[str, Callable[[], ColumnElement[bool]]] = {
    "types": lambda: _invoice.c.type == any_(bindparam("types", type_=ARRAY(Text()))),
    "created_from": lambda: _invoice.c.created_at >= _created("created_from"),
    "created_until": lambda: _invoice.c.created_at < _created("created_until"),
    "search": lambda: func.lower(_invoice.c.number).like(_search),
}

INVOICES_OF_ACCOUNT = Pages(
    "invoices_of_account",
    INVOICE,
    source=_invoice,
    id=_invoice.c.id,
    scope=lambda parent: _invoice.c.account_id == parent.id,
    orders={
        "NUMBER": (_invoice.c.sequence, BigInteger()),
        "CREATED_AT": (_invoice.c.created_at, _instant_type),
        "TYPE": (_invoice.c.type.collate("C"), Text()),
        "PAY_PERIOD": (func.coalesce(_invoice.c.pay_period, _never), Date()),
        "TOTAL": (_invoice.c.total_minor, BigInteger()),
        "BALANCE": (_invoice.c.balance_minor, BigInteger()),
    },
    default=Order("CREATED_AT", descending=True),
    conditions=_INVOICE_CONDITIONS,
)

LINES_OF_INVOICE = Children(
    "lines_of_invoice",
    INVOICE_LINE,
    on=lambda parent: and_(_line.c.invoice_id == parent.id, _line.c.account_id == parent.account_id),
    order=(_line.c.position, _line.c.id),
)

PAYMENTS_OF_ACCOUNT = Pages(
    "payments_of_account",
    PAYMENT,
    source=_payment,
    id=_payment.c.id,
    scope=lambda parent: _payment.c.account_id == parent.id,
    orders={"CREATED_AT": (_payment.c.created_at, _instant_type)},
    default=Order("CREATED_AT", descending=True),
)

METHODS_OF_ACCOUNT = Children(
    "methods_of_account",
    PAYMENT_METHOD,
    on=lambda parent: _method.c.account_id == parent.id,
    order=(_method.c.is_default.desc(), _method.c.created_at, _method.c.id),
)
