"""Money: the ledger that the balance sums up, invoices that never change, payments and the methods they use."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from models.enums import InvoiceType, PaymentStatus
from models.kinds import CAUSES, LedgerCause, LedgerKind, PaymentCause
from models.tables.base import (
    Table,
    column,
    count,
    day,
    flag,
    made_at,
    member,
    minor,
    moment,
    octets,
    one_of,
    owner,
    parents_owner,
    primary_key,
    reference,
    small,
    within_account,
    words,
)

A_CURRENCY = "currency ~ '^[A-Z]{3}$'"
OPEN_PAYMENT = "status IN ('PENDING', 'REQUIRES_ACTION')"
UNSETTLED_AUTOPAYMENT = f"{OPEN_PAYMENT} AND cause IN ('AUTO_ADD_FUNDS', 'AUTO_REPAY')"

A_CAUSE = ", ".join(f"('{kind.name}', '{cause.name}')" for kind, causes in CAUSES.items() for cause in causes)


class PaymentMethod(Table, table=True):
    """A card as the provider names it; its number never reaches us."""

    __tablename__ = "payment_methods"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "id"),
        UniqueConstraint("provider_reference"),
        UniqueConstraint("account_id", "fingerprint"),
        CheckConstraint("last4 ~ '^[0-9]{4}$'", name="last4"),
        Index("uq_payment_methods_default", "account_id", unique=True, postgresql_where=text("is_default")),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    brand: str = words()
    last4: str = words()
    expires_on: date = day()
    is_default: bool = flag("false")
    provider_reference: str = words()
    created_at: datetime = made_at()
    fingerprint: str | None = words(null=True)


class ProviderEvent(Table, table=True):
    """A message of the payment provider's that has been taken: none is taken twice."""

    __tablename__ = "provider_events"
    __table_args__: ClassVar = (Index(None, "received_at"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = words()
    received_at: datetime = moment()


class Invoice(Table, table=True):
    """An issued document. Its sequence comes from the account's locked counter, so the numbers have no gaps."""

    __tablename__ = "invoices"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "sequence"),
        UniqueConstraint("account_id", "id"),
        UniqueConstraint("number"),
        one_of("type", InvoiceType),
        CheckConstraint("sequence >= 1", name="sequence"),
        CheckConstraint("subtotal_minor + tax_minor = total_minor", name="total_minor"),
        CheckConstraint("tax_rate >= 0 AND tax_rate < 1", name="tax_rate"),
        CheckConstraint("(type = 'INVOICE') = (pay_period IS NOT NULL)", name="pay_period"),
        CheckConstraint("type <> 'INVOICE' OR total_minor >= 0", name="charge"),
        CheckConstraint("NOT reverse_charge OR (type = 'INVOICE' AND tax_minor = 0)", name="reverse_charge"),
        CheckConstraint(A_CURRENCY, name="currency"),
        Index(None, "account_id", "sequence", "id"),
        Index(None, "account_id", "created_at", "id"),
        Index("ix_invoices_type", "account_id", text('(type COLLATE "C")'), "id"),
        Index("ix_invoices_pay_period", "account_id", text("coalesce(pay_period, 'infinity')"), "id"),
        Index(None, "account_id", "total_minor", "id"),
        Index(None, "account_id", "balance_minor", "id"),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    sequence: int = minor()
    number: str = words()
    created_at: datetime = made_at()
    type: InvoiceType = member(InvoiceType)
    pay_period: date | None = day(null=True)
    subtotal_minor: int = minor()
    tax_minor: int = minor(default="0")
    tax_rate: Decimal | None = column(Numeric(5, 4), null=True)
    total_minor: int = minor()
    balance_minor: int = minor()
    currency: str = words()
    billed_name: str = words()
    billed_address: str | None = words(null=True)
    billed_vat_number: str | None = words(null=True)
    reverse_charge: bool = flag("false")


class InvoiceLine(Table, table=True):
    """One line of an invoice. `period` is set where it bills a whole period: once per account and license type.

    The servers are those that stood behind the quantity when it was billed; as many of their names are kept as are
    printed.
    """

    __tablename__ = "invoice_lines"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "invoice_id", "position"),
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint("cardinality(server_names) <= cardinality(server_ids)", name="server_names"),
        within_account(["invoice_id"], "invoices", ["id"]),
        Index(
            "uq_invoice_lines_period",
            "account_id",
            "license_type_id",
            "period",
            unique=True,
            postgresql_where=text("period IS NOT NULL"),
        ),
    )

    id: UUID = primary_key()
    account_id: UUID = parents_owner()
    invoice_id: UUID = reference()
    position: int = small()
    description: str = words()
    product_id: UUID | None = reference("products.id", null=True)
    license_type_id: UUID | None = reference("license_types.id", null=True)
    quantity: int = count()
    unit_price_minor: int = minor()
    amount_minor: int = minor()
    period: date | None = day(null=True)
    server_ids: list[UUID] = column(ARRAY(Uuid), default="'{}'")
    server_names: list[str] = column(ARRAY(Text), default="'{}'")


class Payment(Table, table=True):
    """A charge from its intent on. Of autopayment's charges an account has one unsettled at a time."""

    __tablename__ = "payments"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "id"),
        UniqueConstraint("provider_reference"),
        one_of("status", PaymentStatus),
        one_of("cause", PaymentCause),
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        CheckConstraint("(status = 'FAILED') = (failure IS NOT NULL)", name="failure"),
        CheckConstraint(A_CURRENCY, name="currency"),
        within_account(["invoice_id"], "invoices", ["id"]),
        within_account(["payment_method_id"], "payment_methods", ["id"], ondelete="SET NULL (payment_method_id)"),
        Index(None, "account_id", "created_at", "id"),
        Index("ix_payments_open", "id", postgresql_where=text(OPEN_PAYMENT)),
        Index("uq_payments_unsettled", "account_id", unique=True, postgresql_where=text(UNSETTLED_AUTOPAYMENT)),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    status: PaymentStatus = member(PaymentStatus, default=PaymentStatus.PENDING)
    amount_minor: int = minor()
    currency: str = words()
    client_secret: str | None = words(null=True)
    failure: str | None = words(null=True)
    invoice_id: UUID | None = reference(null=True)
    payment_method_id: UUID | None = reference(null=True)
    provider_reference: str | None = words(null=True)
    cause: PaymentCause = member(PaymentCause)
    created_at: datetime = made_at()


class LedgerEntry(Table, table=True):
    """One movement of a balance. The database books it as it is added: it moves the account's balance by the amount,
    and writes place, balance, currency and hashes, so that every balance is the sum of its entries by construction.

    Each entry holds the hash of the one before: none can be changed, dropped or slipped in unseen.
    """

    __tablename__ = "ledger_entries"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "sequence"),
        UniqueConstraint("invoice_id"),
        one_of("kind", LedgerKind),
        CheckConstraint(f"(kind, cause) IN ({A_CAUSE})", name="kind_cause"),
        CheckConstraint("kind <> 'PAYMENT' OR payment_id IS NOT NULL", name="payment_id"),
        within_account(["invoice_id"], "invoices", ["id"]),
        within_account(["payment_id"], "payments", ["id"]),
        Index(
            "uq_ledger_entries_payment",
            "account_id",
            "payment_id",
            "kind",
            unique=True,
            postgresql_where=text("kind = 'PAYMENT'"),
        ),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    sequence: int = minor()
    amount_minor: int = minor()
    balance_minor: int = minor()
    currency: str = words()
    kind: LedgerKind = member(LedgerKind)
    cause: LedgerCause = member(LedgerCause)
    actor: str = words()
    invoice_id: UUID = reference()
    payment_id: UUID | None = reference(null=True)
    created_at: datetime = made_at()
    previous_hash: bytes = octets()
    hash: bytes = octets()
