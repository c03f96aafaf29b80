"""What letters about money say: read when they are written, so that they are true then."""

from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID

from models.db import Reader

ACCOUNT = """
    SELECT number, currency, balance_minor, autopayment_threshold_minor AS threshold_minor,
           coalesce(billing_email, billing_contact_email) AS email
    FROM accounts WHERE id = $1
"""
PAYMENT = """
    SELECT p.account_id, p.status, p.failure, p.amount_minor, p.payment_method_id AS method_id,
           m.brand || ' ' || m.last4 AS card
    FROM payments p LEFT JOIN payment_methods m ON m.id = p.payment_method_id
    WHERE p.id = $1
"""
DOCUMENT = """
    SELECT i.account_id, i.number, i.pay_period, i.total_minor, i.balance_minor, e.kind
    FROM invoices i JOIN ledger_entries e ON e.invoice_id = i.id AND e.account_id = i.account_id
    WHERE i.id = $1
"""


@dataclass(frozen=True, slots=True)
class Billed:
    """An account as letters about its money name it, and where they go."""

    number: str
    currency: str
    balance_minor: int
    threshold_minor: int | None
    email: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A charge as a letter tells of it. The card may be gone."""

    account_id: UUID
    status: str
    failure: str | None
    amount_minor: int
    method_id: UUID | None
    card: str | None


@dataclass(frozen=True, slots=True)
class Documented:
    """An invoice or a receipt as a letter tells of it, and why the balance moved."""

    account_id: UUID
    number: str
    pay_period: date | None
    total_minor: int
    balance_minor: int
    kind: str


async def billed(reader: Reader, account_id: UUID) -> Billed:
    """The account."""
    (row,) = await reader.fetch(ACCOUNT, account_id)
    return Billed(*(row[one.name] for one in fields(Billed)))


async def refused(reader: Reader, payment_id: UUID) -> Refused:
    """The charge."""
    (row,) = await reader.fetch(PAYMENT, payment_id)
    return Refused(*(row[one.name] for one in fields(Refused)))


async def documented(reader: Reader, invoice_id: UUID) -> Documented:
    """The document."""
    (row,) = await reader.fetch(DOCUMENT, invoice_id)
    return Documented(*(row[one.name] for one in fields(Documented)))
