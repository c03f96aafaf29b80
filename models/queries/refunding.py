"""Refunds on their way: which payment is meant, what was given back of it, and one refund held for being finished."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.kinds import RefundStatus
from models.tables import Invoice, Payment, Refund

STANDING = """
    SELECT r.id, r.account_id, r.payment_id, r.amount_minor, r.status, r.created_at, p.currency,
           p.provider_reference AS charge, i.number
    FROM refunds r
    JOIN payments p ON p.account_id = r.account_id AND p.id = r.payment_id
    LEFT JOIN invoices i ON i.account_id = r.account_id AND i.id = r.invoice_id
    WHERE r.id = $1
"""
PENDING = "SELECT id FROM refunds WHERE status = 'PENDING' AND created_at <= $1 ORDER BY id LIMIT $2"
GIVEN_BACK = text(
    """
    SELECT coalesce(sum(r.amount_minor), 0) AS minor,
           (array_agg(i.number ORDER BY i.sequence DESC))[1] AS number,
           (array_agg(r.amount_minor ORDER BY i.sequence DESC))[1] AS last_minor
    FROM refunds r JOIN invoices i ON i.account_id = r.account_id AND i.id = r.invoice_id
    WHERE r.payment_id = :payment AND r.status = 'BOOKED'
    """
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A refund as it is now, with the charge as the provider names it, and its receipt's number once it has one."""

    id: UUID
    account_id: UUID
    payment_id: UUID
    amount_minor: int
    status: RefundStatus
    created_at: datetime
    currency: str
    charge: str
    number: str | None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What was given back of a payment in sum, and its last refund: receipt and amount, where there is one."""

    minor: int
    number: str | None
    last_minor: int | None


async def payment_named(session: AsyncSession, payment_id: UUID | None, receipt: str) -> UUID | None:
    """The payment of this id, or the one that this receipt is of."""
    booked = (col(Invoice.account_id) == col(Payment.account_id)) & (col(Invoice.id) == col(Payment.invoice_id))
    wanted = or_(col(Payment.id) == payment_id, col(Invoice.number) == receipt)
    found = select(Payment.id).join(Invoice, booked, isouter=True).where(wanted)
    return (await session.exec(found)).first()


async def given_back(session: AsyncSession, payment_id: UUID) -> GivenBack:
    """What was given back of a payment; it is held, so that this stays so."""
    row = (await (await session.connection()).execute(GIVEN_BACK, {"payment": payment_id})).one()
    return GivenBack(int(row.minor), row.number, row.last_minor)


async def pending(session: AsyncSession, payment_id: UUID) -> Refund | None:
    """The refund of a payment that is under way."""
    found = select(Refund).where(col(Refund.payment_id) == payment_id, col(Refund.status) == RefundStatus.PENDING)
    return (await session.exec(found)).first()


async def hold(session: AsyncSession, refund_id: UUID) -> Refund:
    """A refund, held until the transaction ends. Its account and payment are held before."""
    found = select(Refund).where(col(Refund.id) == refund_id).with_for_update()
    return (await session.exec(found.execution_options(populate_existing=True))).one()


async def standing(reader: Reader, refund_id: UUID) -> Standing:
    """How a refund stands."""
    (row,) = await reader.fetch(STANDING, refund_id)
    values = {name: row[name] for name in Standing.__dataclass_fields__}
    return Standing(**{**values, "status": RefundStatus[values["status"]]})


async def unfinished(reader: Reader, until: datetime, most: int) -> Sequence[UUID]:
    """Refunds that were begun by a time and have not ended."""
    return [row["id"] for row in await reader.fetch(PENDING, until, most)]
