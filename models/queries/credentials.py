"""Credentials by the hash of their token, or the id of one that was shown: one statement finds the holder.

When they are used is noted elsewhere and written down together, some time later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.roles import RoleName
from models.statements import Row


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a credential stands for, and until when. The API secret key has no role of its own; only a session has a
    login."""

    id: UUID
    account_id: UUID
    expires_at: datetime | None
    role: RoleName | None = None
    login_id: UUID | None = None
    email: str | None = None


BY_SESSION = """
SELECT session.id, session.account_id, session.expires_at, session.login_id, login.role, login.email
FROM sessions session JOIN logins login ON login.account_id = session.account_id AND login.id = session.login_id
WHERE session.token_hash = $1 AND session.expires_at > $2 AND session.last_seen_at > $3 AND login.state = 'ACTIVE'
"""

BY_API_KEY = """
SELECT id, account_id, expires_at, role FROM api_keys
WHERE secret_hash = $1 AND (expires_at IS NULL OR expires_at > $2)
"""

BY_ACCOUNT_KEY = """
SELECT id, account_id, expires_at FROM api_secret_keys
WHERE secret_hash = $1 AND (expires_at IS NULL OR expires_at > $2)
"""

Name = bytes | UUID
"""What a credential is asked for by: the hash of its token, or its id."""

LOOK_UPS = (BY_SESSION, BY_API_KEY, BY_ACCOUNT_KEY)


def _noting(table: str, column: str) -> TextClause:
    """Write down the latest uses. A row that somebody else holds is left: it is being ended, or noted by another."""
    return text(
        f"""
        UPDATE {table} SET {column} = used.at
        FROM (
            SELECT held.id, noted.at
            FROM {table} held
            JOIN unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[])) AS noted (id, at) ON noted.id = held.id
            WHERE held.{column} IS NULL OR held.{column} < noted.at
            FOR NO KEY UPDATE OF held SKIP LOCKED
        ) AS used
        WHERE {table}.id = used.id
        """
    )


SESSIONS_SEEN = _noting("sessions", "last_seen_at")
API_KEYS_USED = _noting("api_keys", "last_used_at")
ACCOUNT_KEYS_USED = _noting("api_secret_keys", "last_used_at")


async def find_session(reader: Reader, name: Name, now: datetime, idle_since: datetime) -> Holder | None:
    """The login of a session that has not ended, was used since `idle_since`, and whose login is not disabled."""
    row = _first(await reader.fetch(_by(name, BY_SESSION, "session.token_hash"), name, now, idle_since))
    if row is None:
        return None
    role = RoleName[row["role"]]
    return Holder(row["id"], row["account_id"], row["expires_at"], role, row["login_id"], row["email"])


async def find_api_key(reader: Reader, name: Name, now: datetime) -> Holder | None:
    """The account and role of an API key that has not expired."""
    row = _first(await reader.fetch(_by(name, BY_API_KEY), name, now))
    return None if row is None else Holder(row["id"], row["account_id"], row["expires_at"], RoleName[row["role"]])


async def find_api_secret_key(reader: Reader, name: Name, now: datetime) -> Holder | None:
    """The account of an API secret key; a rotated one is good until its overlap ends."""
    row = _first(await reader.fetch(_by(name, BY_ACCOUNT_KEY), name, now))
    return None if row is None else Holder(row["id"], row["account_id"], row["expires_at"])


def _by(name: Name, look_up: str, hashed: str = "secret_hash") -> str:
    """The look-up as it is, or by the row's id in place of the hash."""
    return look_up if isinstance(name, bytes) else look_up.replace(hashed, "session.id" if "." in hashed else "id")


async def note_sessions(session: AsyncSession, uses: Mapping[UUID, datetime]) -> None:
    """Write down when sessions were last used."""
    await _note(session, SESSIONS_SEEN, uses)


async def note_api_keys(session: AsyncSession, uses: Mapping[UUID, datetime]) -> None:
    """Write down when API keys were last used."""
    await _note(session, API_KEYS_USED, uses)


async def note_api_secret_keys(session: AsyncSession, uses: Mapping[UUID, datetime]) -> None:
    """Write down when API secret keys were last used."""
    await _note(session, ACCOUNT_KEYS_USED, uses)


async def _note(session: AsyncSession, statement: TextClause, uses: Mapping[UUID, datetime]) -> None:
    connection = await session.connection()
    await connection.execute(statement, {"ids": list(uses), "times": list(uses.values())})


def _first(rows: list[Row]) -> Row | None:
    return rows[0] if rows else None
