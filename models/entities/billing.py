"""Invoices with their lines, payments and payment methods."""

from sqlalchemy import Text, cast

from models import tables
from models.columns import day, instant, money
from models.entities.base import Entity, own_account

_method = tables.PaymentMethod.__table__.c
_payment = tables.Payment.__table__.c
_invoice = tables.Invoice.__table__.c
_line = tables.InvoiceLine.__table__.c
_line_rows = tables.InvoiceLine.__table__.join(tables.Invoice.__table__, _line.invoice_id == _invoice.id)

PAYMENT_METHOD = Entity(
    "PaymentMethod",
    tables.PaymentMethod.__table__,
    {
        "id": _method.id,
        "account_id": _method.account_id,
        "brand": _method.brand,
        "last4": _method.last4,
        "expires_on": day(_method.expires_on),
        "is_default": _method.is_default,
        "created_at": instant(_method.created_at),
    },
    reach=own_account,
)

PAYMENT = Entity(
    "Payment",
    tables.Payment.__table__,
    {
        "id": _payment.id,
        "account_id": _payment.account_id,
        "status": _payment.status,
        **money("amount", _payment.amount_minor, _payment.currency),
        "client_secret": _payment.client_secret,
        "failure": _payment.failure,
        "invoice_id": _payment.invoice_id,
        "created_at": instant(_payment.created_at),
    },
    reach=own_account,
)

INVOICE = Entity(
    "Invoice",
    tables.Invoice.__table__,
    {
        "id": _invoice.id,
        "account_id": _invoice.account_id,
        "number": _invoice.number,
        "created_at": instant(_invoice.created_at),
        "type": _invoice.type,
        "pay_period": day(_invoice.pay_period),
        **money("subtotal", _invoice.subtotal_minor, _invoice.currency),
        **money("tax", _invoice.tax_minor, _invoice.currency),
        "tax_rate": cast(_invoice.tax_rate, Text),
        **money("total", _invoice.total_minor, _invoice.currency),
        **money("balance", _invoice.balance_minor, _invoice.currency),
    },
)

INVOICE_LINE = Entity(
    "InvoiceLine",
    _line_rows,
    {
        "id": _line.id,
        "account_id": _line.account_id,
        "description": _line.description,
        "product_id": _line.product_id,
        "license_type_id": _line.license_type_id,
        "quantity": _line.quantity,
        **money("unit_price", _line.unit_price_minor, _invoice.currency),
        **money("amount", _line.amount_minor, _invoice.currency),
    },
)
