"""Logins as signing in needs them: found by e-mail, and changed only where they still are as they were read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.enums import LoginState
from models.roles import RoleName
from models.statements import Row
from models.tables import Login, RecoveryCode

SIGN_IN_LOGIN = """
SELECT id, account_id, email, role, state, password_hash, totp_last_step,
    CASE WHEN totp_confirmed_at IS NOT NULL THEN totp_secret END AS totp_secret
FROM logins
"""
BY_EMAIL = f"{SIGN_IN_LOGIN} WHERE lower(email) = lower($1)"
BY_ID = f"{SIGN_IN_LOGIN} WHERE account_id = $1 AND id = $2"

SECOND_FACTOR = """
SELECT login.totp_confirmed_at IS NOT NULL AS enabled,
    to_char(timezone('UTC', login.totp_confirmed_at), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS confirmed_at,
    (SELECT count(*) FROM recovery_codes code
     WHERE code.account_id = login.account_id AND code.login_id = login.id AND code.used_at IS NULL
    ) AS recovery_codes_left
FROM logins login WHERE login.account_id = $1 AND login.id = $2
"""


@dataclass(frozen=True, slots=True)
class SignInLogin:
    """What signing in reads of a login. `totp_secret` is sealed, and None unless the second factor is on."""

    id: UUID
    account_id: UUID
    email: str
    role: RoleName
    active: bool
    password_hash: str | None
    totp_secret: bytes | None
    totp_last_step: int | None


async def by_email(reader: Reader, email: str) -> SignInLogin | None:
    """The login of an address, whatever its case."""
    rows = await reader.fetch(BY_EMAIL, email)
    return _sign_in_login(rows[0]) if rows else None


async def by_id(reader: Reader, account_id: UUID, login_id: UUID | None) -> SignInLogin | None:
    """A login as its owner proves to be it once more; a caller without one is none."""
    rows = await reader.fetch(BY_ID, account_id, login_id)
    return _sign_in_login(rows[0]) if rows else None


def _sign_in_login(row: Row) -> SignInLogin:
    return SignInLogin(
        id=row["id"],
        account_id=row["account_id"],
        email=row["email"],
        role=RoleName[row["role"]],
        active=row["state"] == LoginState.ACTIVE.name,
        password_hash=row["password_hash"],
        totp_secret=row["totp_secret"],
        totp_last_step=row["totp_last_step"],
    )


async def second_factor(reader: Reader, account_id: UUID, login_id: UUID) -> Row:
    """Whether and since when the login's second factor is on, and how many recovery codes are left."""
    rows = await reader.fetch(SECOND_FACTOR, account_id, login_id)
    return rows[0]


async def lock(session: AsyncSession, account_id: UUID | None, login_id: UUID | None) -> Login | None:
    """An active login's row, held until the transaction ends; None where there is none such, as for no id."""
    found = select(Login).where(col(Login.account_id) == account_id, col(Login.id) == login_id)
    active = found.where(col(Login.state) == LoginState.ACTIVE)
    return (await session.exec(active.with_for_update(key_share=True))).first()


async def lock_by_email(session: AsyncSession, email: str) -> Login | None:
    """An active login's row by its address, whatever its case, held until the transaction ends."""
    found = select(Login).where(func.lower(Login.email) == func.lower(email), col(Login.state) == LoginState.ACTIVE)
    return (await session.exec(found.with_for_update(key_share=True))).first()


async def set_password(session: AsyncSession, login: Login, password_hash: str, now: datetime) -> None:
    """Give a login that is held a password."""
    login.password_hash, login.password_changed_at = password_hash, now
    await session.flush()


async def add(session: AsyncSession, login: Login) -> bool:
    """Store a new login; False where its address is another's already."""
    try:
        async with session.begin_nested():
            session.add(login)
            await session.flush()
    except IntegrityError as error:
        refuse_others(error)
        return False
    return True


async def rename(session: AsyncSession, login: Login, email: str) -> bool:
    """Let a login that is held sign in with another address; False where that is another's already."""
    try:
        async with session.begin_nested():
            login.email = email
            await session.flush()
    except IntegrityError as error:
        refuse_others(error)
        return False
    return True


def refuse_others(error: IntegrityError) -> None:
    """Let through the one violation that a story expects: an address that is taken."""
    if "uq_logins_email" not in str(error.orig):
        raise error


async def lock_signed_in(
    session: AsyncSession, login: SignInLogin, now: datetime, *, step: int | None, new_hash: str | None
) -> bool:
    """Note a sign-in and hold the login's row until the transaction ends.

    False where the login is no longer as it was read: disabled, its password changed, its second factor switched, or
    the code's time step used meanwhile.
    """
    values = {"last_sign_in_at": now, "totp_last_step": step, "password_hash": new_hash}
    unchanged = (
        col(Login.id) == login.id,
        col(Login.state) == LoginState.ACTIVE,
        col(Login.password_hash) == login.password_hash,
        col(Login.totp_confirmed_at).is_(None) == (login.totp_secret is None),
    )
    unused = () if step is None else (or_(col(Login.totp_last_step).is_(None), col(Login.totp_last_step) < step),)
    given = {name: value for name, value in values.items() if value is not None}
    statement = update(Login).where(*unchanged, *unused).values(given).returning(col(Login.id))
    return (await session.exec(statement)).first() is not None


async def use_recovery_code(session: AsyncSession, login: SignInLogin, digest: bytes, now: datetime) -> bool:
    """Spend a recovery code; False where the login has none such left."""
    statement = (
        update(RecoveryCode)
        .where(
            col(RecoveryCode.account_id) == login.account_id,
            col(RecoveryCode.login_id) == login.id,
            col(RecoveryCode.code_hash) == digest,
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now)
        .returning(col(RecoveryCode.id))
    )
    return (await session.exec(statement)).first() is not None
