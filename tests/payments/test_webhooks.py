"""The provider's messages: who may send them, that each is taken once, and what becomes of cards by them."""

from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.payments import WEBHOOKS
from gateway.payments.adapter import TOLERANCE_SECONDS
from gateway.payments.provider import paying
from gateway.payments.reading import KEY
from gateway.payments.standin import StandIn
from gateway.settings import Settings
from models.db import Database
from models.kinds import PaymentCause
from models.tables import Payment, PaymentMethod
from resolvers.no_provider import NoProvider
from resolvers.ports import Card, Charge, ProviderEvent
from resolvers.provider_events import take
from tests.access.people import Person, audit_of, make_master, make_session, utc
from tests.access.unchanged import everything
from tests.client import ask
from tests.conftest import calling, settings_for
from tests.money.cards import make_card
from tests.payments.cards import GOOD, OTHER_GOOD
from tests.payments.messages import message, secret_of, signed, tell
from tests.payments.relay import Trouble, relaying
from tests.payments.test_methods import Wallet, key_or_fail

CARDS = "{ viewer { account { billing { paymentMethods { last4 expiresOn isDefault } } } } }"


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def wallet(paying_client: httpx.AsyncClient, stand_in: StandIn, db: Database, master: Person) -> Wallet:
    return Wallet(paying_client, stand_in.base, (await make_session(db, master)).text)


async def cards_of(wallet: Wallet) -> list[dict[str, Any]]:
    """The account's cards."""
    data = await ask(wallet.client, CARDS, token=wallet.token)
    cards: list[dict[str, Any]] = data["viewer"]["account"]["billing"]["paymentMethods"]
    return cards


async def references(db: Database) -> list[str]:
    """What the provider calls the cards that are stored, the oldest first."""
    async with db.read() as reader:
        rows = await reader.fetch("SELECT provider_reference FROM payment_methods ORDER BY created_at")
    return [row["provider_reference"] for row in rows]


async def noted(db: Database) -> list[str]:
    """The kinds of the messages that were taken."""
    async with db.read() as reader:
        return [row["kind"] for row in await reader.fetch("SELECT kind FROM provider_events ORDER BY received_at")]


async def at_provider(stand_in: StandIn, path: str, **said: str) -> None:
    """Change something at the provider, as somebody there does."""
    key = stand_in.named_in(Settings()).stripe_secret_key
    assert key is not None
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"}
    async with httpx.AsyncClient(base_url=stand_in.base, trust_env=False, timeout=60, headers=headers) as provider:
        assert (await provider.post(path, data=said)).status_code == 200


def expiring(month: int, year: int) -> dict[str, str]:
    """A card's details as the provider is given them anew."""
    details = {"exp_month": str(month), "exp_year": str(year), "last4": "4242", "brand": "visa"}
    return {f"card[{name}]": value for name, value in details.items()}


async def test_an_unknown_kind_is_noted_once_and_ignored(
    paying_client: httpx.AsyncClient, stand_in: StandIn, db: Database
) -> None:
    body = message("customer.created", {"id": "cus_1", "object": "customer"}, "evt_1")
    before = await everything(db)
    assert [await tell(paying_client, stand_in, body) for _ in range(3)] == [200, 200, 200]
    assert await noted(db) == ["customer.created"]
    assert {**await everything(db), "provider_events": []} == before


async def test_only_what_the_provider_has_just_signed_is_taken(
    paying_client: httpx.AsyncClient, stand_in: StandIn, db: Database
) -> None:
    body, secret = message("customer.created", {}), secret_of(stand_in)
    good = signed(body, secret)["Stripe-Signature"]
    refused: list[tuple[str | bytes, dict[str, str]]] = [
        (body, {}),
        (body, {"Stripe-Signature": "nonsense"}),
        (body, {"Stripe-Signature": good[:-1] + ("0" if good[-1] != "0" else "1")}),
        (body, {"Stripe-Signature": good.replace("v1=", "v0=")}),
        (body, {"Stripe-Signature": f"t=1,v1={'é' * 64}"}),
        (body, signed(body, "whsec_of_somebody_else")),
        (body, signed(body, secret, age=TOLERANCE_SECONDS + 5)),
        (body.replace("customer", "payment"), {"Stripe-Signature": good}),
        (b"\xff\xfe", {"Stripe-Signature": good}),
        *[(odd, signed(odd, secret)) for odd in ("", "[]", "5", "{", '{"id": 5, "type": {}}', "\x00")],
    ]
    before = await everything(db)
    for content, headers in refused:
        sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        answer = await paying_client.post(WEBHOOKS, content=content, headers=sent)
        assert (answer.status_code, answer.json()) == (400, {"received": False}), content
    assert (await paying_client.get(WEBHOOKS)).status_code == 405
    assert (await paying_client.post(WEBHOOKS, content=b" " * 300_000)).status_code == 413
    assert await everything(db) == before


async def test_neither_origin_nor_cookie_matters(paying_client: httpx.AsyncClient, stand_in: StandIn) -> None:
    body = message("customer.created", {})
    strange = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site", "Cookie": "session=none"}
    headers = {**signed(body, secret_of(stand_in)), **strange, "Content-Type": "text/plain"}
    answer = await paying_client.post(WEBHOOKS, content=body, headers=headers)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


async def test_without_a_provider_no_message_is_taken(client: httpx.AsyncClient, stand_in: StandIn) -> None:
    assert await tell(client, stand_in, message("customer.created", {})) == 400


async def test_a_cards_new_expiry_is_taken_over(wallet: Wallet, stand_in: StandIn, db: Database) -> None:
    await wallet.added(GOOD, year=2030)
    (reference,) = await references(db)
    await at_provider(stand_in, f"/v1/payment_methods/{reference}", **expiring(2, 2035))
    late = message("payment_method.attached", {"id": reference, "card": {"exp_year": 2030, "exp_month": 12}})
    news = message("payment_method.automatically_updated", {"id": reference})
    begun = message("setup_intent.succeeded", {"id": "seti_1", "payment_method": reference})
    for body in (news, late, news, begun):
        assert await tell(wallet.client, stand_in, body) == 200
    assert await cards_of(wallet) == [{"last4": "4242", "expiresOn": "2035-02-28", "isDefault": True}]
    row = (await audit_of(db))[-1]
    assert (row.actor, row.action) == ("Payment provider", "payment_method.updated")
    assert row.changes == {"expiresOn": ["2030-12-31", "2035-02-28"]}
    assert len(await audit_of(db)) == 2, "what changes nothing is told nowhere"
    assert len(await noted(db)) == 3


async def test_a_card_that_the_provider_keeps_no_longer_is_gone(
    wallet: Wallet, stand_in: StandIn, db: Database
) -> None:
    await wallet.added(GOOD)
    await wallet.added(OTHER_GOOD)
    first, _ = await references(db)
    await at_provider(stand_in, f"/v1/payment_methods/{first}/detach")
    for body in (message("payment_method.detached", {"id": first}), message("payment_method.detached", {"id": "pm_x"})):
        assert await tell(wallet.client, stand_in, body) == 200
    assert [(one["last4"], one["isDefault"]) for one in await cards_of(wallet)] == [("4444", True)]
    assert (await audit_of(db))[-1].action == "payment_method.removed"


async def test_a_charge_that_was_cut_off_is_booked_when_the_provider_tells_of_it(
    wallet: Wallet, stand_in: StandIn, db: Database, master: Person
) -> None:
    method = key_or_fail(await wallet.added(GOOD))
    (reference,) = await references(db)
    async with db.read() as reader:
        (account,) = await reader.fetch("SELECT provider_customer FROM accounts")
    payments = [
        Payment(
            account_id=master.account_id, amount_minor=amount, currency="USD", cause=cause, payment_method_id=method
        )
        for amount, cause in ((500, PaymentCause.TOP_UP), (600, PaymentCause.TOP_UP))
    ]
    async with db.write() as session:
        session.add_all(payments)
    async with paying(stand_in.named_in(Settings())) as provider:
        for payment in payments:
            charge = Charge(
                str(payment.id), account["provider_customer"], reference, payment.amount_minor, "USD", "Top-up", True
            )
            intent = (await provider.charge(charge)).reference
            about = {"id": intent, "metadata": {KEY: str(payment.id)}}
            told = [message(f"payment_intent.{kind}", about) for kind in ("payment_failed", "succeeded", "created")]
            for body in (*told, told[0]):
                assert await tell(wallet.client, stand_in, body) == 200
        others = await provider.charge(replace(charge, key="another shop's"))
        about = {"id": others.reference, "metadata": {KEY: "another shop's"}}
        assert await tell(wallet.client, stand_in, message("payment_intent.succeeded", about)) == 200
    for metadata in ({KEY: "no key of ours"}, {}):
        about = {"id": intent, "metadata": metadata}
        assert await tell(wallet.client, stand_in, message("payment_intent.processing", about)) == 200
    async with db.read() as reader:
        booked = await reader.fetch("SELECT amount_minor, balance_minor FROM ledger_entries ORDER BY sequence")
        states = await reader.fetch("SELECT status FROM payments")
    assert [(row["amount_minor"], row["balance_minor"]) for row in booked] == [(500, 500), (600, 1_100)]
    assert [row["status"] for row in states] == ["SUCCEEDED", "SUCCEEDED"]
    assert {row.actor for row in await audit_of(db) if row.action == "payment.succeeded"} == {"Payment provider"}


async def test_what_cannot_be_asked_for_now_is_sent_again_later(
    wallet: Wallet, stand_in: StandIn, dsn: str, db: Database
) -> None:
    await wallet.added(GOOD, year=2030)
    (reference,) = await references(db)
    await at_provider(stand_in, f"/v1/payment_methods/{reference}", **expiring(1, 2036))
    body = message("payment_method.updated", {"id": reference})
    async with relaying(stand_in.base) as relay:
        settings = relay.named_in(stand_in.named_in(settings_for(dsn)))
        async with calling(create_app(settings, db)) as caller:
            relay.trouble = Trouble.DOWN
            assert await tell(caller, stand_in, body) == 503
            assert await noted(db) == []
            relay.trouble = Trouble.NONE
            assert await tell(caller, stand_in, body) == 200
    assert (await cards_of(wallet))[0]["expiresOn"] == "2036-01-31"


async def test_a_card_that_its_owner_removes_while_the_provider_is_asked_stays_removed(
    db: Database, master: Person
) -> None:
    card = await make_card(db, master.account_id)

    class Slow(NoProvider):
        """A provider that is asked for so long that the card is gone."""

        async def method(self, reference: str) -> Card | None:
            """Say that the card is good."""
            async with db.write() as session:
                await session.delete(await session.get_one(PaymentMethod, card.id))
            return Card(reference, "Visa", "4242", date(2040, 1, 31))

    event = ProviderEvent("evt_late", "payment_method.updated", method=card.provider_reference)
    await take(db, Slow(), event, utc())
    assert await references(db) == []
    assert await noted(db) == ["payment_method.updated"]
    assert await audit_of(db) == []
