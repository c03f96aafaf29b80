"""What the payment provider tells of: each message is taken once, in the transaction that applies it.

A message says what to look at, never how it stands: that is asked for, so messages may come late, twice or in any
order. What is not known here is noted all the same, and left alone.
"""

from datetime import datetime
from uuid import UUID

from models.db import Database, Transaction
from models.queries import accounts, payment_methods, provider_events, settling
from models.queries.audit import Origin
from resolvers.cards import drop, renew
from resolvers.ports import Card, PaymentProvider, ProviderEvent
from resolvers.settling import settle

PROVIDER = "Payment provider"
"""How the log names it."""


async def take(db: Database, payments: PaymentProvider, event: ProviderEvent, now: datetime) -> None:
    """Take a message. ProviderUnavailable, and nothing is taken, where it has to be sent again later."""
    if event.method is not None:
        await _about_card(db, payments, event, event.method, now)
    elif event.payment is not None:
        await _about_payment(db, payments, event, event.payment, now)
    else:
        async with db.write() as session:
            await provider_events.note(session, event.id, event.kind, now)


async def _about_payment(
    db: Database, payments: PaymentProvider, event: ProviderEvent, reference: str, now: datetime
) -> None:
    """A charge has moved on: ask where it stands. It may be one that was cut off before we learnt its reference."""
    outcome = await payments.outcome(reference)
    async with db.write() as session:
        if await provider_events.note(session, event.id, event.kind, now):
            payment_id = await settling.known(session, reference, _key(event.key))
            if payment_id is not None:
                await settle(session, payment_id, outcome, PROVIDER, now)


def _key(text: str | None) -> UUID | None:
    """The payment that a charge's key names; None where it is no key of ours."""
    try:
        return None if text is None else UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None


async def _about_card(
    db: Database, payments: PaymentProvider, event: ProviderEvent, reference: str, now: datetime
) -> None:
    """A card was changed, or is kept no longer: ask how it is, where it is one of ours."""
    async with db.read() as reader:
        owner = await payment_methods.owner_of(reader, reference)
    card = None if owner is None else await payments.method(reference)
    async with db.write() as session:
        if await provider_events.note(session, event.id, event.kind, now) and owner is not None:
            await _apply(session, owner, reference, card, now)


async def _apply(session: Transaction, owner: UUID, reference: str, card: Card | None, now: datetime) -> None:
    """Have the stored card be what the provider says. One that is gone there is gone here, whatever it was for."""
    account = await accounts.lock(session, owner)
    held = await payment_methods.held(session, owner)
    method = next((one for one in held if one.provider_reference == reference), None)
    if method is None:
        return
    by = Origin(owner, PROVIDER, now, None)
    if card is None:
        await drop(session, account, held, method, by)
    else:
        await renew(session, method, card, by)
