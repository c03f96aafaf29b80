"""Giving money of a payment back: the intent is recorded, the provider pays under the refund's key, then it is booked.

A payment has one refund under way at a time. Whatever cuts it off, whoever comes next finishes that one: the command
that is run again, or the reconciler.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Database, Transaction
from models.entities import PAYMENT
from models.enums import PaymentStatus
from models.errors import UserFault
from models.kinds import LedgerCause, LedgerKind, RefundStatus
from models.queries import audit, ledger, operating, refunding, settling
from models.queries.ledger import Books, Draft
from models.queries.refunding import GivenBack, Standing
from models.tables import Payment, Refund
from resolvers.amounts import Amount, minor_units, shown
from resolvers.booking import book
from resolvers.charging import AT_ONCE, KEY_GOOD_FOR, RECONCILED_AFTER, Reconciled
from resolvers.ports import PaymentProvider, RefundRefused

REFUSED = "The payment provider refuses to give this money back: nothing was refunded."


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator wants: of which payment, by its id or receipt; how much, or all that is left of it.

    `after` is the receipt of the payment's last refund, where there was one: who names none has seen none.
    """

    payment_id: UUID | None
    receipt: str
    amount: Decimal | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Refunded:
    """What was given back, under which receipt; `before` where that was so already."""

    amount: str
    number: str
    before: bool = False


async def refund(db: Database, payments: PaymentProvider, asked: Asked, now: datetime) -> Refunded:
    """Give money back once, however often it is asked for; ProviderUnavailable leaves it to be finished later."""
    async with db.write() as session:
        begun = await _begin(session, asked, now)
    if isinstance(begun, Refunded):
        return begun
    ended = await finish(db, payments, begun, now)
    if ended.number is None:
        raise UserFault("CONFLICT", REFUSED)
    return Refunded(_shown(ended.amount_minor, ended.currency), ended.number)


async def _begin(session: Transaction, asked: Asked, now: datetime) -> UUID | Refunded:
    """The refund that shall be finished: the one under way, or a new one; or what was done already."""
    payment_id = await refunding.payment_named(session, asked.payment_id, asked.receipt)
    if payment_id is None:
        raise UserFault("NOT_FOUND", "There is no such payment: say its id, or the number of its receipt.")
    books, payment = await _held(session, payment_id)
    if payment.status is not PaymentStatus.SUCCEEDED:
        raise UserFault("CONFLICT", "Nothing was paid with this payment.")
    if payment.provider_reference is None:
        raise UserFault("CONFLICT", "The payment provider knows nothing of this payment.")
    wanted = _minor(asked, payment)
    open_ = await refunding.pending(session, payment.id)
    if open_ is not None:
        if wanted not in {None, open_.amount_minor}:
            raise UserFault(
                "CONFLICT", "A refund of another amount is under way: run it without --amount to finish it."
            )
        return open_.id
    done = await refunding.given_back(session, payment.id)
    if done.number != asked.after:
        return _done_before(payment, done, wanted)
    return await _intended(session, books, payment, _left(payment, done, wanted), now)


def _minor(asked: Asked, payment: Payment) -> int | None:
    if asked.amount is None:
        return None
    return minor_units(Amount(asked.amount, payment.currency), payment.currency, most=payment.amount_minor)


def _done_before(payment: Payment, done: GivenBack, wanted: int | None) -> Refunded:
    """What the last refund was, where it is the one that is asked for; a fault where it is another one."""
    if done.number is None or done.last_minor is None:
        raise UserFault("NOT_FOUND", "Nothing was refunded of this payment yet: leave --after out.")
    if wanted == done.last_minor or (wanted is None and done.minor == payment.amount_minor):
        return Refunded(_shown(done.last_minor, payment.currency), done.number, before=True)
    sum_ = _shown(done.minor, payment.currency)
    raise UserFault("CONFLICT", f"{sum_} of it was refunded already. To refund more, say --after {done.number}.")


def _left(payment: Payment, done: GivenBack, wanted: int | None) -> int:
    """How much shall be given back: never more than is left of what was paid."""
    left = payment.amount_minor - done.minor
    if left == 0:
        raise UserFault("CONFLICT", "All of it was refunded already.")
    if wanted is not None and wanted > left:
        raise UserFault("LIMIT_REACHED", f"Only {_shown(left, payment.currency)} of it is left to refund.")
    return wanted or left


async def _intended(session: Transaction, books: Books, payment: Payment, minor: int, now: datetime) -> UUID:
    intent = Refund(account_id=books.id, payment_id=payment.id, amount_minor=minor, created_at=now)
    session.add(intent)
    await session.flush()
    await _tell(session, books, payment, Action.PAYMENT_REFUND_STARTED, minor, now, operating.OPERATOR)
    return intent.id


async def finish(
    db: Database, payments: PaymentProvider, refund_id: UUID, now: datetime, actor: str = operating.OPERATOR
) -> Standing:
    """Have the provider give the money back, and book that; or see that it was done, or refused."""
    async with db.read() as reader:
        standing = await refunding.standing(reader, refund_id)
    if standing.status is not RefundStatus.PENDING:
        return standing
    reference = await _given_back(payments, standing, now)
    async with db.write() as session:
        await _settle(session, standing, reference, actor, now)
    async with db.read() as reader:
        return await refunding.standing(reader, refund_id)


async def _given_back(payments: PaymentProvider, standing: Standing, now: datetime) -> str | None:
    """The provider's refund; None where it gives none. What is too old to be sent again is only looked for."""
    if standing.created_at + KEY_GOOD_FOR <= now:
        return await payments.refunded(str(standing.id), standing.charge)
    try:
        return await payments.refund(str(standing.id), standing.charge, standing.amount_minor)
    except RefundRefused:
        return None


async def _settle(session: Transaction, standing: Standing, reference: str | None, actor: str, now: datetime) -> None:
    """Write down how a refund ended, once; what was given back is booked."""
    books, payment = await _held(session, standing.payment_id)
    held = await refunding.hold(session, standing.id)
    if held.status is not RefundStatus.PENDING:
        return
    if reference is None:
        held.status = RefundStatus.REFUSED
        await _tell(session, books, payment, Action.PAYMENT_REFUND_FAILED, held.amount_minor, now, actor)
        return
    draft = Draft(LedgerKind.REFUND, LedgerCause.REFUND, -held.amount_minor, payment_id=payment.id)
    held.invoice_id = (await book(session, books, draft, actor, now)).id
    held.status, held.provider_reference = RefundStatus.BOOKED, reference
    await _tell(session, books, payment, Action.PAYMENT_REFUNDED, held.amount_minor, now, actor)


async def _held(session: Transaction, payment_id: UUID) -> tuple[Books, Payment]:
    account_id = await settling.owner(session, payment_id)
    books = (await ledger.hold(session, [account_id]))[account_id]
    return books, await settling.hold(session, payment_id)


async def _tell(
    session: Transaction, books: Books, payment: Payment, action: Action, minor: int, now: datetime, actor: str
) -> None:
    origin = audit.Origin(books.id, actor, now, None)
    changes = [Change("refund", None, _shown(minor, payment.currency))]
    await audit.record(session, origin, action, Target(PAYMENT, payment.id, books.number), changes)


def _shown(minor: int, currency: str) -> str:
    return shown(minor, currency) or ""


async def finish_all(db: Database, payments: PaymentProvider, actor: str, now: datetime) -> Reconciled:
    """Finish the refunds that were cut off, as the provider says."""
    done = Reconciled()
    async with db.read() as reader:
        found = await refunding.unfinished(reader, now - RECONCILED_AFTER, AT_ONCE)
    for refund_id in found:
        await done.take(refund_id, finish(db, payments, refund_id, now, actor))
    return done
