"""Giving money back: an operator's deed, recorded before the provider is asked and booked after it has answered.

Whatever cuts it off, it is run again and goes on: the same refund is asked for with the same key. One that is older
than the provider keeps keys is not sent again: whoever runs it looks at the provider's record, and says how it went.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Database, Transaction
from models.entities import PAYMENT
from models.errors import UserFault
from models.kinds import LedgerCause, LedgerKind, RefundStatus
from models.queries import audit, ledger, operating, refunding
from models.queries.ledger import Draft
from models.tables import Payment, Refund
from resolvers.amounts import Amount, minor_units, shown
from resolvers.booking import book
from resolvers.charging import KEY_GOOD_FOR
from resolvers.ports import PaymentProvider, ProviderUnavailable, RefundRefused

UNKNOWN = "The payment provider did not answer. Nobody knows whether it was done: run this again, it is done once."


TOO_OLD = (
    "A refund of this payment was begun too long ago to be asked for again. Look at the payment provider's own record,"
    " and run this again with --found done or --found not-done."
)


class Found(Enum):
    """What whoever runs this has found in the provider's own record."""

    DONE = "done"
    NOT_DONE = "not-done"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be given back of which receipt; all that is left where no amount is named."""

    receipt: str
    amount: Amount | None = None
    found: Found | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A refund that is recorded, and the charge that it is of."""

    refund_id: UUID
    account_id: UUID
    charge: str
    amount_minor: int


async def refund(db: Database, payments: PaymentProvider, asked: Asked, now: datetime) -> tuple[str, str]:
    """Give back what a receipt was for, or a part of it; the new document's number, and the amount as it is printed.

    UserFault where it cannot be, and where nobody knows yet.
    """
    async with db.write() as session:
        intent = await _intend(session, asked, now)
    try:
        reference = await _answer(payments, intent, asked.found)
    except ProviderUnavailable:
        raise UserFault("PAYMENT_PROVIDER_UNAVAILABLE", UNKNOWN) from None
    except RefundRefused as error:
        async with db.write() as session:
            (await refunding.hold(session, intent.refund_id)).status = RefundStatus.REFUSED
        raise UserFault("CONFLICT", f"Nothing was given back by the payment provider ({error}).") from None
    async with db.write() as session:
        return await _booked(session, intent, reference, now)


async def _answer(payments: PaymentProvider, intent: Intent, found: Found | None) -> str | None:
    """The refund's reference, as the provider gives it now, or None where it was found to be done."""
    if found is Found.NOT_DONE:
        raise RefundRefused(found.value)
    if found is Found.DONE:
        return None
    return await payments.refund(str(intent.refund_id), intent.charge, intent.amount_minor)


async def _intend(session: Transaction, asked: Asked, now: datetime) -> Intent:
    """The refund that is under way, where there is one, or a new one, as far as the payment reaches."""
    payment = await refunding.payment_of(session, asked.receipt)
    if payment is None or payment.provider_reference is None:
        raise UserFault("NOT_FOUND", f"No payment of a card has the receipt {asked.receipt}.")
    await ledger.hold(session, [payment.account_id])
    under_way = await refunding.pending(session, payment.id)
    left = payment.amount_minor - await refunding.given_back(session, payment.id)
    wanted = left if asked.amount is None else minor_units(asked.amount, payment.currency, most=payment.amount_minor)
    if under_way is not None:
        _judge(under_way, payment.currency, None if asked.amount is None else wanted, asked.found, now)
        return _intent(payment, payment.provider_reference, under_way)
    if asked.found is not None:
        raise UserFault("CONFLICT", "No refund of this payment is under way.")
    if not 0 < wanted <= left:
        raise UserFault("CONFLICT", f"Of this payment {shown(left, payment.currency)} can still be given back.")
    made = Refund(account_id=payment.account_id, payment_id=payment.id, amount_minor=wanted, created_at=now)
    session.add(made)
    await session.flush()
    return _intent(payment, payment.provider_reference, made)


def _judge(under_way: Refund, currency: str, wanted: int | None, found: Found | None, now: datetime) -> None:
    """Go on with a refund only where it is the one that is meant, and may still be asked for."""
    if wanted is not None and wanted != under_way.amount_minor:
        began = shown(under_way.amount_minor, currency)
        raise UserFault("CONFLICT", f"A refund of {began} is under way: finish that first, by its amount or none.")
    if found is None and under_way.created_at + KEY_GOOD_FOR <= now:
        raise UserFault("CONFLICT", TOO_OLD)


def _intent(payment: Payment, charge: str, made: Refund) -> Intent:
    return Intent(made.id, payment.account_id, charge, made.amount_minor)


async def _booked(session: Transaction, intent: Intent, reference: str | None, now: datetime) -> tuple[str, str]:
    """Book what was given back, once, and tell of it in the account's log."""
    books = (await ledger.hold(session, [intent.account_id]))[intent.account_id]
    refunded = await refunding.hold(session, intent.refund_id)
    amount = shown(intent.amount_minor, books.currency) or ""
    if refunded.status is RefundStatus.BOOKED:
        raise UserFault("CONFLICT", f"This refund of {amount} was booked meanwhile, by another run of this command.")
    draft = Draft(LedgerKind.REFUND, LedgerCause.REFUND, -intent.amount_minor, payment_id=refunded.payment_id)
    issued = await book(session, books, draft, operating.OPERATOR, now)
    refunded.status, refunded.provider_reference, refunded.invoice_id = RefundStatus.BOOKED, reference, issued.id
    await session.flush()
    target, origin = Target(PAYMENT, refunded.payment_id, issued.number), operating.operator(books.id, now)
    await audit.record(session, origin, Action.PAYMENT_REFUNDED, target, [Change("amount", None, amount)])
    return issued.number, amount
