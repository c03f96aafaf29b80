"""What each kind of job does. A handler may run twice for a job, when a worker dies between its deed and its note."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from auth.authority import Authority
from gateway.mail.templates import render
from gateway.reports.sending import send_report
from models.autopayment import Caps
from models.db import Database
from models.jobs import JobKind
from resolvers import autopayment, billing_letters, cards, register, request_password_reset
from resolvers.mails import opened
from resolvers.no_provider import NO_PROVIDER
from resolvers.ports import Mailer, PaymentProvider, ProviderUnavailable

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Works:
    """What a worker works with."""

    db: Database
    authority: Authority
    mailer: Mailer
    public_url: str
    payments: PaymentProvider = NO_PROVIDER
    autopayment: Caps = field(default_factory=Caps)


@dataclass(frozen=True, slots=True)
class Task:
    """One job: its payload, and a reference that stays the same however often it is tried."""

    reference: str
    payload: Mapping[str, Any] = field(repr=False)


Handler = Callable[[Works, Task], Awaitable[None]]


async def send_letter(works: Works, task: Task) -> None:
    """Write out a letter and hand it to the mailer."""
    letter = opened(works.authority.vault, task.payload)
    await works.mailer.send(render(letter, works.public_url, task.reference))


async def answer_sign_up(works: Works, task: Task) -> None:
    """Write to whoever registered."""
    await register.answer_sign_up(works.db, works.authority, task.payload, datetime.now(UTC))


async def answer_password_reset(works: Works, task: Task) -> None:
    """Write to whoever lost a password."""
    await request_password_reset.answer_password_reset(works.db, works.authority, task.payload, datetime.now(UTC))


async def fill_balance(works: Works, task: Task) -> None:
    """Let autopayment charge what an account's balance calls for."""
    account_id = UUID(task.payload["account_id"])
    told = await autopayment.run(works.db, works.payments, works.autopayment, account_id, datetime.now(UTC))
    if not told:
        _log.warning("autopayment.unanswered", account_id=str(account_id))


async def write_about_money(works: Works, task: Task) -> None:
    """Send a letter about money. Of a low balance it is told once autopayment has had its turn, or could not have."""
    if "account_id" in task.payload:
        with suppress(ProviderUnavailable):
            await fill_balance(works, task)
    letter = await billing_letters.written(works.db, task.payload, datetime.now(UTC))
    if letter is not None:
        await works.mailer.send(render(letter, works.public_url, task.reference))


async def forget_card(works: Works, task: Task) -> None:
    """Have the payment provider keep a card no longer."""
    await cards.forget(works.db, works.payments, task.payload["reference"])


async def mail_report(works: Works, task: Task) -> None:
    """Send a report that is due."""
    await send_report(works.db, works.mailer, task.reference, UUID(hex=task.payload["sending"]))


HANDLERS: Mapping[JobKind, Handler] = {
    JobKind.FORGET_CARD: forget_card,
    JobKind.MAIL: send_letter,
    JobKind.REPORT: mail_report,
    JobKind.PASSWORD_RESET: answer_password_reset,
    JobKind.SIGN_UP: answer_sign_up,
    JobKind.AUTOPAYMENT: fill_balance,
    JobKind.BILLING_LETTER: write_about_money,
}
"""Every kind has one; the worker takes no job without."""

AT_ONCE_OF: Mapping[JobKind, int] = {JobKind.REPORT: 2}
"""So many of a kind are done at once by all workers: reports are read as downloads are, and leave them room."""
