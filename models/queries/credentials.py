"""Credentials by the hash of their token: one statement finds the holder and notes the use.

The note is written at most once a minute, so that a busy client does not turn every read into a write.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.db import Reader
from models.roles import RoleName
from models.statements import Row

NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a credential stands for. The API secret key has no role of its own; only a session has a login."""

    id: UUID
    account_id: UUID
    role: RoleName | None = None
    login_id: UUID | None = None
    email: str | None = None


BY_SESSION = """
WITH found AS (
    SELECT session.id, session.account_id, session.login_id, login.role, login.email
    FROM sessions session JOIN logins login ON login.account_id = session.account_id AND login.id = session.login_id
    WHERE session.token_hash = $1 AND session.expires_at > $2 AND session.last_seen_at > $4 AND login.state = 'ACTIVE'
), noted AS (
    UPDATE sessions session SET last_seen_at = $2 FROM found WHERE session.id = found.id AND session.last_seen_at < $3
)
SELECT id, account_id, login_id, role, email FROM found
"""

BY_API_KEY = """
WITH found AS (
    SELECT id, account_id, role FROM api_keys WHERE secret_hash = $1 AND (expires_at IS NULL OR expires_at > $2)
), noted AS (
    UPDATE api_keys key SET last_used_at = $2 FROM found
    WHERE key.id = found.id AND (key.last_used_at IS NULL OR key.last_used_at < $3)
)
SELECT id, account_id, role FROM found
"""

BY_ACCOUNT_KEY = """
WITH found AS (
    SELECT id, account_id FROM api_secret_keys WHERE secret_hash = $1 AND (expires_at IS NULL OR expires_at > $2)
), noted AS (
    UPDATE api_secret_keys key SET last_used_at = $2 FROM found
    WHERE key.id = found.id AND (key.last_used_at IS NULL OR key.last_used_at < $3)
)
SELECT id, account_id FROM found
"""


async def use_session(reader: Reader, digest: bytes, now: datetime, idle_since: datetime) -> Holder | None:
    """The login of a session that has not ended, was used since `idle_since`, and whose login is not disabled."""
    row = _first(await reader.fetch(BY_SESSION, digest, now, now - NOTED_EVERY, idle_since))
    if row is None:
        return None
    return Holder(row["id"], row["account_id"], RoleName[row["role"]], row["login_id"], row["email"])


async def use_api_key(reader: Reader, digest: bytes, now: datetime) -> Holder | None:
    """The account and role of an API key that has not expired."""
    row = _first(await reader.fetch(BY_API_KEY, digest, now, now - NOTED_EVERY))
    return None if row is None else Holder(row["id"], row["account_id"], RoleName[row["role"]])


async def use_api_secret_key(reader: Reader, digest: bytes, now: datetime) -> Holder | None:
    """The account of an API secret key; a rotated one is good until its overlap ends."""
    row = _first(await reader.fetch(BY_ACCOUNT_KEY, digest, now, now - NOTED_EVERY))
    return None if row is None else Holder(row["id"], row["account_id"])


def _first(rows: list[Row]) -> Row | None:
    return rows[0] if rows else None
