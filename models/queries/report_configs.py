"""Report configurations as logins change them. One about costs does not exist for who does not see prices."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.enums import ReportKind
from models.tables import Product, ReportConfig

MOST_REPORT_CONFIGS = 100
"""An account has at most so many."""


async def count(session: AsyncSession, account_id: UUID) -> int:
    """How many the account has, under the account's lock."""
    statement = select(func.count()).select_from(ReportConfig).where(col(ReportConfig.account_id) == account_id)
    return (await session.exec(statement)).one()


async def product_names(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of those of the ids that are products, in the catalogue's order."""
    if not ids:
        return {}
    statement = select(col(Product.id), col(Product.name)).where(col(Product.id).in_(ids))
    return dict((await session.exec(statement.order_by(col(Product.position)))).all())


async def add(session: AsyncSession, config: ReportConfig) -> UUID:
    """Store a new one; its id."""
    session.add(config)
    await session.flush()
    return config.id


async def lock(session: AsyncSession, account_id: UUID, config_id: UUID, *, sees_prices: bool) -> ReportConfig | None:
    """One of the account's, held until the transaction ends; None where there is none such for who asks."""
    statement = select(ReportConfig).where(
        col(ReportConfig.account_id) == account_id, col(ReportConfig.id) == config_id
    )
    if not sees_prices:
        statement = statement.where(col(ReportConfig.kind) != ReportKind.COSTS)
    return (await session.exec(statement.with_for_update())).first()


async def remove(session: AsyncSession, config: ReportConfig) -> None:
    """Remove one that is held."""
    await session.delete(config)
    await session.flush()
