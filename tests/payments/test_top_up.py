"""Topping up over HTTP, against the provider's stand-in: paid once and booked once, or nothing and a clear state."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from gateway.app import create_app
from gateway.payments.provider import paying
from gateway.payments.standin import StandIn
from gateway.settings import Settings
from models.db import Database
from models.kinds import PaymentCause
from models.queries import auditing_ledger
from models.tables import Payment
from resolvers.charging import HOLDER_HAS, KEY_GOOD_FOR, reconcile
from resolvers.ports import Charge, Outcome
from tests import factories
from tests.access.people import audit_of, utc
from tests.access.unchanged import everything
from tests.client import ask, post
from tests.conftest import calling, settings_for
from tests.fleet.tenants import rows
from tests.money.providers import Till
from tests.payments.cards import CONFIRMS, DECLINED_LATER, confirm_payment
from tests.payments.payers import Payer, booked, charged, make_payer, send
from tests.payments.relay import Relay, Trouble

PAYMENTS = """{ viewer { account { billing { balance { amount }
  payments { nodes { status failure clientSecret invoice { number } } } } } } }"""
REFUSED: list[tuple[dict[str, str], list[tuple[str, list[str]]]]] = [
    ({"amount": "0", "currency": "USD"}, [("INVALID", ["amount", "amount"])]),
    ({"amount": "-5.00", "currency": "USD"}, [("INVALID", ["amount", "amount"])]),
    ({"amount": "0.99", "currency": "USD"}, [("INVALID", ["amount", "amount"])]),
    ({"amount": "10000.01", "currency": "USD"}, [("LIMIT_REACHED", ["amount", "amount"])]),
    ({"amount": "999999999999.99", "currency": "USD"}, [("LIMIT_REACHED", ["amount", "amount"])]),
    ({"amount": "5.00", "currency": "EUR"}, [("INVALID", ["amount", "currency"])]),
    ({"paymentMethodId": "nothing"}, [("NOT_FOUND", ["paymentMethodId"])]),
]


@pytest.fixture
async def shaky_client(dsn: str, db: Database, stand_in: StandIn, relay: Relay) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway whose provider fails as the relay is told to."""
    async with calling(create_app(relay.named_in(stand_in.named_in(settings_for(dsn))), db)) as caller:
        yield caller


async def reconciled(db: Database, stand_in: StandIn, later: timedelta = timedelta(minutes=2)) -> int:
    """What the reconciler looks at after a while, with the provider within reach."""
    async with paying(stand_in.named_in(Settings())) as provider:
        done = await reconcile(db, provider, utc() + later)
        assert done.failed == {}
        return done.seen


async def adds_up(db: Database) -> None:
    """Nothing is wrong with the books."""
    async with db.read() as reader:
        assert (await auditing_ledger.verify(reader)).broken == ()


async def test_a_card_is_charged_and_booked(
    paying_client: httpx.AsyncClient, db: Database, stand_in: StandIn, payer: Payer
) -> None:
    payload = await send(paying_client, payer.token)
    payment = payload["payment"]
    assert payload["userErrors"] == []
    assert (payment["status"], payment["amount"]) == ("SUCCEEDED", {"amount": "25.00", "currency": "USD"})
    assert (payment["clientSecret"], payment["failure"], payment["invoice"]) == (None, None, {"number": "A-1-1"})
    assert payload["invoice"] == {"number": "A-1-1", "total": {"amount": "25.00"}, "balance": {"amount": "25.00"}}
    assert payload["account"] == {"billing": {"balance": {"amount": "25.00"}}}
    assert (await charged(stand_in, payer), await booked(db)) == ([2500], [2500])
    assert [(row.action, row.actor, row.changes.get("amount")) for row in await audit_of(db)] == [
        ("payment.started", "Master@Example.com", [None, "25.00 USD"]),
        ("payment.succeeded", "Master@Example.com", [None, "25.00 USD"]),
    ]
    await adds_up(db)


@pytest.mark.parametrize(("given", "errors"), REFUSED)
async def test_a_refused_top_up_records_nothing(
    paying_client: httpx.AsyncClient,
    db: Database,
    stand_in: StandIn,
    payer: Payer,
    given: dict[str, str],
    errors: list[tuple[str, list[str]]],
) -> None:
    before = await everything(db)
    payload = await send(paying_client, payer.token, **given)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == errors
    assert payload["payment"] is None
    assert await everything(db) == before
    assert await charged(stand_in, payer) == []


async def test_without_a_card_there_is_nothing_to_charge(
    paying_client: httpx.AsyncClient, db: Database, payer: Payer
) -> None:
    await rows(db, "DELETE FROM payment_methods")
    payload = await send(paying_client, payer.token)
    assert payload["userErrors"] == [
        {"code": "PAYMENT_METHOD_REQUIRED", "field": ["paymentMethodId"], "retryAfterMs": None}
    ]


async def test_a_machine_must_send_a_key(paying_client: httpx.AsyncClient, db: Database, payer: Payer) -> None:
    before = await everything(db)
    document = "mutation ($input: TopUpInput!) { topUp(input: $input) { userErrors { code } } }"
    input_ = {"amount": {"amount": "5", "currency": "USD"}}
    answer = (await post(paying_client, document, {"input": input_}, token=payer.key)).json()
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await everything(db) == before


async def test_a_declined_card_leaves_a_failed_payment(
    paying_client: httpx.AsyncClient, db: Database, stand_in: StandIn
) -> None:
    payer = await make_payer(db, stand_in, DECLINED_LATER)
    for _ in range(2):
        payload = await send(paying_client, payer.key, key="one")
        assert payload["userErrors"] == [{"code": "PAYMENT_DECLINED", "field": None, "retryAfterMs": None}]
        assert (payload["payment"]["status"], payload["payment"]["failure"]) == ("FAILED", "PAYMENT_DECLINED")
        assert payload["invoice"] is None
    assert len(await rows(db, "SELECT FROM payments")) == 1
    assert (await charged(stand_in, payer), await booked(db)) == ([], [])
    await adds_up(db)


async def test_a_holder_confirms_and_the_repetition_sees_it(
    paying_client: httpx.AsyncClient, db: Database, stand_in: StandIn
) -> None:
    payer = await make_payer(db, stand_in, CONFIRMS)
    payload = await send(paying_client, payer.key, key="one")
    assert payload["userErrors"] == [{"code": "PAYMENT_ACTION_REQUIRED", "field": None, "retryAfterMs": None}]
    assert payload["payment"]["status"] == "REQUIRES_ACTION"
    assert (await charged(stand_in, payer), await booked(db)) == ([], [])
    await confirm_payment(stand_in.base, payload["payment"]["clientSecret"])
    payload = await send(paying_client, payer.key, key="one")
    assert (payload["userErrors"], payload["payment"]["status"]) == ([], "SUCCEEDED")
    assert payload["payment"]["clientSecret"] is None
    assert (await charged(stand_in, payer), await booked(db)) == ([2500], [2500])
    await adds_up(db)


async def test_a_holder_who_never_confirms_is_not_waited_for_long(
    paying_client: httpx.AsyncClient, db: Database, stand_in: StandIn
) -> None:
    payer = await make_payer(db, stand_in, CONFIRMS)
    payload = await send(paying_client, payer.token)
    assert await reconciled(db, stand_in) == 1
    assert [row["status"] for row in await rows(db, "SELECT status FROM payments")] == ["REQUIRES_ACTION"]
    assert await reconciled(db, stand_in, HOLDER_HAS + timedelta(minutes=1)) == 1
    await confirm_payment(stand_in.base, payload["payment"]["clientSecret"])
    shown = (await ask(paying_client, PAYMENTS, token=payer.token))["viewer"]["account"]["billing"]
    assert shown["payments"]["nodes"] == [
        {"status": "FAILED", "failure": "PAYMENT_ACTION_REQUIRED", "clientSecret": None, "invoice": None}
    ]
    assert (await charged(stand_in, payer), await booked(db)) == ([], [])


@pytest.mark.parametrize("trouble", [Trouble.DOWN, Trouble.BROKEN, Trouble.LOST, Trouble.SILENT, Trouble.TWICE])
async def test_whatever_the_network_does_it_is_paid_once(
    shaky_client: httpx.AsyncClient,
    dsn: str,
    db: Database,
    stand_in: StandIn,
    payer: Payer,
    relay: Relay,
    trouble: Trouble,
) -> None:
    relay.trouble = trouble
    settings = relay.named_in(stand_in.named_in(settings_for(dsn)))
    async with calling(create_app(settings, db)) as caller:
        payload = await send(caller, payer.key, key="one")
    if trouble is not Trouble.TWICE:
        assert payload["payment"]["status"] == "PENDING"
        [error] = payload["userErrors"]
        assert error["code"] == "PAYMENT_PROVIDER_UNAVAILABLE"
        assert error["retryAfterMs"] > 0
        assert await booked(db) == []
    relay.trouble = Trouble.NONE
    payload = await send(shaky_client, payer.key, key="one")
    assert (payload["userErrors"], payload["payment"]["status"]) == ([], "SUCCEEDED")
    assert await reconciled(db, stand_in) == 0
    assert (await charged(stand_in, payer), await booked(db)) == ([2500], [2500])
    await adds_up(db)


@pytest.mark.parametrize("trouble", [Trouble.DOWN, Trouble.LOST])
async def test_the_reconciler_finishes_what_nobody_repeats(
    shaky_client: httpx.AsyncClient, db: Database, stand_in: StandIn, payer: Payer, relay: Relay, trouble: Trouble
) -> None:
    relay.trouble = trouble
    await send(shaky_client, payer.token)
    assert await reconciled(db, stand_in, timedelta(0)) == 0, "it is in the hands of whoever began it"
    looked = await asyncio.gather(*(reconciled(db, stand_in) for _ in range(3)))
    assert max(looked) == 1
    assert (await charged(stand_in, payer), await booked(db)) == ([2500], [2500])
    [row] = await rows(db, "SELECT status, invoice_id FROM payments")
    assert (row["status"], row["invoice_id"] is None) == ("SUCCEEDED", False)
    await adds_up(db)


async def test_what_is_too_old_to_be_sent_again_is_given_up(
    shaky_client: httpx.AsyncClient, db: Database, stand_in: StandIn, payer: Payer, relay: Relay
) -> None:
    relay.trouble = Trouble.DOWN
    await send(shaky_client, payer.key, key="one")
    assert await reconciled(db, stand_in, KEY_GOOD_FOR + timedelta(minutes=1)) == 1
    relay.trouble = Trouble.NONE
    payload = await send(shaky_client, payer.key, key="one")
    assert payload["userErrors"] == [{"code": "PAYMENT_PROVIDER_UNAVAILABLE", "field": None, "retryAfterMs": None}]
    assert payload["payment"]["status"] == "FAILED"
    assert (await charged(stand_in, payer), await booked(db)) == ([], [])


async def test_a_card_that_is_gone_leaves_its_payment_to_time(
    shaky_client: httpx.AsyncClient, db: Database, stand_in: StandIn, payer: Payer, relay: Relay
) -> None:
    relay.trouble = Trouble.DOWN
    await send(shaky_client, payer.key, key="one")
    await rows(db, "DELETE FROM payment_methods")
    payload = await send(shaky_client, payer.key, key="one")
    assert [error["code"] for error in payload["userErrors"]] == ["PAYMENT_PENDING"]
    assert (await reconciled(db, stand_in), await charged(stand_in, payer), await booked(db)) == (1, [], [])


async def test_parallel_requests_with_one_key_pay_once(
    paying_client: httpx.AsyncClient, db: Database, stand_in: StandIn, payer: Payer
) -> None:
    payloads = await asyncio.gather(*(send(paying_client, payer.key, key="one") for _ in range(8)))
    codes = {error["code"] for payload in payloads for error in payload["userErrors"]}
    assert codes <= {"CONFLICT", "PAYMENT_PROVIDER_UNAVAILABLE"}
    again = await send(paying_client, payer.key, key="one")
    assert (again["userErrors"], again["payment"]["status"]) == ([], "SUCCEEDED")
    assert (await charged(stand_in, payer), await booked(db)) == ([2500], [2500])
    other = await send(paying_client, payer.key, amount="26.00", key="one")
    assert [error["code"] for error in other["userErrors"]] == ["CONFLICT"]
    await adds_up(db)


async def test_one_that_fails_keeps_no_other_waiting(
    db: Database, payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.charging.AT_ONCE", 1)
    begun = utc() - timedelta(minutes=5)
    card = {"payment_method_id": payer.card_id, "cause": PaymentCause.TOP_UP, "currency": "USD", "created_at": begun}
    for minor in (100, 200):
        await factories.add(db, Payment, account_id=payer.account_id, amount_minor=minor, **card)
    done = await reconcile(db, Defective(), utc())
    assert (done.seen, set(done.failed.values()), await booked(db)) == (2, {"ZeroDivisionError"}, [])
    done = await reconcile(db, Till(), utc(), timedelta(minutes=4))
    assert done.seen == 0, "they are older"
    done = await reconcile(db, Till(), utc(), timedelta(minutes=6))
    assert (done.seen, done.failed, await booked(db)) == (2, {}, [100, 200])


class Defective(Till):
    """A provider whose adapter has a defect."""

    async def charge(self, charge: Charge) -> Outcome:
        """Fail as no provider does."""
        raise ZeroDivisionError(charge.key)
