"""Signing in: an e-mail and a password, a code where the second factor is on, and a session begins."""

from dataclasses import dataclass, field
from datetime import datetime

from auth.actors import Actor, CredentialKind
from auth.authority import Authority
from auth.second_factor import Proof
from auth.tokens import Token, new_token
from models.audit import Action
from models.errors import UserFault
from models.queries import audit, logins, sessions
from models.queries.logins import SignInLogin
from models.tables import Session
from resolvers import throttling
from resolvers.acting import origin
from resolvers.context import RequestContext
from resolvers.throttling import Guarded

USER_AGENT_LENGTH = 400
NO_GUESS = frozenset({"TWO_FACTOR_REQUIRED", "TWO_FACTOR_INVALID", "THROTTLED"})
"""Refusals that say nothing against the password."""
NO_FAILURE = frozenset({"TWO_FACTOR_REQUIRED", "THROTTLED"})
"""Refusals that are no failed sign-in: nothing was looked at, or something was only missing."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has begun. The token is told here and never again."""

    token: str = field(repr=False)
    expires_at: datetime
    actor: Actor


def wrong_credentials() -> UserFault:
    """The one answer for an unknown address, a wrong password, and a login that is disabled or has no password yet."""
    return UserFault("INVALID_CREDENTIALS", "The e-mail or the password is wrong.")


def code_required() -> UserFault:
    """The password was right, and this login has a second factor."""
    return UserFault("TWO_FACTOR_REQUIRED", "This login has two-factor authentication: send a code too.", ["code"])


def wrong_code() -> UserFault:
    """The code is wrong, has run out, or was used before."""
    return UserFault("TWO_FACTOR_INVALID", "The code is wrong or was used before. Wait for the next one.", ["code"])


async def sign_in(context: RequestContext, email: str, password: str, code: str | None) -> SignedIn:
    """Begin a session, or raise the UserFault that says why not. Every failure is in the login's audit log."""
    tried = await throttling.attempt(context, Guarded.PASSWORD, email)
    try:
        login = await _recognised(context, email, password)
        new_hash = await _renewed_hash(context.authority, login, password)
        signed_in = await _past_second_factor(context, login, code, new_hash)
    except UserFault as fault:
        if fault.code in NO_GUESS:
            await tried.returned()
        if fault.code not in NO_FAILURE:
            async with context.db.write() as session:
                await audit.record_failed_sign_in(session, email, context.now, context.peer_ip)
        raise
    await tried.passed()
    return signed_in


async def _recognised(context: RequestContext, email: str, password: str) -> SignInLogin:
    """The login of an address and a password; the same work is done where there is none."""
    async with context.db.read() as reader:
        login = await logins.by_email(reader, email)
    matches = await context.authority.passwords.verify(login.password_hash if login else None, password)
    if login is None or not matches or not login.active:
        raise wrong_credentials()
    return login


async def _past_second_factor(
    context: RequestContext, login: SignInLogin, code: str | None, new_hash: str | None
) -> SignedIn:
    """Begin the session, with a code where the login has a second factor. Codes are counted as guesses of their own."""
    if login.totp_secret is None:
        return await _begin(context, login, Proof(), new_hash)
    if not code:
        raise code_required()
    tried = await throttling.attempt(context, Guarded.CODE, str(login.id))
    proof = context.authority.second_factor.proof(login.id, login.totp_secret, code, context.now)
    if proof is None:
        raise wrong_code()
    signed_in = await _begin(context, login, proof, new_hash)
    await tried.passed()
    return signed_in


async def _renewed_hash(authority: Authority, login: SignInLogin, password: str) -> str | None:
    """The password hashed anew, where it is still stored under older parameters."""
    if login.password_hash is None or not authority.passwords.needs_rehash(login.password_hash):
        return None
    return await authority.passwords.hash(password)


async def _begin(context: RequestContext, login: SignInLogin, proof: Proof, new_hash: str | None) -> SignedIn:
    token = new_token(CredentialKind.SESSION)
    begun = _new_session(context, login, token)
    async with context.db.write() as session:
        if not await logins.lock_signed_in(session, login, context.now, step=proof.step, new_hash=new_hash):
            raise wrong_credentials() if proof.step is None else wrong_code()
        if proof.recovery_hash and not await logins.use_recovery_code(session, login, proof.recovery_hash, context.now):
            raise wrong_code()
        await sessions.begin(session, begun, context.authority.lifetimes.idle_since(context.now))
        actor = _actor(login, begun)
        await audit.record(session, origin(context, actor), Action.LOGIN_SIGNED_IN)
    context.response.set_session_token = token.text
    context.response.session_expires_at = begun.expires_at
    return SignedIn(token.text, begun.expires_at, actor)


def _new_session(context: RequestContext, login: SignInLogin, token: Token) -> Session:
    return Session(
        account_id=login.account_id,
        login_id=login.id,
        token_hash=token.digest,
        created_at=context.now,
        last_seen_at=context.now,
        expires_at=context.now + context.authority.lifetimes.session,
        ip=context.peer_ip,
        user_agent=context.user_agent[:USER_AGENT_LENGTH] if context.user_agent else None,
    )


def _actor(login: SignInLogin, begun: Session) -> Actor:
    return Actor(login.account_id, login.role, CredentialKind.SESSION, begun.id, login.id, login.email)
