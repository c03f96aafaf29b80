"""Switching one's own second factor off, with a code of it or a recovery code. The login's other sessions end."""

from models.audit import Action
from models.errors import UserFault
from models.queries import audit, second_factor, sessions
from resolvers.acting import acting_login, origin
from resolvers.context import RequestContext
from resolvers.mails import MailTemplate, queue_mail
from resolvers.proving import code_tried, hold_proved, own_login

REFUSAL = "Only a signed-in session can switch its login's second factor off."


async def disable_two_factor(context: RequestContext, code: str) -> None:
    """Forget the secret and the recovery codes of the caller's login."""
    actor = acting_login(context, REFUSAL)
    login = await own_login(context, actor)
    if login.totp_secret is None:
        raise UserFault("CONFLICT", "Two-factor authentication is off already.")
    async with code_tried(context, login, code) as proof, context.db.write() as session:
        row = await hold_proved(context, session, login, proof)
        await second_factor.switch_off(session, row)
        await sessions.end_others(session, login.account_id, login.id, kept=actor.credential_id)
        await queue_mail(session, context.authority, MailTemplate.TWO_FACTOR_OFF, row.email)
        await audit.record(session, origin(context), Action.LOGIN_TWO_FACTOR_DISABLED)
