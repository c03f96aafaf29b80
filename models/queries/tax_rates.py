"""The table of tax rates: read for an invoice, and kept by operators."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.tables import TaxRate


async def rate_of(session: AsyncSession, country: str) -> TaxRate | None:
    """The tax of a country; None where there is none."""
    return (await session.exec(select(TaxRate).where(col(TaxRate.country) == country))).first()


async def every_rate(session: AsyncSession) -> Sequence[TaxRate]:
    """All rates, by country."""
    return (await session.exec(select(TaxRate).order_by(col(TaxRate.country)))).all()


async def keep(session: AsyncSession, rate: TaxRate) -> None:
    """Set a country's tax, from the next invoice on."""
    values = {"rate": rate.rate, "reverse_charge": rate.reverse_charge}
    kept = insert(TaxRate).values(country=rate.country, **values)
    await (await session.connection()).execute(kept.on_conflict_do_update(index_elements=["country"], set_=values))


async def drop(session: AsyncSession, country: str) -> bool:
    """Charge a country no tax any more; False where it is charged none."""
    dropped = delete(TaxRate).where(col(TaxRate.country) == country).returning(col(TaxRate.country))
    return (await session.exec(dropped)).first() is not None
