"""Customers and cards at the stand-in for the demo's accounts, so that paying can be tried at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.payments.adapter import StripeProvider
from gateway.settings import Settings
from models.db import Database
from models.queries import demo_cards
from models.queries.demo_cards import Invented
from resolvers.payers import customer_of
from resolvers.ports import Card

if TYPE_CHECKING:
    from stripe.params import PaymentMethodCreateParamsCard

NUMBERS = {"4242": "4242424242424242", "4444": "5555555555554444", "0341": "4000000000000341"}
"""Test cards by their last digits: two that are good, and one whose charges are declined."""

ACCOUNTS = 20
"""So many accounts get real ones: all of the small demo, and of the large one those that it tells stories of."""


class Holder(StripeProvider):
    """The holder of test cards, who gives them to the provider without a browser."""

    async def give(self, customer: str, card: Invented) -> Card:
        """Give a card for a customer."""
        details: PaymentMethodCreateParamsCard = {
            "number": NUMBERS[card.last4],
            "exp_month": card.expires_on.month,
            "exp_year": card.expires_on.year,
            "cvc": "123",
        }
        made = await self._api.payment_methods.create_async({"type": "card", "card": details})
        return await self.confirmed_method(customer, made.id)


async def give_cards(settings: Settings) -> None:
    """Have the stand-in keep every card that the demo made up; a second time there is nothing to do."""
    db = await Database.connect(settings.dsn)
    try:
        async with db.read() as reader:
            cards = await demo_cards.invented(reader, ACCOUNTS)
        if cards:
            await _give(db, Holder(settings), cards)
    finally:
        await db.close()


async def _give(db: Database, holder: Holder, cards: Sequence[Invented]) -> None:
    try:
        for card in cards:
            customer = await customer_of(db, holder, card.account_id)
            kept = await holder.give(customer, card)
            async with db.write() as session:
                await demo_cards.keep(session, card, kept.reference, kept.fingerprint)
    finally:
        await holder.close()
