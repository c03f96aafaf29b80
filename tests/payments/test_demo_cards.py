"""The demo's cards become cards of the stand-in, so that they pay; each once."""

import pytest

from gateway.payments.provider import paying
from gateway.payments.standin import StandIn
from gateway.payments.standin import demo_cards as giving
from models.db import Database
from models.queries import demo_cards
from models.statements import Row
from tests.conftest import settings_for


async def kept(db: Database) -> list[Row]:
    """The cards that the first account has at the provider."""
    async with db.read() as reader:
        return await reader.fetch(
            "SELECT provider_reference, fingerprint, last4 FROM payment_methods WHERE NOT"
            " starts_with(provider_reference, $1)",
            demo_cards.INVENTED,
        )


async def test_each_made_up_card_is_given_to_the_provider_once(
    demo_dsn: str, demo_db: Database, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving, "ACCOUNTS", 2)
    settings = stand_in.named_in(settings_for(demo_dsn))
    async with demo_db.read() as reader:
        made_up = await demo_cards.invented(reader, giving.ACCOUNTS)
    assert made_up
    await giving.give_cards(settings)
    cards = await kept(demo_db)
    assert sorted(card["last4"] for card in cards) == sorted(card.last4 for card in made_up)
    async with paying(settings) as provider:
        for card in cards:
            found = await provider.method(card["provider_reference"])
            assert found is not None
            assert (found.last4, found.fingerprint) == (card["last4"], card["fingerprint"])
    await giving.give_cards(settings)
    assert await kept(demo_db) == cards
