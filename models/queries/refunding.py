"""Refunds: what was paid by a receipt, what has been given back of it, and a refund that is under way."""

from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.kinds import RefundStatus
from models.tables import Invoice, Payment, Refund


async def payment_of(session: AsyncSession, receipt: str) -> Payment | None:
    """The payment that a document is the receipt of, by the document's number."""
    found = select(Payment).join(Invoice, col(Invoice.id) == col(Payment.invoice_id))
    return (await session.exec(found.where(col(Invoice.number) == receipt))).first()


async def given_back(session: AsyncSession, payment_id: UUID) -> int:
    """What was given back of a payment, in minor units."""
    total = select(func.coalesce(func.sum(Refund.amount_minor), 0))
    booked = total.where(col(Refund.payment_id) == payment_id, col(Refund.status) == RefundStatus.BOOKED)
    return int((await session.exec(booked)).one())


async def pending(session: AsyncSession, payment_id: UUID) -> Refund | None:
    """The refund of a payment that is under way."""
    found = select(Refund).where(col(Refund.payment_id) == payment_id, col(Refund.status) == RefundStatus.PENDING)
    return (await session.exec(found)).first()


async def hold(session: AsyncSession, refund_id: UUID) -> Refund:
    """A refund, held until the transaction ends. Its account is held before."""
    found = select(Refund).where(col(Refund.id) == refund_id).with_for_update()
    return (await session.exec(found.execution_options(populate_existing=True))).one()
