"""Settling a payment: what the provider says of a charge is written down once, and what was paid is booked once.

Whoever learns how a charge went comes through here: the mutation that waits for it, the provider's own messages, the
reconciler, autopayment. They may come at once, twice, and in any order.
"""

from datetime import datetime
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import PAYMENT
from models.enums import PaymentStatus
from models.jobs import JobKind, enqueue
from models.kinds import LedgerCause, LedgerKind, PaymentCause
from models.queries import audit, ledger, settling
from models.queries.audit import Origin
from models.queries.ledger import Books, Draft
from models.tables import Payment
from resolvers.amounts import shown
from resolvers.booking import book
from resolvers.mails import MailTemplate
from resolvers.ports import Outcome

ACTIONS = {PaymentStatus.SUCCEEDED: Action.PAYMENT_SUCCEEDED, PaymentStatus.FAILED: Action.PAYMENT_FAILED}
UNTOLD = "PAYMENT_DECLINED"
"""What a failure is called whose reason the provider does not tell."""


async def settle(session: Transaction, payment_id: UUID, outcome: Outcome, actor: str, now: datetime) -> Payment:
    """Move a payment on to where its charge stands. Money that was taken is booked, however late that is known.

    A payment that has succeeded never changes again. One that has failed stays so, unless it turns out to be paid.
    """
    account_id = await settling.owner(session, payment_id)
    books = (await ledger.hold(session, [account_id]))[account_id]
    payment = await settling.hold(session, payment_id)
    before = payment.status
    if before is PaymentStatus.SUCCEEDED or (before, outcome.status) in _STAYS:
        return payment
    payment.status, payment.client_secret = outcome.status, outcome.client_secret
    payment.failure = (outcome.failure or UNTOLD) if outcome.status is PaymentStatus.FAILED else None
    payment.provider_reference = payment.provider_reference or outcome.reference
    if outcome.status is PaymentStatus.SUCCEEDED:
        await _book(session, books, payment, actor, now)
    await session.flush()
    if outcome.status is not before and outcome.status in ACTIONS:
        await _tell(session, books, payment, before, Origin(account_id, actor, now, None))
        await _write(session, payment)
    return payment


_STAYS = {
    (PaymentStatus.FAILED, PaymentStatus.PENDING),
    (PaymentStatus.FAILED, PaymentStatus.REQUIRES_ACTION),
    (PaymentStatus.FAILED, PaymentStatus.FAILED),
}


async def _book(session: Transaction, books: Books, payment: Payment, actor: str, now: datetime) -> None:
    """Book what was paid, with a receipt, in the transaction in which the payment succeeds."""
    await session.flush()
    cause = LedgerCause[payment.cause.name]
    draft = Draft(LedgerKind.PAYMENT, cause, payment.amount_minor, payment_id=payment.id)
    payment.invoice_id = (await book(session, books, draft, actor, now)).id


async def _tell(session: Transaction, books: Books, payment: Payment, before: PaymentStatus, origin: Origin) -> None:
    """Write into the account's log how the payment ended, and by whose word."""
    changes = [
        Change("status", before, payment.status),
        Change("failure", None, payment.failure),
        Change("amount", None, shown(payment.amount_minor, payment.currency)),
    ]
    target = Target(PAYMENT, payment.id, books.number)
    await audit.record(session, origin, ACTIONS[payment.status], target, changes)


async def _write(session: Transaction, payment: Payment) -> None:
    """Have a letter written to whoever pays the bills: nobody was there when autopayment was refused."""
    if payment.status is PaymentStatus.FAILED and payment.cause is not PaymentCause.TOP_UP:
        payload = {"template": MailTemplate.PAYMENT_FAILED.value, "payment_id": str(payment.id)}
        await enqueue(session, JobKind.BILLING_LETTER, payload)
