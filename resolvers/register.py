"""Registering: what was typed waits behind a link that is mailed, and becomes an account when the link is used.

Nothing is opened before, so nobody can hold an address that is not theirs, nor learn from us whether it is known: the
request checks the form and queues a job, whatever the address, and the worker alone looks it up.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from auth.authority import Authority
from auth.links import new_link
from models.db import Database
from models.jobs import JobKind, enqueue
from models.queries import links
from models.tables import SignUp
from resolvers import throttling
from resolvers.checks import country, email, line
from resolvers.context import RequestContext
from resolvers.forms import Field, Form, Typed
from resolvers.mails import MailTemplate, queue_mail
from resolvers.throttling import Guarded

SIGN_UP_HOURS = 24

FORM = Form(
    "registration",
    {
        ("email",): Field("email", email, needed=True),
        ("firstName",): Field("first_name", line(100), needed=True),
        ("lastName",): Field("last_name", line(100), needed=True),
        ("companyName",): Field("company", line(200), needed=True),
        ("country",): Field("country", country, needed=True),
    },
)


async def register(context: RequestContext, typed: Typed) -> None:
    """Accept a registration form, or tell everything that is wrong with it."""
    values = FORM.read(typed)
    await throttling.attempt(context, Guarded.LETTER, values["email"] or "")
    async with context.db.write() as session:
        await enqueue(session, JobKind.SIGN_UP, values)


async def answer_sign_up(db: Database, authority: Authority, values: Mapping[str, Any], now: datetime) -> None:
    """Mail the link that opens the account; whoever has the address as a login is told so instead."""
    link = new_link()
    sign_up = SignUp(**values, token_hash=link.digest, created_at=now, expires_at=now + timedelta(hours=SIGN_UP_HOURS))
    async with db.write() as session:
        if await links.taken(session, sign_up.email):
            await queue_mail(session, authority, MailTemplate.ADDRESS_TAKEN, sign_up.email)
            return
        await links.add(session, sign_up)
        letter = {"token": link.text, "hours": str(SIGN_UP_HOURS)}
        await queue_mail(session, authority, MailTemplate.WELCOME, sign_up.email, letter)
