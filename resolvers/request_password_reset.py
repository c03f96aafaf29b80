"""Asking for a new password: the request queues a job for any address, and the worker alone looks it up."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from auth.authority import Authority
from auth.links import new_link
from models.audit import Action
from models.db import Database, Transaction
from models.jobs import JobKind, enqueue
from models.kinds import LinkPurpose
from models.queries import audit, links, logins
from models.queries.audit import Origin
from models.tables import Login, LoginLink
from resolvers import throttling
from resolvers.context import RequestContext
from resolvers.mails import MailTemplate, queue_mail
from resolvers.throttling import Guarded

RESET_HOURS = 2


async def request_password_reset(context: RequestContext, email: str) -> None:
    """Accept the wish, whosever address it is."""
    await throttling.attempt(context, Guarded.LETTER, email)
    async with context.db.write() as session:
        await enqueue(session, JobKind.PASSWORD_RESET, {"email": email, "ip": context.peer_ip})


async def answer_password_reset(db: Database, authority: Authority, values: Mapping[str, Any], now: datetime) -> None:
    """Mail a link to the login of the address. Nobody else is written to: we would carry mail to anybody."""
    async with db.write() as session:
        login = await logins.lock_by_email(session, values["email"])
        if login is not None:
            asked = Origin(login.account_id, login.email, now, values["ip"], login.id)
            await mail_link(session, authority, login, asked)


async def mail_link(session: Transaction, authority: Authority, login: Login, asked: Origin) -> None:
    """Mail a link to set a new password to a login that is held, since somebody has asked for it."""
    link = new_link()
    row = LoginLink(
        account_id=login.account_id,
        login_id=login.id,
        purpose=LinkPurpose.SET_PASSWORD,
        token_hash=link.digest,
        created_at=asked.at,
        expires_at=asked.at + timedelta(hours=RESET_HOURS),
    )
    await links.add(session, row)
    letter = {"token": link.text, "hours": str(RESET_HOURS)}
    await queue_mail(session, authority, MailTemplate.PASSWORD_RESET, login.email, letter)
    await audit.record(session, asked, Action.LOGIN_PASSWORD_RESET_REQUESTED)
