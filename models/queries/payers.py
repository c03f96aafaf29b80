"""Who an account is to the payment provider."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.tables import Account

PAYER = """
    SELECT provider_customer, company_name, coalesce(billing_email, billing_contact_email) AS email,
           (SELECT count(*) FROM payment_methods WHERE account_id = accounts.id) AS methods
    FROM accounts WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class Payer:
    """An account as the provider is told of it, the customer that it is there if it is known, and its cards."""

    customer: str | None
    name: str
    email: str
    methods: int


async def payer(reader: Reader, account_id: UUID) -> Payer:
    """Read all of it."""
    (row,) = await reader.fetch(PAYER, account_id)
    return Payer(row["provider_customer"], row["company_name"], row["email"], row["methods"])


async def remember(session: AsyncSession, account_id: UUID, customer: str) -> str:
    """Note which customer an account is. The first that was noted stays, and is returned."""
    noted = (
        update(Account)
        .where(col(Account.id) == account_id)
        .values(provider_customer=func.coalesce(col(Account.provider_customer), customer))
        .returning(col(Account.provider_customer))
    )
    return str((await (await session.connection()).execute(noted)).scalar_one())
