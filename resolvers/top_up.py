"""Topping up: the intent is recorded, the card is charged under the payment's own key, and what was paid is booked.

The first part is one transaction, in which the answer to a repetition is stored too; the second asks the provider with
no transaction open. A repetition goes on with the second part, wherever the first request was cut off.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import PAYMENT
from models.enums import PaymentStatus
from models.errors import UserFault
from models.kinds import PaymentCause
from models.queries import audit, ledger, settling
from models.queries.settling import Standing
from models.tables import Payment, PaymentMethod
from resolvers.acting import acting, booked_by, origin
from resolvers.amounts import Amount, minor_units, shown
from resolvers.charging import carry_on
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.ports import ProviderUnavailable

ASK_AGAIN_MS = 5_000
METHOD = "paymentMethodId"

FAILURES = {
    "PAYMENT_DECLINED": "The card was declined: nothing was charged. Try another card, with a new key.",
    "PAYMENT_METHOD_REQUIRED": "The payment provider does not keep this card any more: add one, and use a new key.",
    "PAYMENT_ACTION_REQUIRED": "The card's holder did not confirm the payment: nothing was charged.",
    "PAYMENT_PROVIDER_UNAVAILABLE": "The payment provider could not be reached in time, and the payment was given up.",
}
WAITS_FOR_HOLDER = "The card's holder has to confirm the payment, with its client secret."
PENDING = "The payment is under way. It is made once: ask for it, or send the same key again, to see how it went."
UNREACHED = "The payment provider cannot be reached. The payment is recorded, and made once as soon as it can be."


async def begin_top_up(context: RequestContext, given: Amount, method_id: UUID | None) -> UUID:
    """Record what shall be charged, or raise everything that is wrong with it; the payment's id."""
    me = acting(context).account_id
    async with context.db.write() as session:
        books = (await ledger.hold(session, [me]))[me]
        faults = Faults()
        bounds = context.top_ups
        minor = faults.read(
            lambda amount: minor_units(amount, books.currency, least=bounds.least_minor, most=bounds.most_minor),
            given,
            "amount",
        )
        card = await _card(session, me, method_id, faults)
        faults.stop()
        payment = Payment(
            account_id=me,
            status=PaymentStatus.PENDING,
            amount_minor=minor or 0,
            currency=books.currency,
            payment_method_id=card.id if card else None,
            cause=PaymentCause.TOP_UP,
            created_at=context.now,
        )
        session.add(payment)
        await session.flush()
        await audit.record(
            session,
            origin(context),
            Action.PAYMENT_STARTED,
            Target(PAYMENT, payment.id, books.number),
            [
                Change("amount", None, shown(payment.amount_minor, payment.currency)),
                Change("paymentMethod", None, card and f"{card.brand} {card.last4}"),
            ],
        )
        return payment.id


async def _card(session: Transaction, me: UUID, method_id: UUID | None, faults: Faults) -> PaymentMethod | None:
    card = await settling.card(session, me, method_id)
    if card is None and method_id is None:
        faults.add("PAYMENT_METHOD_REQUIRED", "There is no default payment method: add one, or name one.", METHOD)
    elif card is None:
        faults.add("NOT_FOUND", "The account has no such payment method.", METHOD)
    return card


async def finish_top_up(context: RequestContext, payment_id: UUID) -> tuple[dict[str, Any], Sequence[UserFault]]:
    """Charge what was begun, or see how it went; the payload's ids, and why it is not paid where it is not."""
    unreached = False
    try:
        payment = await carry_on(context.db, context.payments, payment_id, booked_by(context), context.now)
    except ProviderUnavailable:
        unreached = True
        async with context.db.read() as reader:
            payment = await settling.standing(reader, payment_id)
    told = {"payment_id": payment_id, "invoice_id": payment.invoice_id, "account_id": payment.account_id}
    return told, _faults(payment, unreached=unreached)


def _faults(payment: Standing, *, unreached: bool) -> Sequence[UserFault]:
    """Why a payment has not succeeded: read from how it stands, so that a repetition tells what is true by then."""
    match payment.status:
        case PaymentStatus.SUCCEEDED:
            return ()
        case PaymentStatus.FAILED:
            code = payment.failure or ""
            return (UserFault(code, FAILURES[code], None),)
        case PaymentStatus.REQUIRES_ACTION:
            return (UserFault("PAYMENT_ACTION_REQUIRED", WAITS_FOR_HOLDER, None),)
    if unreached:
        return (UserFault("PAYMENT_PROVIDER_UNAVAILABLE", UNREACHED, None, ASK_AGAIN_MS),)
    return (UserFault("PAYMENT_PENDING", PENDING, None, ASK_AGAIN_MS),)
