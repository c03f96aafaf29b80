"""Autopayment charges what its rule calls for: an intent is recorded, the card charged under its key, then settled.

An account has one charge under way at a time: its row is held while the intent is recorded, and the database keeps a
second one out. Whatever cuts a charge off, whoever comes next finds the intent and asks for it again with the same key,
which the provider charges once.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.autopayment import DAY, Caps, Rule, allowed, due, tries_again_at
from models.db import Database, Transaction
from models.enums import AutopaymentMode, PaymentStatus
from models.kinds import PaymentCause
from models.queries import autopayment, ledger
from models.queries.autopayment import Chargeable, History
from models.queries.ledger import Books
from models.tables import Payment
from resolvers.after_booking import ask_autopayment
from resolvers.charging import KEY_GOOD_FOR, given_up
from resolvers.ports import Charge, Outcome, PaymentProvider
from resolvers.settling import settle

ACTOR = "autopayment"
MOST_IN_A_ROW = 5
ACCOUNTS_AT_ONCE, MOST_BATCHES = 500, 200
FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Intent:
    """A charge that is recorded and not settled. The provider has named it where it has answered before."""

    payment_id: UUID
    reference: str | None
    charge: Charge | None
    """What may be sent, again too; None where that is not safe any more."""


async def ask_waiting(db: Database, now: datetime) -> int:
    """Have every account looked at that has something to charge, or to find out; how many that are."""
    after, asked = FIRST, 0
    for _ in range(MOST_BATCHES):
        async with db.write() as session:
            found = await autopayment.waiting(session, now, after, ACCOUNTS_AT_ONCE)
            for account_id in found:
                await ask_autopayment(session, account_id)
        asked += len(found)
        if len(found) < ACCOUNTS_AT_ONCE:
            break
        after = found[-1]
    return asked


async def run(db: Database, payments: PaymentProvider, caps: Caps, account_id: UUID, now: datetime) -> bool:
    """Charge an account as far as its rule calls for it; ProviderUnavailable leaves it for another time.

    What was charged is booked, and bookings may have come meanwhile: it is looked again, a few times. False where a
    charge is open that nobody can be asked about any more: an operator has to look.
    """
    for _ in range(MOST_IN_A_ROW):
        async with db.write() as session:
            intent = await _intend(session, account_id, caps, now)
        if intent is None:
            break
        outcome = await _answer(payments, intent)
        if outcome is None:
            return False
        async with db.write() as session:
            await settle(session, intent.payment_id, outcome, ACTOR, now)
        if outcome.status is not PaymentStatus.SUCCEEDED:
            break
    return True


async def _intend(session: Transaction, account_id: UUID, caps: Caps, now: datetime) -> Intent | None:
    """The charge that is under way or, where there is none and one is due, a new one; None where nothing is to do."""
    books = (await ledger.hold(session, [account_id]))[account_id]
    open_ = await autopayment.unsettled(session, account_id)
    rule = Rule(books.autopayment_mode, books.autopayment_threshold_minor, books.autopayment_target_minor)
    wanted = due(rule, books.balance_minor)
    if open_ is None and not wanted:
        return None
    if open_ is not None:
        return await _resumed(session, books, open_, now)
    card = await autopayment.card(session, account_id)
    if card is None:
        return None
    history = await autopayment.history(session, account_id, card.id, now - DAY)
    amount = allowed(wanted, history.charged, caps)
    if not amount or _paused(history, now):
        return None
    payment = _payment(books, card, amount, now)
    session.add(payment)
    await session.flush()
    return Intent(payment.id, None, _charge(books, payment, card))


async def _resumed(session: Transaction, books: Books, payment: Payment, now: datetime) -> Intent:
    """A charge that is under way. It is sent again as it was sent first, or not at all."""
    card = None
    if payment.payment_method_id is not None and payment.created_at + KEY_GOOD_FOR > now:
        card = await autopayment.card(session, books.id, payment.payment_method_id)
    return Intent(payment.id, payment.provider_reference, None if card is None else _charge(books, payment, card))


def _paused(history: History, now: datetime) -> bool:
    """Whether the card was refused so lately that it is left in peace."""
    return history.declined_at is not None and now < tries_again_at(history.declined_at, history.declines)


def _payment(books: Books, card: Chargeable, amount: int, now: datetime) -> Payment:
    repays = books.autopayment_mode is AutopaymentMode.AUTO_REPAY
    return Payment(
        account_id=books.id,
        status=PaymentStatus.PENDING,
        amount_minor=amount,
        currency=books.currency,
        payment_method_id=card.id,
        cause=PaymentCause.AUTO_REPAY if repays else PaymentCause.AUTO_ADD_FUNDS,
        created_at=now,
    )


def _charge(books: Books, payment: Payment, card: Chargeable) -> Charge:
    """The charge of a payment, the same however often it is sent."""
    return Charge(
        key=str(payment.id),
        customer=card.customer,
        method=card.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        description=f"Autopayment of account {books.number}",
        attended=False,
    )


async def _answer(payments: PaymentProvider, intent: Intent) -> Outcome | None:
    """How the charge stands by now; None where nobody can be asked any more, and an operator has to look.

    A charge that waits for the card's holder is given up: nobody is there, and it would keep out every other one.
    """
    if intent.reference is not None:
        outcome = await payments.outcome(intent.reference)
    elif intent.charge is not None:
        outcome = await payments.charge(intent.charge)
    else:
        return None
    if outcome.status is not PaymentStatus.REQUIRES_ACTION or outcome.reference is None:
        return outcome
    return await given_up(payments, outcome.reference)
