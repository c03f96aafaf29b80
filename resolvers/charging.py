"""Charging a payment: asking the provider, with the payment's own key, and settling what it says.

Whatever cuts this off, at whatever point, the payment says how far it got, and going on asks with the same key again:
the provider charges once for a key, and tells the first answer to whoever repeats it.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from models.db import Database
from models.enums import PaymentStatus
from models.queries import settling
from models.queries.settling import Standing
from resolvers.ports import Charge, Outcome, PaymentProvider, ProviderUnavailable
from resolvers.settling import settle

KEY_GOOD_FOR = timedelta(hours=23)
"""The provider keeps a key for 24 hours: a charge that is older is never sent again, or it might be a second one."""

HOLDER_HAS = timedelta(hours=24)
"""So long a top-up waits for its card's holder to confirm it; then it is given up."""

LATELY = timedelta(hours=1)
"""What is older is asked about more seldom: nobody could say how it stands for a long time."""

EVER = datetime.min.replace(tzinfo=UTC)
RECONCILED_AFTER = timedelta(minutes=1)
"""What is younger is in the hands of whoever began it."""

AT_ONCE = 200
RECONCILER = "reconciler"
OPEN = frozenset({PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION})
FIRST = UUID(int=0)


async def carry_on(db: Database, payments: PaymentProvider, payment_id: UUID, actor: str, now: datetime) -> Standing:
    """Take a top-up as far as it gets now, and tell how it stands; ProviderUnavailable where nobody can say."""
    async with db.read() as reader:
        payment = await settling.standing(reader, payment_id)
    if payment.status not in OPEN:
        return payment
    outcome = await _answer(payments, payment, now)
    if outcome is None:
        return payment
    async with db.write() as session:
        await settle(session, payment.id, outcome, actor, now)
    async with db.read() as reader:
        return await settling.standing(reader, payment_id)


async def _answer(payments: PaymentProvider, payment: Standing, now: datetime) -> Outcome | None:
    """How the charge stands with the provider, which is asked to make it where it has not answered yet.

    What the provider never named and must not be sent again was given up: should it have been charged all the same, the
    provider's own message books it. None where only time will tell.
    """
    if payment.reference is not None:
        outcome = await payments.outcome(payment.reference)
        if outcome.status is PaymentStatus.REQUIRES_ACTION and payment.created_at + HOLDER_HAS <= now:
            return await given_up(payments, payment.reference)
        return outcome
    if payment.created_at + KEY_GOOD_FOR <= now:
        return Outcome(None, PaymentStatus.FAILED, "PAYMENT_PROVIDER_UNAVAILABLE")
    charge = _charge(payment)
    return None if charge is None else await payments.charge(charge)


async def given_up(payments: PaymentProvider, reference: str) -> Outcome:
    """Give up a charge that its card's holder has not confirmed; what became of it, which may be that it was paid."""
    outcome = await payments.cancel(reference)
    failed = outcome.status is PaymentStatus.FAILED
    return replace(outcome, failure="PAYMENT_ACTION_REQUIRED") if failed else outcome


def _charge(payment: Standing) -> Charge | None:
    """What is sent, the same each time; None once the card is gone, whose charge cannot be repeated then."""
    if payment.customer is None or payment.card is None:
        return None
    return Charge(
        key=str(payment.id),
        customer=payment.customer,
        method=payment.card,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        description=f"Top-up of account {payment.account}",
        attended=True,
    )


@dataclass
class Reconciled:
    """What a run came to: how many were looked at, and those that failed for a fault of ours, with its kind."""

    seen: int = 0
    failed: dict[UUID, str] = field(default_factory=dict)

    async def take(self, id_: UUID, work: Awaitable[object]) -> None:
        """Count one that is finished or undone. Whatever becomes of it, those after it have their turn.

        A provider that cannot be reached is asked another time.
        """
        self.seen += 1
        try:
            await work
        except ProviderUnavailable:
            pass
        except Exception as error:  # noqa: BLE001 (it is told, and must not keep the others waiting)
            self.failed[id_] = type(error).__name__


async def reconcile(
    db: Database, payments: PaymentProvider, now: datetime, since: timedelta | None = None
) -> Reconciled:
    """Finish or undo every top-up that was left open, as the provider says; of those begun `since` then, where given.

    Any number of workers may do so at once: each asks, and what one has settled the others leave alone.
    """
    done, after = Reconciled(), FIRST
    begun = EVER if since is None else now - since
    while True:
        async with db.read() as reader:
            found = await settling.open_top_ups(reader, begun, now - RECONCILED_AFTER, after, AT_ONCE)
        for payment in found:
            await done.take(payment.id, carry_on(db, payments, payment.id, RECONCILER, now))
        if len(found) < AT_ONCE:
            return done
        after = found[-1].id
