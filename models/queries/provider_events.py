"""Messages of the payment provider's that have been taken."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.tables import ProviderEvent


async def note(session: AsyncSession, event_id: str, kind: str, now: datetime) -> bool:
    """Take a message, in the transaction that applies it; False where it has been taken already."""
    statement = insert(ProviderEvent).values(id=event_id, kind=kind, received_at=now).on_conflict_do_nothing()
    taken = await (await session.connection()).execute(statement.returning(col(ProviderEvent.id)))
    return taken.first() is not None
