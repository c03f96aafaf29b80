"""Switching a login's second factor on and off. The caller holds the login's row."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.tables import Login, RecoveryCode


async def begin(session: AsyncSession, login: Login, sealed_secret: bytes, now: datetime) -> None:
    """Keep a secret that waits to be confirmed, in the place of one that was not."""
    login.totp_secret, login.totp_begun_at = sealed_secret, now
    await session.flush()


async def switch_on(session: AsyncSession, login: Login, step: int, hashes: Iterable[bytes], now: datetime) -> None:
    """Confirm the secret that waits, with the time step of its first code and the hashes of its recovery codes."""
    login.totp_confirmed_at, login.totp_last_step = now, step
    await session.flush()
    await _remove_codes(session, login)
    rows = [{"account_id": login.account_id, "login_id": login.id, "code_hash": digest} for digest in hashes]
    await (await session.connection()).execute(insert(RecoveryCode), rows)


async def switch_off(session: AsyncSession, login: Login) -> None:
    """Forget the secret and the recovery codes."""
    login.totp_secret = login.totp_begun_at = login.totp_confirmed_at = login.totp_last_step = None
    await session.flush()
    await _remove_codes(session, login)


async def _remove_codes(session: AsyncSession, login: Login) -> None:
    own = (col(RecoveryCode.account_id) == login.account_id, col(RecoveryCode.login_id) == login.id)
    await session.exec(delete(RecoveryCode).where(*own))
