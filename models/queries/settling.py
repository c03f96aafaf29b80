"""Payments on their way: an intent is added, and moved on under its account's lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.enums import PaymentStatus
from models.kinds import PaymentCause
from models.tables import Payment, PaymentMethod

PAYMENT = """
    SELECT p.id, p.account_id, a.number AS account, a.provider_customer AS customer, m.provider_reference AS card,
           p.amount_minor, p.currency, p.status, p.failure, p.provider_reference AS reference, p.invoice_id,
           p.created_at, p.cause
    FROM payments p
    JOIN accounts a ON a.id = p.account_id
    LEFT JOIN payment_methods m ON m.account_id = p.account_id AND m.id = p.payment_method_id
"""
ONE = f"{PAYMENT} WHERE p.id = $1"
OPEN = f"""{PAYMENT}
    WHERE p.status IN ('PENDING', 'REQUIRES_ACTION') AND p.cause = 'TOP_UP'
      AND p.created_at BETWEEN $1 AND $2 AND p.id > $3
    ORDER BY p.id LIMIT $4
"""
KNOWN = text("SELECT id FROM payments WHERE provider_reference = :reference OR id = CAST(:id AS uuid)")


@dataclass(frozen=True, slots=True)
class Standing:
    """A payment as it is now, with what its charge is sent with: the customer and card as the provider names them."""

    id: UUID
    account_id: UUID
    account: str
    customer: str | None
    card: str | None
    amount_minor: int
    currency: str
    status: PaymentStatus
    failure: str | None
    reference: str | None
    invoice_id: UUID | None
    created_at: datetime
    cause: PaymentCause


async def standing(reader: Reader, payment_id: UUID) -> Standing:
    """How a payment stands."""
    (row,) = await reader.fetch(ONE, payment_id)
    return _standing(row)


async def open_top_ups(reader: Reader, since: datetime, until: datetime, after: UUID, most: int) -> Sequence[Standing]:
    """Top-ups that were begun between two times and have not ended, in the order of their ids."""
    return [_standing(row) for row in await reader.fetch(OPEN, since, until, after, most)]


def _standing(row: object) -> Standing:
    values = {name: row[name] for name in Standing.__dataclass_fields__}  # type: ignore[index]  # rows by name
    values["status"], values["cause"] = PaymentStatus[values["status"]], PaymentCause[values["cause"]]
    return Standing(**values)


async def known(session: AsyncSession, reference: str | None, payment_id: UUID | None) -> UUID | None:
    """The payment that the provider tells of, by its own reference or by our key in it."""
    values = {"reference": reference, "id": payment_id}
    found: UUID | None = (await (await session.connection()).execute(KNOWN, values)).scalar()
    return found


async def owner(session: AsyncSession, payment_id: UUID) -> UUID:
    """Whose payment it is, which never changes."""
    return (await session.exec(select(col(Payment.account_id)).where(col(Payment.id) == payment_id))).one()


async def hold(session: AsyncSession, payment_id: UUID) -> Payment:
    """A payment, held until the transaction ends. Its account is held before."""
    found = select(Payment).where(col(Payment.id) == payment_id).with_for_update()
    return (await session.exec(found.execution_options(populate_existing=True))).one()


async def card(session: AsyncSession, account_id: UUID, method_id: UUID | None) -> PaymentMethod | None:
    """An account's card: the one of this id, or the default one where None is asked for."""
    wanted = col(PaymentMethod.is_default) if method_id is None else col(PaymentMethod.id) == method_id
    found = select(PaymentMethod).where(col(PaymentMethod.account_id) == account_id, wanted)
    return (await session.exec(found)).first()
