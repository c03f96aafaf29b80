"""Documents to print, of every kind, as if they had been issued."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from gateway.documents.sheet import Party, Sheet, sheet_of
from models.enums import InvoiceType
from models.kinds import LedgerKind
from models.queries.documents import Document, DocumentLine
from resolvers.invoice_documents import Shown

SELLER = Party("Example Software", ["1 Example Street", "VAT number NL000000000B01"])
ISSUED_AT = datetime(2026, 10, 31, 23, 5, tzinfo=UTC)
SOMETHING = UUID(int=7)


def line(
    description: str = "Server licenses, November 2026", servers: int = 0, names: Sequence[str] = ()
) -> DocumentLine:
    """A line of 1,310 licenses."""
    return DocumentLine(description, 1_310, "2.25", "2947.50", servers, names)


INVOICE = Document(
    id=SOMETHING,
    account_id=SOMETHING,
    account_number="C-100001",
    number="C-100001-31",
    type=InvoiceType.INVOICE,
    kind=LedgerKind.INVOICE,
    created_at=ISSUED_AT,
    day=date(2026, 11, 1),
    pay_period=date(2026, 11, 1),
    billed_name="Demo Enterprise",
    billed_address="1 Example Street, 00001 Sampletown, NL",
    billed_vat_number="NL000000000",
    currency="USD",
    subtotal="2947.50",
    tax="618.98",
    tax_rate=Decimal("0.2100"),
    reverse_charge=False,
    total="3566.48",
    balance="-3416.48",
    lines=[line()],
)


def moved(kind: LedgerKind, total: str, balance: str) -> Document:
    """A receipt: of a payment, a refund or a transfer."""
    changes: dict[str, Any] = {"subtotal": total, "tax": "0.00", "tax_rate": None, "pay_period": None, "lines": []}
    changes |= {"type": InvoiceType.PAYMENT_RECEIVED, "kind": kind, "total": total, "balance": balance}
    return replace(INVOICE, **changes)


def sheet(document: Document = INVOICE, *, prices: bool = True, servers: bool = True) -> Sheet:
    """What the document says to a reader."""
    return sheet_of(Shown(document, prices, servers), SELLER)
