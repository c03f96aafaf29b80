"""Letters about money to whoever pays the bills: asked for where something happens, and written when they are sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from models.autopayment import DAY, low_below, tries_again_at
from models.db import Database
from models.enums import PaymentStatus
from models.kinds import LedgerKind
from models.queries import autopayment
from models.queries import billing_letters as letters
from resolvers.amounts import shown
from resolvers.mails import Letter, MailTemplate

REASONS = {
    "PAYMENT_ACTION_REQUIRED": "Its bank wants the payment confirmed by the card's holder, and nobody was there.",
    "PAYMENT_METHOD_REQUIRED": "The card cannot be charged any more.",
}
DEEDS = {
    (LedgerKind.PAYMENT, True): "We received your payment of {}. Thank you.",
    (LedgerKind.REFUND, False): "We refunded {} to you.",
    (LedgerKind.TRANSFER, True): "Your reseller transferred {} to your account.",
    (LedgerKind.TRANSFER, False): "You transferred {} to a customer's account.",
}
"""What a receipt is for: why the balance moved, and whether it rose."""

DECLINED = "The card's bank declined it."
GONE = "A card that has been removed since"


async def written(db: Database, payload: Mapping[str, Any], now: datetime) -> Letter | None:
    """The letter that a job asks for; None where there is nothing to write about any more, or nobody to write to.

    A customer's account has no address of its own until somebody has accepted the invitation to it.
    """
    letter = await _written(db, payload, now)
    return letter if letter is not None and letter.to else None


async def _written(db: Database, payload: Mapping[str, Any], now: datetime) -> Letter | None:
    match MailTemplate(payload["template"]):
        case MailTemplate.PAYMENT_FAILED:
            return await _payment_failed(db, UUID(payload["payment_id"]), now)
        case MailTemplate.BALANCE_LOW:
            return await _balance_low(db, UUID(payload["account_id"]))
    return await _documented(db, UUID(payload["invoice_id"]))


async def _documented(db: Database, invoice_id: UUID) -> Letter:
    """An invoice or a receipt was issued."""
    async with db.read() as reader:
        document = await letters.documented(reader, invoice_id)
        account = await letters.billed(reader, document.account_id)
    values = {
        "account": account.number,
        "number": document.number,
        "balance": str(shown(document.balance_minor, account.currency)),
    }
    total = str(shown(abs(document.total_minor), account.currency))
    if document.pay_period is not None:
        values |= {"period": document.pay_period.isoformat(), "total": total}
        return Letter(MailTemplate.INVOICE_ISSUED, account.email, values)
    deed = DEEDS[LedgerKind(document.kind), document.total_minor > 0].format(total)
    return Letter(MailTemplate.RECEIPT, account.email, {**values, "deed": deed})


async def _payment_failed(db: Database, payment_id: UUID, now: datetime) -> Letter | None:
    """Autopayment was refused, and tries again when the pause is over. What was paid after all is no failure."""
    async with db.read() as reader:
        payment = await letters.refused(reader, payment_id)
        account = await letters.billed(reader, payment.account_id)
    if payment.status != PaymentStatus.FAILED.name:
        return None
    again = now
    if payment.method_id is not None:
        async with db.write() as session:
            history = await autopayment.history(session, payment.account_id, payment.method_id, now - DAY)
        again = now if history.declined_at is None else tries_again_at(history.declined_at, history.declines)
    values = {
        "account": account.number,
        "amount": str(shown(payment.amount_minor, account.currency)),
        "card": payment.card or GONE,
        "reason": REASONS.get(payment.failure or "", DECLINED),
        "again": f"{again:%Y-%m-%d %H:%M} UTC",
    }
    return Letter(MailTemplate.PAYMENT_FAILED, account.email, values)


async def _balance_low(db: Database, account_id: UUID) -> Letter | None:
    """The balance has fallen, and nothing has filled it since."""
    async with db.read() as reader:
        account = await letters.billed(reader, account_id)
    threshold = low_below(account.threshold_minor)
    if account.balance_minor >= threshold:
        return None
    values = {
        "account": account.number,
        "balance": str(shown(account.balance_minor, account.currency)),
        "threshold": str(shown(threshold, account.currency)),
    }
    return Letter(MailTemplate.BALANCE_LOW, account.email, values)
