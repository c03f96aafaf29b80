"""Machine credentials as the master manages them. Whoever changes them holds the account's row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.roles import RoleName
from models.tables import ApiKey, ApiSecretKey

MOST_API_KEYS = 50
"""An account has at most so many API keys, expired ones among them."""


@dataclass(frozen=True, slots=True)
class RevokedKey:
    """What a key was."""

    name: str
    role: RoleName


async def count_api_keys(session: AsyncSession, account_id: UUID) -> int:
    """How many API keys the account has."""
    statement = select(func.count()).select_from(ApiKey).where(col(ApiKey.account_id) == account_id)
    return (await session.exec(statement)).one()


async def add_api_key(session: AsyncSession, key: ApiKey) -> UUID:
    """Store a new key; its id."""
    session.add(key)
    await session.flush()
    return key.id


async def revoke_api_key(session: AsyncSession, account_id: UUID, key_id: UUID) -> RevokedKey | None:
    """Remove a key; None where the account has none such."""
    statement = (
        delete(ApiKey)
        .where(col(ApiKey.account_id) == account_id, col(ApiKey.id) == key_id)
        .returning(col(ApiKey.name), col(ApiKey.role))
    )
    row = (await session.exec(statement)).first()
    return None if row is None else RevokedKey(*row)


async def secret_keys(session: AsyncSession, account_id: UUID) -> Sequence[ApiSecretKey]:
    """All that there are of the account's API secret key: the current one and those that it replaced."""
    statement = select(ApiSecretKey).where(col(ApiSecretKey.account_id) == account_id)
    return (await session.exec(statement)).all()


async def replace_secret_key(
    session: AsyncSession, key: ApiSecretKey, *, ended: Sequence[UUID], ends: UUID | None, ends_at: datetime
) -> None:
    """Store the new secret key; remove those that have ended, and let the one before it work until a time."""
    own = col(ApiSecretKey.account_id) == key.account_id
    if ended:
        await session.exec(delete(ApiSecretKey).where(own, col(ApiSecretKey.id).in_(ended)))
    if ends is not None:
        await session.exec(update(ApiSecretKey).where(own, col(ApiSecretKey.id) == ends).values(expires_at=ends_at))
    session.add(key)
    await session.flush()
