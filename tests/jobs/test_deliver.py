"""The helper of other tests: what a request has queued comes out as letters."""

import httpx
from starlette.applications import Starlette

from gateway.portal import portal_of
from resolvers.mails import MailTemplate, queue_mail
from tests.mailbox import deliver, token_in


async def test_what_was_queued_is_delivered_once_in_order(app: Starlette, client: httpx.AsyncClient) -> None:
    portal = portal_of(app)
    async with portal.db.write() as session:
        for number in range(3):
            values = {"token": f"token-{number}", "hours": "24"}
            await queue_mail(session, portal.authority, MailTemplate.WELCOME, f"first{number}@example.com", values)
    mails = await deliver(app)
    assert [(mail.to, mail.template, token_in(mail)) for mail in mails] == [
        (f"first{number}@example.com", "welcome", f"token-{number}") for number in range(3)
    ]
    assert "http://127.0.0.1:8000/set-password#token=token-0\n" in mails[0].text
    assert await deliver(app) == []
