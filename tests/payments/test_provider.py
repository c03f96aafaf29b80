"""What stories may rely on of the payment provider, tried through the real adapter."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from uuid import uuid4

import httpx
import pytest

from gateway.payments.adapter import StripeProvider
from gateway.payments.provider import paying
from gateway.payments.standin import StandIn
from gateway.settings import Settings
from models.enums import PaymentStatus
from resolvers.ports import Card, Charge, EventRefused, MethodRefused, Outcome, PaymentProvider, ProviderUnavailable
from tests.payments.cards import (
    CONFIRMS,
    DECLINED_AT_ONCE,
    DECLINED_LATER,
    confirm_card,
    confirm_payment,
    give_card,
    token_of,
)
from tests.payments.relay import Relay, Trouble


@pytest.fixture
async def provider(stand_in: StandIn) -> AsyncIterator[PaymentProvider]:
    """The provider, over what stands in for it."""
    async with paying(stand_in.named_in(Settings())) as one:
        assert isinstance(one, StripeProvider)
        yield one


@pytest.fixture
async def customer(provider: PaymentProvider) -> str:
    """A customer of the provider's."""
    return await provider.customer(uuid4(), "Engines", "billing@example.com")


async def card_of(provider: PaymentProvider, stand_in: StandIn, customer: str, number: str) -> Card:
    """A card of a customer, confirmed where it asks for that."""
    secret = await provider.begin_method(customer, None)
    if (await give_card(stand_in.base, secret, number))["status"] == "requires_action":
        await confirm_card(stand_in.base, secret)
    return await provider.confirmed_method(customer, token_of(secret))


def charging(customer: str, card: Card, *, attended: bool = True) -> Charge:
    """A new charge of 5 dollars."""
    return Charge(uuid4().hex, customer, card.reference, 500, "USD", "Top-up", attended)


async def test_an_account_is_one_customer_however_often_it_is_made_known(provider: PaymentProvider) -> None:
    account = uuid4()
    one = await provider.customer(account, "Engines", None)
    assert await provider.customer(account, "Engines", None) == one
    assert await provider.customer(uuid4(), "Engines", None) != one


async def test_a_card_is_kept_once_its_holder_has_given_it(
    provider: PaymentProvider, stand_in: StandIn, customer: str
) -> None:
    secret = await provider.begin_method(customer, "https://portal.example.com/cards")
    with pytest.raises(MethodRefused) as refused:
        await provider.confirmed_method(customer, token_of(secret))
    assert refused.value.code == "INVALID"
    await give_card(stand_in.base, secret, year=2034, month=2)
    card = await provider.confirmed_method(customer, token_of(secret))
    assert (card.brand, card.last4, card.expires_on) == ("Visa", "4242", date(2034, 2, 28))
    assert await provider.confirmed_method(customer, card.reference) == card
    assert await provider.method(card.reference) == card
    await provider.forget_method(card.reference)
    await provider.forget_method(card.reference)
    await provider.forget_method("pm_never")
    assert await provider.method(card.reference) is None


async def test_a_card_that_nobody_confirmed_is_refused(
    provider: PaymentProvider, stand_in: StandIn, customer: str
) -> None:
    for number, code in ((DECLINED_AT_ONCE, "PAYMENT_DECLINED"), (CONFIRMS, "PAYMENT_ACTION_REQUIRED")):
        secret = await provider.begin_method(customer, None)
        await give_card(stand_in.base, secret, number)
        with pytest.raises(MethodRefused) as refused:
            await provider.confirmed_method(customer, token_of(secret))
        assert refused.value.code == code


async def test_a_card_of_another_customer_is_none(provider: PaymentProvider, stand_in: StandIn, customer: str) -> None:
    secret = await provider.begin_method(customer, None)
    await give_card(stand_in.base, secret)
    card = await provider.confirmed_method(customer, token_of(secret))
    other = await provider.customer(uuid4(), "Others", None)
    for token in (token_of(secret), card.reference, secret, "seti_never", "pm_never", "cus_x", "../v1/charges", ""):
        with pytest.raises(MethodRefused) as refused:
            await provider.confirmed_method(other, token)
        assert refused.value.code == "NOT_FOUND"


async def test_what_is_no_card_is_refused(provider: PaymentProvider, stand_in: StandIn, customer: str) -> None:
    key = stand_in.named_in(Settings()).stripe_secret_key
    assert key is not None
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"}
    said = {"type": "sepa_debit", "sepa_debit[iban]": "DE62370400440532013000"}
    async with httpx.AsyncClient(base_url=stand_in.base, trust_env=False, timeout=60, headers=headers) as caller:
        debit = (await caller.post("/v1/payment_methods", data=said)).json()["id"]
    with pytest.raises(MethodRefused) as refused:
        await provider.confirmed_method(customer, debit)
    assert refused.value.code == "INVALID"


async def test_a_charge_is_made_once_for_its_key(provider: PaymentProvider, stand_in: StandIn, customer: str) -> None:
    charge = charging(customer, await card_of(provider, stand_in, customer, "4242424242424242"))
    outcome = await provider.charge(charge)
    assert outcome.status is PaymentStatus.SUCCEEDED
    assert outcome.reference is not None
    assert await provider.charge(charge) == outcome == await provider.outcome(outcome.reference)
    assert await provider.cancel(outcome.reference) == outcome, "what has ended stays as it is"
    with pytest.raises(ProviderUnavailable):
        await provider.charge(replace(charge, amount_minor=501))
    refund = await provider.refund("one", outcome.reference, 200)
    assert await provider.refund("one", outcome.reference, 200) == refund


async def test_a_declined_charge_has_failed_for_good(
    provider: PaymentProvider, stand_in: StandIn, customer: str
) -> None:
    charge = charging(customer, await card_of(provider, stand_in, customer, DECLINED_LATER))
    outcome = await provider.charge(charge)
    assert (outcome.status, outcome.failure) == (PaymentStatus.FAILED, "PAYMENT_DECLINED")
    assert outcome.reference is not None
    assert await provider.charge(charge) == outcome == await provider.outcome(outcome.reference)


async def test_a_charge_without_a_card_makes_nothing(
    provider: PaymentProvider, stand_in: StandIn, customer: str
) -> None:
    card = await card_of(provider, stand_in, customer, "4242424242424242")
    outcome = await provider.charge(charging(customer, replace(card, reference="pm_never")))
    assert outcome == Outcome(None, PaymentStatus.FAILED, "PAYMENT_METHOD_REQUIRED")


async def test_a_charge_waits_for_its_cards_holder(provider: PaymentProvider, stand_in: StandIn, customer: str) -> None:
    card = await card_of(provider, stand_in, customer, CONFIRMS)
    ends = []
    for deed in ("confirm", "fail", "cancel"):
        outcome = await provider.charge(charging(customer, card))
        assert outcome.status is PaymentStatus.REQUIRES_ACTION
        assert outcome.reference is not None
        assert outcome.client_secret is not None
        if deed == "cancel":
            await provider.cancel(outcome.reference)
        else:
            await confirm_payment(stand_in.base, outcome.client_secret, success=deed == "confirm")
        now = await provider.outcome(outcome.reference)
        ends.append((now.status, now.failure, now.client_secret))
    failed = (PaymentStatus.FAILED, "PAYMENT_ACTION_REQUIRED", None)
    assert ends == [(PaymentStatus.SUCCEEDED, None, None), failed, failed]


async def test_a_charge_whose_holder_is_away_does_not_wait(
    provider: PaymentProvider, stand_in: StandIn, customer: str
) -> None:
    card = await card_of(provider, stand_in, customer, CONFIRMS)
    outcome = await provider.charge(charging(customer, card, attended=False))
    assert (outcome.status, outcome.failure) == (PaymentStatus.FAILED, "PAYMENT_ACTION_REQUIRED")
    assert outcome.client_secret is None
    assert outcome.reference is not None
    assert await provider.outcome(outcome.reference) == outcome


async def test_what_was_cut_off_is_done_once_when_it_is_sent_again(
    provider: PaymentProvider, stand_in: StandIn, customer: str, relay: Relay
) -> None:
    card = await card_of(provider, stand_in, customer, "4242424242424242")
    settings = stand_in.named_in(Settings())
    async with paying(relay.named_in(settings)) as far:
        for trouble in (Trouble.DOWN, Trouble.BROKEN, Trouble.LOST, Trouble.SILENT):
            charge = charging(customer, card)
            relay.trouble = trouble
            async with paying(relay.named_in(settings)) as troubled:
                with pytest.raises(ProviderUnavailable):
                    await troubled.charge(charge)
            relay.trouble = Trouble.TWICE
            outcome = await far.charge(charge)
            assert outcome == await provider.charge(charge)
            assert outcome.status is PaymentStatus.SUCCEEDED


async def test_a_key_that_is_not_the_accounts_tells_nothing(stand_in: StandIn) -> None:
    settings = stand_in.named_in(Settings()).model_copy(
        update={"stripe_secret_key": stand_in.named_in(Settings()).stripe_webhook_secret}
    )
    async with paying(settings) as stranger:
        with pytest.raises(ProviderUnavailable):
            await stranger.customer(uuid4(), "Engines", None)


async def test_without_a_provider_nobody_can_say_anything() -> None:
    charge = Charge("key", "cus_1", "pm_1", 500, "USD", "Top-up", attended=True)
    async with paying(Settings()) as nobody:
        for question in (
            nobody.customer(uuid4(), "Engines", None),
            nobody.begin_method("cus_1", None),
            nobody.confirmed_method("cus_1", "seti_1"),
            nobody.method("pm_1"),
            nobody.forget_method("pm_1"),
            nobody.charge(charge),
            nobody.outcome("pi_1"),
            nobody.cancel("pi_1"),
            nobody.refund("key", "pi_1", 500),
            nobody.refunded("key", "pi_1"),
        ):
            with pytest.raises(ProviderUnavailable):
                await question
        with pytest.raises(EventRefused):
            nobody.event(b"{}", "t=1,v1=0")
