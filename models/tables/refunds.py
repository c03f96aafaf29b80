"""Money that is given back, from the intent on."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text

from models.kinds import RefundStatus
from models.tables.base import (
    Table,
    made_at,
    member,
    minor,
    one_of,
    parents_owner,
    primary_key,
    reference,
    within_account,
    words,
)


class Refund(Table, table=True):
    """A part of a payment, or all of it, that is given back. Of one payment one refund is under way at a time."""

    __tablename__ = "refunds"
    __table_args__: ClassVar = (
        one_of("status", RefundStatus),
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        CheckConstraint("(status = 'BOOKED') = (invoice_id IS NOT NULL)", name="invoice_id"),
        within_account(["payment_id"], "payments", ["id"]),
        within_account(["invoice_id"], "invoices", ["id"]),
        Index(None, "account_id", "payment_id"),
        Index("uq_refunds_pending", "payment_id", unique=True, postgresql_where=text("status = 'PENDING'")),
    )

    id: UUID = primary_key()
    account_id: UUID = parents_owner()
    payment_id: UUID = reference()
    amount_minor: int = minor()
    status: RefundStatus = member(RefundStatus, default=RefundStatus.PENDING)
    provider_reference: str | None = words(null=True)
    invoice_id: UUID | None = reference(null=True)
    created_at: datetime = made_at()
