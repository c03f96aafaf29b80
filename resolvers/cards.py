"""What becomes of an account's cards, whoever changes them: a login, or the payment provider that tells of a change.

All of it happens under the account's lock. The provider keeps a card no longer by a job, which is there if the change
is: it must hear of it, however often it has to be told.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Database, Transaction
from models.entities import PAYMENT_METHOD
from models.enums import AutopaymentMode
from models.errors import UserFault
from models.jobs import JobKind, enqueue
from models.queries import audit, payment_methods
from models.queries.audit import Origin
from models.tables import Account, PaymentMethod
from resolvers.ports import Card, PaymentProvider, ProviderUnavailable

RETRY_AFTER_MS = 5_000


@contextmanager
def answering() -> Iterator[None]:
    """The provider is asked in the block; where it gives no answer, that is told as something to try again."""
    try:
        yield
    except ProviderUnavailable:
        message = "The payment provider cannot be reached just now: try again."
        raise UserFault("PAYMENT_PROVIDER_UNAVAILABLE", message, None, RETRY_AFTER_MS) from None


def label(method: PaymentMethod | Card) -> str:
    """How people tell one card from another."""
    return f"{method.brand} ending in {method.last4}"


def target(method: PaymentMethod) -> Target:
    """A card as the log names it."""
    return Target(PAYMENT_METHOD, method.id, label(method))


async def choose(session: Transaction, method: PaymentMethod, by: Origin) -> None:
    """Make a card the default, if it is not."""
    if not method.is_default:
        await payment_methods.make_default(session, method)
        changes = [Change("isDefault", before=False, after=True)]
        await audit.record(session, by, Action.PAYMENT_METHOD_UPDATED, target(method), changes)


async def renew(session: Transaction, method: PaymentMethod, card: Card, by: Origin) -> None:
    """Have a stored card be what the provider says it is, under whichever reference."""
    before, replaced = method.expires_on, method.provider_reference
    method.sqlmodel_update(
        {
            "provider_reference": card.reference,
            "brand": card.brand,
            "last4": card.last4,
            "expires_on": card.expires_on,
            "fingerprint": card.fingerprint,
        }
    )
    await session.flush()
    if replaced != card.reference:
        await enqueue(session, JobKind.FORGET_CARD, {"reference": replaced})
    if before != card.expires_on:
        changes = [Change("expiresOn", before, card.expires_on)]
        await audit.record(session, by, Action.PAYMENT_METHOD_UPDATED, target(method), changes)


async def drop(
    session: Transaction, account: Account, held: Sequence[PaymentMethod], method: PaymentMethod, by: Origin
) -> None:
    """Take a card from an account. Of what is left the newest is the default then, where it was that."""
    others = [one for one in held if one.id != method.id]
    heir = others[-1] if method.is_default and others else None
    changes = [Change("paymentMethod", label(method), None)]
    if heir is not None:
        changes.append(Change("default", label(method), label(heir)))
    if account.autopayment_method_id == method.id:
        changes.append(Change("autopayment.paymentMethod", label(method), None))
    await payment_methods.remove(session, method)
    if heir is not None:
        await payment_methods.make_default(session, heir)
    await enqueue(session, JobKind.FORGET_CARD, {"reference": method.provider_reference})
    await audit.record(session, by, Action.PAYMENT_METHOD_REMOVED, target(method), changes)


def is_needed(account: Account, held: Sequence[PaymentMethod]) -> bool:
    """Whether autopayment would have nothing to charge without the one card that there is."""
    return len(held) == 1 and account.autopayment_mode is not AutopaymentMode.OFF


async def forget(db: Database, payments: PaymentProvider, reference: str) -> None:
    """Have the provider keep a card no longer, unless it has been added again meanwhile."""
    async with db.read() as reader:
        owner: UUID | None = await payment_methods.owner_of(reader, reference)
    if owner is None:
        await payments.forget_method(reference)
