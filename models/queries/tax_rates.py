"""The table of tax rates, read for an invoice."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.tables import TaxRate


async def rate_of(session: AsyncSession, country: str) -> TaxRate | None:
    """The tax of a country; None where there is none."""
    return (await session.exec(select(TaxRate).where(col(TaxRate.country) == country))).first()
