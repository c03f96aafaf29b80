"""Stored answers to mutations that were sent with a key.

Whoever carries out a mutation holds the key's advisory lock for as long as its transaction lasts, so a second request
learns at once that the first still runs, and one that was cut off leaves nothing behind.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.tables import IdempotencyKey

LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a key is known: to one login or machine credential of an account, for one mutation field."""

    account_id: UUID
    actor_id: UUID
    field: str
    key: str

    @property
    def name(self) -> bytes:
        """All of it, with nothing that two scopes could share."""
        return b"\x00".join((self.account_id.bytes, self.actor_id.bytes, self.field.encode(), self.key.encode()))


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer: what was asked for, and the payload and user errors as JSON."""

    input_hash: bytes
    payload: Mapping[str, Any]
    user_errors: Sequence[Mapping[str, Any]]


async def claim(session: AsyncSession, scope: Scope) -> bool:
    """Take the key for this transaction; False where another one has it."""
    number = int.from_bytes(hashlib.sha256(scope.name).digest()[:8], signed=True)
    connection = await session.connection()
    return bool((await connection.execute(LOCK, {"lock": number})).scalar_one())


async def find(session: AsyncSession, scope: Scope, now: datetime) -> Stored | None:
    """The answer stored under a key that this transaction has claimed, unless its time is over."""
    wanted = select(IdempotencyKey.input_hash, IdempotencyKey.payload, IdempotencyKey.user_errors).where(
        col(IdempotencyKey.account_id) == scope.account_id,
        col(IdempotencyKey.actor_id) == scope.actor_id,
        col(IdempotencyKey.field) == scope.field,
        col(IdempotencyKey.key) == scope.key,
        col(IdempotencyKey.expires_at) > now,
    )
    row = (await session.exec(wanted)).first()
    return None if row is None else Stored(*row)


async def store(session: AsyncSession, scope: Scope, answer: Stored, now: datetime, expires_at: datetime) -> None:
    """Keep an answer under a claimed key, in the place of one whose time is over."""
    names = {"account_id": scope.account_id, "actor_id": scope.actor_id, "field": scope.field, "key": scope.key}
    values = {
        "input_hash": answer.input_hash,
        "payload": answer.payload,
        "user_errors": answer.user_errors,
        "created_at": now,
        "expires_at": expires_at,
    }
    added = insert(IdempotencyKey).values(**names, **values)
    connection = await session.connection()
    await connection.execute(added.on_conflict_do_update(index_elements=list(names), set_=values))
