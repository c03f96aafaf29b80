"""The audit log: rows are added, in the transaction of what they tell about, and never changed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.tables import AuditEvent


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did something, when and from where."""

    account_id: UUID
    actor: str
    at: datetime
    ip: str | None
    login_id: UUID | None = None
    credential_kind: str | None = None


FAILED_SIGN_IN = text(
    """
    INSERT INTO audit_events (account_id, at, actor, login_id, ip, action)
    SELECT account_id, :at, email, id, CAST(:ip AS inet), 'login.sign_in_failed'
    FROM logins WHERE lower(email) = lower(:email)
    """
)


def record(session: AsyncSession, origin: Origin, action: str) -> None:
    """Add a row about a login's own doing."""
    session.add(
        AuditEvent(
            account_id=origin.account_id,
            at=origin.at,
            actor=origin.actor,
            login_id=origin.login_id,
            credential_kind=origin.credential_kind,
            ip=origin.ip,
            action=action,
        )
    )


async def record_failed_sign_in(session: AsyncSession, email: str, at: datetime, ip: str | None) -> None:
    """Note a failed sign-in for the login of an address. For an unknown address the same statement adds nothing.

    Whoever waits for the answer must not learn from its time which of the two it was, so the commit does not wait for
    the disk.
    """
    connection = await session.connection()
    await connection.execute(text("SET LOCAL synchronous_commit = off"))
    await connection.execute(FAILED_SIGN_IN, {"email": email, "at": at, "ip": ip})
