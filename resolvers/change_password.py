"""Changing one's own password: every other session of the login ends, and so does every link mailed for it."""

from models.audit import Action
from models.errors import UserFault, UserFaults
from models.queries import accounts, audit, links, logins, sessions
from resolvers.acting import acting_login, origin
from resolvers.context import RequestContext
from resolvers.mails import MailTemplate, queue_mail
from resolvers.proving import hold_proved, own_login, password_fault

REFUSAL = "Only a signed-in session can change its login's password."


async def change_password(context: RequestContext, current: str, new: str) -> None:
    """Replace the password of the caller's login."""
    actor, passwords = acting_login(context, REFUSAL), context.authority.passwords
    login = await own_login(context, actor)
    async with context.db.read() as reader:
        words = [login.email, *await accounts.words_of(reader, login.account_id)]
    faults = [await password_fault(context, login, current, "currentPassword")]
    if (weak := await passwords.weakness(new, words)) is not None:
        faults.append(UserFault(weak.code, weak.message, ["newPassword"]))
    if found := [fault for fault in faults if fault is not None]:
        raise UserFaults(found)
    password_hash = await passwords.hash(new)
    async with context.db.write() as session:
        row = await hold_proved(context, session, login)
        await logins.set_password(session, row, password_hash, context.now)
        await sessions.end_others(session, login.account_id, login.id, kept=actor.credential_id)
        await links.void(session, row)
        await queue_mail(session, context.authority, MailTemplate.PASSWORD_CHANGED, row.email)
        await audit.record(session, origin(context), Action.LOGIN_PASSWORD_CHANGED)
