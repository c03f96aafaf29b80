"""The log of what happened in an account: rows are added in the transaction of what they tell about.

Readers go by the order of transactions, which the database writes down itself; what an event names may be gone by the
time that it is read.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from models.enums import EventKind
from models.tables import Event


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, and what it happened to. `payload` holds what a reader could not look up later."""

    kind: EventKind
    server_id: UUID | None = None
    activation_key_id: UUID | None = None
    product_subscription_id: UUID | None = None
    invoice_id: UUID | None = None
    payload: dict[str, Any] = field(default_factory=dict)


async def record(session: AsyncSession, account_id: UUID, at: datetime, happenings: Sequence[Happening]) -> None:
    """Add a row for each: one statement, or none where nothing happened."""
    if not happenings:
        return
    rows = [{"account_id": account_id, "at": at, **asdict(happening)} for happening in happenings]
    connection = await session.connection()
    await connection.execute(insert(Event).values(rows))
