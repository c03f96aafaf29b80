"""Cards of the demo's accounts that no payment provider knows yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.tables import PaymentMethod

INVENTED = "demo_pm_"
"""How the references of such cards begin."""

FOUND = """
    SELECT id, account_id, last4, expires_on FROM payment_methods
    WHERE starts_with(provider_reference, $1)
      AND account_id IN (SELECT id FROM accounts ORDER BY number LIMIT $2)
    ORDER BY account_id, created_at, id
"""


@dataclass(frozen=True, slots=True)
class Invented:
    """A card that the demo made up."""

    id: UUID
    account_id: UUID
    last4: str
    expires_on: date


async def invented(reader: Reader, accounts: int) -> Sequence[Invented]:
    """The cards of the first so many accounts that were made up."""
    rows = await reader.fetch(FOUND, INVENTED, accounts)
    return [Invented(row["id"], row["account_id"], row["last4"], row["expires_on"]) for row in rows]


async def keep(session: AsyncSession, card: Invented, reference: str, fingerprint: str | None) -> None:
    """Note how the provider names a card from now on."""
    statement = update(PaymentMethod).where(col(PaymentMethod.account_id) == card.account_id)
    statement = statement.where(col(PaymentMethod.id) == card.id)
    values = {"provider_reference": reference, "fingerprint": fingerprint}
    await (await session.connection()).execute(statement.values(**values))
