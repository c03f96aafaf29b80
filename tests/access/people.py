"""An account with a login of every role and machine credentials, made row by row so that a test says what it needs."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import httpx
from argon2 import PasswordHasher as Argon2
from sqlmodel import select

from auth.actors import Actor, CredentialKind
from auth.second_factor import SecondFactor
from auth.tokens import Token, new_token
from auth.vault import Vault
from models.db import Database
from models.enums import AccountKind
from models.roles import RoleName
from models.tables import Account, ApiKey, ApiSecretKey, AuditEvent, Login, RecoveryCode, Session
from tests.client import post
from tests.conftest import SECRET

PASSWORD = "a password for tests"

SIGN_IN = """mutation ($email: EmailAddress!, $password: String!, $code: String) {
  signIn(input: { email: $email, password: $password, code: $code }) {
    token expiresAt viewer { login role { name } account { number } } userErrors { code message field retryAfterMs }
  }
}"""


@cache
def hashed(password: str = PASSWORD) -> str:
    """A password's hash with today's parameters."""
    return Argon2(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(password)


def utc() -> datetime:
    """Now."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Person:
    """A login as its owner knows it."""

    id: UUID
    account_id: UUID
    email: str
    password: str = PASSWORD


async def make_account(db: Database, number: str = "A-1", kind: AccountKind = AccountKind.DIRECT) -> UUID:
    """An account without anything."""
    account = Account(
        number=number,
        kind=kind,
        personal_first_name="First",
        personal_last_name="Byron",
        personal_email="first@example.com",
        company_name="Engines",
        billing_first_name="First",
        billing_last_name="Byron",
        billing_contact_email="billing@example.com",
    )
    async with db.write() as session:
        session.add(account)
    return account.id


async def make_login(
    db: Database, account_id: UUID, role: RoleName = RoleName.MASTER, email: str | None = None, **columns: Any
) -> Person:
    """A login that can sign in."""
    values: dict[str, Any] = {
        "email": email or f"{role.name.lower()}@example.com",
        "password_hash": hashed(),
        **columns,
    }
    login = Login(account_id=account_id, role=role, **values)
    async with db.write() as session:
        session.add(login)
    return Person(login.id, account_id, login.email)


async def make_master(db: Database, number: str = "A-1", email: str = "Master@Example.com") -> Person:
    """An account with its master login."""
    return await make_login(db, await make_account(db, number), email=email)


async def make_session(db: Database, person: Person, **columns: Any) -> Token:
    """A session of a login, as if it had signed in."""
    token = new_token(CredentialKind.SESSION)
    values: dict[str, Any] = {"expires_at": utc() + timedelta(hours=1), **columns}
    async with db.write() as session:
        session.add(Session(account_id=person.account_id, login_id=person.id, token_hash=token.digest, **values))
    return token


async def make_api_key(db: Database, account_id: UUID, role: RoleName, **columns: Any) -> Token:
    """An API key with a role."""
    token = new_token(CredentialKind.API_KEY)
    key = ApiKey(account_id=account_id, name="key", prefix=token.shown, secret_hash=token.digest, role=role, **columns)
    async with db.write() as session:
        session.add(key)
    return token


async def make_secret_key(db: Database, account_id: UUID, **columns: Any) -> Token:
    """The account's API secret key."""
    token = new_token(CredentialKind.API_SECRET_KEY)
    async with db.write() as session:
        session.add(ApiSecretKey(account_id=account_id, prefix=token.shown, secret_hash=token.digest, **columns))
    return token


async def switch_on_second_factor(db: Database, person: Person) -> tuple[str, list[str]]:
    """Confirm a second factor; the authenticator's secret and the recovery codes."""
    factor = SecondFactor(Vault(SECRET.encode()))
    secret, sealed = factor.new_secret(person.id)
    codes = factor.new_recovery_codes(person.id, sealed)
    async with db.write() as session:
        login = (await session.exec(select(Login).where(Login.id == person.id))).one()
        login.totp_secret, login.totp_confirmed_at = sealed, utc()
        for digest in codes.values():
            session.add(RecoveryCode(account_id=person.account_id, login_id=person.id, code_hash=digest))
    return secret, list(codes)


def actor_of(person: Person, session_id: UUID) -> Actor:
    """A master as its session makes it known."""
    return Actor(person.account_id, RoleName.MASTER, CredentialKind.SESSION, session_id, person.id, person.email)


async def sign_in(
    client: httpx.AsyncClient, person: Person, code: str | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Try to sign in over HTTP."""
    variables = {"email": person.email, "password": person.password, "code": code}
    return await post(client, SIGN_IN, variables, headers=headers)


def with_password(person: Person, password: str) -> Person:
    """The same person, typing another password."""
    return replace(person, password=password)


async def sessions_of(db: Database, person: Person) -> list[Session]:
    """The login's sessions, the oldest first."""
    async with db.write() as session:
        found = select(Session).where(Session.login_id == person.id).order_by("created_at")
        return list((await session.exec(found)).all())


async def login_of(db: Database, person: Person) -> Login:
    """The login's row."""
    async with db.write() as session:
        return (await session.exec(select(Login).where(Login.id == person.id))).one()


async def audit_of(db: Database) -> list[AuditEvent]:
    """Every audit row, the oldest first."""
    async with db.write() as session:
        return list((await session.exec(select(AuditEvent).order_by("at", "id"))).all())
