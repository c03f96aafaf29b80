"""From what a request carries to who is calling: an Authorization header or a session cookie, then one statement."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from auth.actors import Actor, CredentialKind
from auth.credential_cache import Credential
from auth.tokens import Token, read_token
from models.db import Database
from models.errors import Unauthenticated
from models.queries import credentials as queries
from models.roles import RoleName

_OLDER_PORTAL = re.compile(r"[^|]+\|\d+\|[0-9a-fA-F]{40}")

UNREADABLE = "The Authorization header must be `Bearer` and a token of this portal: a session's, or an API key."
NOT_HELD = "The token is unknown, has expired or was revoked. Sign in again, or use another key."
OLDER_PORTAL = (
    "A token of the form login|timestamp|sha1 belongs to the older portal and is not accepted here. "
    "Create an API key, or rotate the account's API secret key, and send it as `Authorization: Bearer <key>`."
)


USES_WRITTEN_EVERY = timedelta(minutes=1)
IDLE_GRACE = 2 * USES_WRITTEN_EVERY
"""What was used may not be written down yet, by whichever process, and a row that is held waits for the next use. With
this much patience no session ends before its time; one may last so much longer."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session lasts: from signing in, and from the last request."""

    session: timedelta
    idle: timedelta

    def idle_since(self, now: datetime) -> datetime:
        """A session whose last use was written down no later than this has ended."""
        return now - self.idle - IDLE_GRACE


def read_authorization(header: str) -> Token:
    """The token in an Authorization header. Anything else is refused, with a sentence on what to send instead."""
    scheme, _, rest = header.strip().partition(" ")
    token = read_token(rest.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        older = any(_OLDER_PORTAL.fullmatch(text) for text in (header.strip(), rest.strip()))
        raise Unauthenticated(OLDER_PORTAL if older else UNREADABLE)
    return token


def read_cookie(value: str) -> Token | None:
    """The session's token in a cookie. A cookie never carries a key, and a bad one counts as absent."""
    token = read_token(value)
    return token if token is not None and token.kind is CredentialKind.SESSION else None


async def look_up(db: Database, token: Token, now: datetime, lifetimes: Lifetimes) -> Credential | None:
    """Who holds this token, or None where nobody does any more."""
    holder = await _holder(db, token.kind, token.digest, now, lifetimes)
    if holder is None:
        return None
    ends_at = holder.expires_at
    if token.kind is CredentialKind.SESSION and ends_at is not None:
        ends_at = min(ends_at, now + lifetimes.idle)
    return Credential(_actor(token.kind, holder), ends_at)


async def still_holds(
    db: Database, kind: CredentialKind, credential_id: UUID, now: datetime, lifetimes: Lifetimes
) -> Actor | None:
    """Who holds the credential that was shown before, in the role that it has by now; None where it is good no longer.

    That it was shown is for the caller to know, as from a link that only we can have made.
    """
    holder = await _holder(db, kind, credential_id, now, lifetimes)
    return None if holder is None else _actor(kind, holder)


async def _holder(
    db: Database, kind: CredentialKind, name: queries.Name, now: datetime, lifetimes: Lifetimes
) -> queries.Holder | None:
    async with db.read() as reader:
        if kind is CredentialKind.SESSION:
            return await queries.find_session(reader, name, now, lifetimes.idle_since(now))
        if kind is CredentialKind.API_KEY:
            return await queries.find_api_key(reader, name, now)
        return await queries.find_api_secret_key(reader, name, now)


def _actor(kind: CredentialKind, holder: queries.Holder) -> Actor:
    return Actor(
        account_id=holder.account_id,
        role=RoleName.FULL_ACCESS if holder.role is None else holder.role,
        credential=kind,
        credential_id=holder.id,
        login_id=holder.login_id,
        email=holder.email,
    )
