"""What operators reach: any account by its number, any login by its address, and what is sealed, batch by batch."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.queries.audit import Origin
from models.tables import Account, Login, Session

OPERATOR = "operator"
"""How the log names whoever runs commands on the gateway's machine."""

JOBS = text(
    """
    SELECT id, payload FROM jobs.pgqueuer WHERE entrypoint = :kind AND id > :after ORDER BY id LIMIT :most FOR UPDATE
    """
)
RENEW_JOB = text("UPDATE jobs.pgqueuer SET payload = :payload WHERE id = :id")


def operator(account_id: UUID, at: datetime, login_id: UUID | None = None) -> Origin:
    """An operator as the origin of what is done to an account, or to one login of it."""
    return Origin(account_id, OPERATOR, at, None, login_id)


async def lock_account(session: AsyncSession, number: str) -> Account | None:
    """The account of a number, held until the transaction ends."""
    found = select(Account).where(col(Account.number) == number).with_for_update(key_share=True)
    return (await session.exec(found)).first()


async def lock_login(session: AsyncSession, email: str) -> Login | None:
    """The login of an address, whatever its case and state, held until the transaction ends."""
    found = select(Login).where(func.lower(Login.email) == func.lower(email)).with_for_update(key_share=True)
    return (await session.exec(found)).first()


async def sessions_of(session: AsyncSession, login: Login) -> Sequence[Session]:
    """A login's sessions, the newest first."""
    own = (col(Session.account_id) == login.account_id, col(Session.login_id) == login.id)
    return (await session.exec(select(Session).where(*own).order_by(col(Session.created_at).desc()))).all()


async def lock_older_secrets(session: AsyncSession, mark: bytes, after: UUID, most: int) -> Sequence[Login]:
    """The next logins whose second factor's secret does not begin with the mark, held."""
    older = func.substring(Login.totp_secret, 1, len(mark)) != mark
    found = select(Login).where(col(Login.totp_secret).is_not(None), older, col(Login.id) > after)
    return (await session.exec(found.order_by(col(Login.id)).limit(most).with_for_update(key_share=True))).all()


async def lock_jobs(session: AsyncSession, kind: str, after: int, most: int) -> Sequence[tuple[int, bytes]]:
    """The next jobs of a kind, whatever their state: number and payload, held."""
    connection = await session.connection()
    rows = (await connection.execute(JOBS, {"kind": kind, "after": after, "most": most})).all()
    return [(row.id, row.payload) for row in rows]


async def renew_job(session: AsyncSession, number: int, payload: bytes) -> None:
    """Give a held job another payload."""
    await (await session.connection()).execute(RENEW_JOB, {"id": number, "payload": payload})
