"""An invoice or a receipt as it is printed: from stored columns alone, so that it always reads the same.

What may change after the issue is left out: the account's present name, its servers' present names, its cards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Date, Uuid, and_, bindparam, cast, func, literal_column, select

from models import tables
from models.columns import decimal_text
from models.db import Reader
from models.enums import InvoiceType
from models.kinds import LedgerKind
from models.statements import Row, Statement

MOST_NAMES_OF_LINE = 500
"""So many names of servers are kept and printed for one line."""

_invoice = tables.Invoice.__table__.c
_account = tables.Account.__table__.c
_line = tables.InvoiceLine.__table__.c
_entry = tables.LedgerEntry.__table__.c


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line: what it bills, and the servers that it was issued for, by the names that they had."""

    description: str
    quantity: int
    unit_price: str
    amount: str
    servers: int
    server_names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Document:
    """What was issued. `day` is the day of issue where the account is; `kind` is why the balance moved."""

    id: UUID
    account_id: UUID
    account_number: str
    number: str
    type: InvoiceType
    kind: LedgerKind
    created_at: datetime
    day: date
    pay_period: date | None
    billed_name: str
    billed_address: str | None
    billed_vat_number: str | None
    currency: str
    subtotal: str
    tax: str
    tax_rate: Decimal | None
    reverse_charge: bool
    total: str
    balance: str
    lines: Sequence[DocumentLine]


_FOUND = Statement(
    select(
        _invoice.id,
        _invoice.account_id,
        _account.number.label("account_number"),
        _invoice.number,
        _invoice.type,
        _entry.kind,
        _invoice.created_at,
        cast(func.timezone(_account.time_zone, _invoice.created_at), Date).label("day"),
        _invoice.pay_period,
        _invoice.billed_name,
        _invoice.billed_address,
        _invoice.billed_vat_number,
        _invoice.currency,
        decimal_text(_invoice.subtotal_minor, _invoice.currency).label("subtotal"),
        decimal_text(_invoice.tax_minor, _invoice.currency).label("tax"),
        _invoice.tax_rate,
        _invoice.reverse_charge,
        decimal_text(_invoice.total_minor, _invoice.currency).label("total"),
        decimal_text(_invoice.balance_minor, _invoice.currency).label("balance"),
    )
    .select_from(
        tables.Invoice.__table__.join(tables.Account.__table__, _account.id == _invoice.account_id).join(
            tables.LedgerEntry.__table__,
            and_(_entry.invoice_id == _invoice.id, _entry.account_id == _invoice.account_id),
        )
    )
    .where(
        _invoice.id == bindparam("invoice", type_=Uuid()),
        _invoice.account_id == bindparam("account", type_=Uuid()),
    )
)

_LINES = Statement(
    select(
        _line.description,
        _line.quantity,
        decimal_text(_line.unit_price_minor, _invoice.currency).label("unit_price"),
        decimal_text(_line.amount_minor, _invoice.currency).label("amount"),
        func.cardinality(_line.server_ids).label("servers"),
        _line.server_names[literal_column("1") : literal_column(str(MOST_NAMES_OF_LINE))].label("server_names"),
    )
    .select_from(
        tables.InvoiceLine.__table__.join(
            tables.Invoice.__table__,
            and_(_invoice.id == _line.invoice_id, _invoice.account_id == _line.account_id),
        )
    )
    .where(
        _line.invoice_id == bindparam("invoice", type_=Uuid()),
        _line.account_id == bindparam("account", type_=Uuid()),
    )
    .order_by(_line.position)
)


async def document_of(reader: Reader, account_id: UUID, invoice_id: UUID) -> Document:
    """A document of an account. None is ever deleted, so whoever knows of one finds it."""
    values = {"account": account_id, "invoice": invoice_id}
    (found,) = await reader.rows(_FOUND, values)
    lines = [_line_of(row) for row in await reader.rows(_LINES, values)]
    columns = dict(found)  # type: ignore[call-overload]  # a record is a mapping, which its protocol leaves out
    return Document(
        **{**columns, "type": InvoiceType(columns["type"]), "kind": LedgerKind(columns["kind"])}, lines=lines
    )


def _line_of(row: Row) -> DocumentLine:
    return DocumentLine(
        description=row["description"],
        quantity=row["quantity"],
        unit_price=row["unit_price"],
        amount=row["amount"],
        servers=row["servers"],
        server_names=row["server_names"],
    )
