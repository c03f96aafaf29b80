"""Proving once more to be the owner of the login that asks, before something is changed that protects it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from auth.actors import Actor
from auth.second_factor import Proof
from models.audit import Action
from models.db import Transaction
from models.errors import Unauthenticated, UserFault
from models.queries import audit, logins
from models.queries.logins import SignInLogin
from models.tables import Login
from resolvers import throttling
from resolvers.acting import origin
from resolvers.context import RequestContext
from resolvers.sign_in import code_required, wrong_code
from resolvers.throttling import Guarded


async def own_login(context: RequestContext, actor: Actor) -> SignInLogin:
    """The caller's login as it is now."""
    async with context.db.read() as reader:
        login = await logins.by_id(reader, actor.account_id, actor.login_id)
    if login is None:
        raise Unauthenticated("The login of this session is gone.")
    return login


@asynccontextmanager
async def tried(context: RequestContext, guarded: Guarded, subject: str) -> AsyncIterator[None]:
    """A try of somebody who is signed in. A wrong one is in the audit log, whatever becomes of the story."""
    try:
        async with throttling.tried(context, guarded, subject):
            yield
    except UserFault as fault:
        if fault.code in throttling.WRONG_GUESSES:
            async with context.db.apart.write() as session:
                await audit.record(session, origin(context), Action.LOGIN_PROOF_FAILED)
        raise


async def password_fault(context: RequestContext, login: SignInLogin, password: str, field: str) -> UserFault | None:
    """What is wrong with a password that should be the login's. It counts as a try at signing in."""
    try:
        async with tried(context, Guarded.PASSWORD, login.email):
            await _verify(context, login, password, field)
    except UserFault as fault:
        if fault.code not in throttling.WRONG_GUESSES:
            raise
        return fault
    return None


async def _verify(context: RequestContext, login: SignInLogin, password: str, field: str) -> None:
    if not await context.authority.passwords.verify(login.password_hash, password):
        raise UserFault("INVALID_CREDENTIALS", "The password is wrong.", [field])


@asynccontextmanager
async def code_tried(context: RequestContext, login: SignInLogin, code: str | None) -> AsyncIterator[Proof]:
    """What a code proves, for a block that spends it; an empty proof for a login without a second factor."""
    if login.totp_secret is None:
        yield Proof()
        return
    if not code:
        raise code_required()
    async with tried(context, Guarded.CODE, str(login.id)):
        proof = context.authority.second_factor.proof(login.id, login.totp_secret, code, context.now)
        if proof is None:
            raise wrong_code()
        yield proof


async def hold_proved(
    context: RequestContext, session: Transaction, login: SignInLogin, proof: Proof | None = None
) -> Login:
    """The login's row, held, where it is still as it was when the proof was checked; the code is spent."""
    row = await logins.lock(session, login.account_id, login.id)
    if row is None or row.password_hash != login.password_hash:
        raise UserFault("CONFLICT", "The login has just been changed elsewhere. Sign in again.")
    if proof is None:
        return row
    if (row.totp_confirmed_at is None) != (login.totp_secret is None):
        raise UserFault("CONFLICT", "The second factor has just been switched. Try again.")
    if proof.step is not None:
        if row.totp_last_step is not None and row.totp_last_step >= proof.step:
            raise wrong_code()
        row.totp_last_step = proof.step
    if proof.recovery_hash and not await logins.use_recovery_code(session, login, proof.recovery_hash, context.now):
        raise wrong_code()
    return row
