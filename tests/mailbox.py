"""Mail in tests: do what a request has queued, as a worker would, and read the letters."""

import re
from dataclasses import dataclass, field

from starlette.applications import Starlette

from gateway.jobs.handlers import Works
from gateway.portal import portal_of
from gateway.worker import Worker
from resolvers.ports import Mail, MailRefused, PaymentProvider

TOKEN = re.compile(r"#token=(\S+)")


@dataclass
class Mailbox:
    """A mailer that keeps what it is sent. It refuses what has no recipient, as every mailer does."""

    mails: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        """Keep a letter."""
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", mail.to):
            raise MailRefused("the recipient's address is not one")
        self.mails.append(mail)


async def deliver(app: Starlette, payments: PaymentProvider | None = None) -> list[Mail]:
    """Do every job that waits in the application's database, and return the letters in their order.

    Cards are charged by the application's provider, or by another one.
    """
    portal, mailbox = portal_of(app), Mailbox()
    works = Works(portal.db, portal.authority, mailbox, portal.settings.site, payments or portal.payments)
    await Worker(portal.settings.dsn, works).drain()
    return sorted(mailbox.mails, key=lambda mail: int(mail.reference.rpartition("-")[2]))


def token_in(mail: Mail) -> str:
    """The token in a letter's link."""
    found = TOKEN.search(mail.text)
    assert found is not None, f"the letter {mail.template} has no link with a token"
    return found[1]
