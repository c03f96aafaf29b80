"""Confirming a new address: from then on it signs in, and links that were mailed to the old one are void."""

from auth.links import Link
from models.audit import Action, Change
from models.kinds import LinkPurpose
from models.queries import audit, links, logins
from models.queries.audit import Origin
from resolvers import throttling
from resolvers.context import RequestContext
from resolvers.mails import MailTemplate, queue_mail
from resolvers.reset_password import address_taken, void_link
from resolvers.throttling import Guarded


async def confirm_login_email(context: RequestContext, token: str) -> None:
    """Use a link that was mailed to a new address, and tell the old one. Sessions go on: the login is the same."""
    digest = Link(token).digest
    tried = await throttling.attempt(context, Guarded.LINK)
    async with context.db.write() as session:
        owner = await links.confirming(session, digest, context.now)
        login = None if owner is None else await logins.lock(session, *owner)
        if login is None:
            raise void_link()
        link = await links.use(session, login, digest, LinkPurpose.CONFIRM_EMAIL, context.now)
        if link is None or link.new_email is None:
            raise void_link()
        old, new = login.email, link.new_email
        if not await logins.rename(session, login, new):
            raise address_taken()
        await queue_mail(session, context.authority, MailTemplate.EMAIL_CHANGED, old, {"new_email": new})
        by = Origin(login.account_id, old, context.now, context.peer_ip, login.id)
        await audit.record(session, by, Action.LOGIN_EMAIL_CHANGED, changes=[Change("email", old, new)])
    await tried.returned()
    await throttling.vouch(context, new, login.id)
