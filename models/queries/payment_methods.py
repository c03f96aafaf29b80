"""An account's cards, changed under its lock: they are held after the account, and there is one default among them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.enums import PaymentStatus
from models.tables import Payment, PaymentMethod

MOST_METHODS = 20
"""An account has at most so many."""


async def held(session: AsyncSession, account_id: UUID) -> Sequence[PaymentMethod]:
    """All of an account's cards, the oldest first, held until the transaction ends."""
    statement = select(PaymentMethod).where(col(PaymentMethod.account_id) == account_id)
    statement = statement.order_by(col(PaymentMethod.created_at), col(PaymentMethod.id)).with_for_update()
    return (await session.exec(statement)).all()


async def owner_of(reader: Reader, reference: str) -> UUID | None:
    """The account that keeps the card which the provider names so; None where none does."""
    rows = await reader.fetch("SELECT account_id FROM payment_methods WHERE provider_reference = $1", reference)
    return rows[0]["account_id"] if rows else None


async def is_charged(session: AsyncSession, method: PaymentMethod) -> bool:
    """Whether it is not known yet how a charge of this card went."""
    statement = select(col(Payment.id)).where(
        col(Payment.account_id) == method.account_id,
        col(Payment.payment_method_id) == method.id,
        col(Payment.status) == PaymentStatus.PENDING,
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def make_default(session: AsyncSession, method: PaymentMethod) -> None:
    """Let charges go to this card where no other is named."""
    of_account = update(PaymentMethod).where(col(PaymentMethod.account_id) == method.account_id)
    connection = await session.connection()
    await connection.execute(of_account.where(col(PaymentMethod.is_default)).values(is_default=False))
    await connection.execute(of_account.where(col(PaymentMethod.id) == method.id).values(is_default=True))


async def remove(session: AsyncSession, method: PaymentMethod) -> None:
    """Remove a card. Autopayment and payments that name it name none from then on."""
    statement = delete(PaymentMethod).where(col(PaymentMethod.account_id) == method.account_id)
    await (await session.connection()).execute(statement.where(col(PaymentMethod.id) == method.id))
