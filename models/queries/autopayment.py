"""What autopayment goes by: the cards of an account, and what it has charged."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.tables import PaymentMethod


async def cards(session: AsyncSession, account_id: UUID) -> Sequence[PaymentMethod]:
    """The stored cards of an account, of which there are few."""
    return (await session.exec(select(PaymentMethod).where(col(PaymentMethod.account_id) == account_id))).all()
