"""Confirming a second factor by its first code: from then on signing in takes one.

The login's other sessions end: they began with a password alone, which is not enough any more.
"""

from datetime import timedelta
from uuid import UUID

from models.audit import Action
from models.db import Transaction
from models.errors import UserFault
from models.queries import audit, logins, second_factor, sessions
from models.tables import Login
from resolvers.acting import acting_login, origin
from resolvers.context import RequestContext
from resolvers.mails import MailTemplate, queue_mail
from resolvers.proving import tried
from resolvers.sign_in import wrong_code
from resolvers.throttling import Guarded

CONFIRMED_WITHIN = timedelta(minutes=10)
REFUSAL = "Only a signed-in session can set up its login's second factor."


async def confirm_two_factor(context: RequestContext, code: str) -> list[str]:
    """Switch the second factor of the caller's login on; its recovery codes, which are told here and never again."""
    actor = acting_login(context, REFUSAL)
    async with tried(context, Guarded.CODE, str(actor.login_id)), context.db.write() as session:
        login = await _waiting(context, session, actor.account_id, actor.login_id)
        shown = await _switch_on(context, session, login, code)
        await sessions.end_others(session, login.account_id, login.id, kept=actor.credential_id)
        await queue_mail(session, context.authority, MailTemplate.TWO_FACTOR_ON, login.email)
        await audit.record(session, origin(context), Action.LOGIN_TWO_FACTOR_ENABLED)
    return shown


def nothing_begun() -> UserFault:
    """There is no secret that waits, or it has waited too long, or it was confirmed a moment ago."""
    return UserFault("CONFLICT", "There is nothing to confirm, or it has run out. Begin anew.")


async def _waiting(context: RequestContext, session: Transaction, account_id: UUID, login_id: UUID | None) -> Login:
    """The login's row, held, with a secret that waits to be confirmed."""
    login = await logins.lock(session, account_id, login_id)
    if login is None or login.totp_confirmed_at is not None or login.totp_begun_at is None:
        raise nothing_begun()
    if login.totp_begun_at + CONFIRMED_WITHIN <= context.now:
        raise nothing_begun()
    return login


async def _switch_on(context: RequestContext, session: Transaction, login: Login, code: str) -> list[str]:
    factor, sealed = context.authority.second_factor, login.totp_secret or b""
    proof = factor.proof(login.id, sealed, code, context.now)
    if proof is None or proof.step is None:
        raise wrong_code()
    recovery = factor.new_recovery_codes(login.id, sealed)
    await second_factor.switch_on(session, login, proof.step, recovery.values(), context.now)
    return list(recovery)
