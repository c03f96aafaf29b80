"""Sessions: begun, capped and ended, always those of one login."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.tables import Session

MOST_SESSIONS = 50
"""A login has at most so many sessions; one more ends the oldest."""


async def begin(session: AsyncSession, begun: Session, idle_since: datetime) -> None:
    """Store a new session; end what of the login's others has run out, and the oldest beyond the most there may be.

    The caller holds the login's row, so that sign-ins of one login take their turns here.
    """
    session.add(begun)
    await session.flush()
    own = (col(Session.account_id) == begun.account_id, col(Session.login_id) == begun.login_id)
    newest = (
        select(col(Session.id)).where(*own).order_by(col(Session.created_at).desc(), col(Session.id).desc())
    ).limit(MOST_SESSIONS)
    ended = or_(
        col(Session.expires_at) <= begun.created_at,
        col(Session.last_seen_at) <= idle_since,
        col(Session.id).not_in(newest),
    )
    await session.exec(delete(Session).where(*own, ended))


async def end(session: AsyncSession, account_id: UUID, login_id: UUID, session_id: UUID | None = None) -> int:
    """End one session of a login, or all of them; the number that there were."""
    chosen = [] if session_id is None else [col(Session.id) == session_id]
    statement = delete(Session).where(col(Session.account_id) == account_id, col(Session.login_id) == login_id, *chosen)
    return len((await session.exec(statement.returning(col(Session.id)))).all())


async def end_others(session: AsyncSession, account_id: UUID, login_id: UUID, kept: UUID) -> None:
    """End all sessions of a login but one."""
    statement = delete(Session).where(col(Session.account_id) == account_id, col(Session.login_id) == login_id)
    await session.exec(statement.where(col(Session.id) != kept))


async def revoke(session: AsyncSession, account_id: UUID, login_id: UUID, session_id: UUID) -> str | None:
    """End one session of a login; the address that it was begun from, empty if unknown. None where there is none."""
    statement = (
        delete(Session)
        .where(col(Session.account_id) == account_id, col(Session.login_id) == login_id, col(Session.id) == session_id)
        .returning(col(Session.id), col(Session.ip))
    )
    row = (await session.exec(statement)).first()
    return None if row is None else str(row[1] or "")
