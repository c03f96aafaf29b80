"""Accounts that are locked for their debt, and unlocked when it is paid: each by one conditional statement."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

# Accounts that others hold just now are passed by: they come again, and may have paid by then.
LOCK = text(
    """
    UPDATE accounts SET state = 'LOCKED'
    WHERE id IN (
        SELECT id FROM accounts
        WHERE in_debt_since <= :since AND state = 'ACTIVE'
        ORDER BY id LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id, number
    """
)
UNLOCK = text(
    """
    UPDATE accounts SET state = 'ACTIVE'
    WHERE id = :id AND state = 'LOCKED' AND locked_by_operator_at IS NULL AND balance_minor >= 0
    RETURNING id
    """
)


async def lock(session: AsyncSession, since: datetime, most: int) -> Sequence[tuple[UUID, str]]:
    """Lock at most so many accounts that have been in debt since then, or longer; their ids and numbers."""
    found = await (await session.connection()).execute(LOCK, {"since": since, "most": most})
    return [(row.id, row.number) for row in found]


async def unlock(session: AsyncSession, account_id: UUID) -> bool:
    """Unlock an account that owes nothing and that no operator has locked; whether it was locked."""
    found = await (await session.connection()).execute(UNLOCK, {"id": account_id})
    return found.first() is not None
