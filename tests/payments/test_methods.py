"""Cards over HTTP: begun, given to the provider by their holders, added, chosen, removed."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from auth.throttling import RULES, Guarded, Scope
from gateway.app import create_app
from gateway.payments.standin import StandIn
from models.db import Database
from models.enums import AutopaymentMode, PaymentStatus
from models.kinds import PaymentCause
from models.queries import accounts
from models.queries.payment_methods import MOST_METHODS
from models.roles import RoleName
from models.tables import Payment, PaymentMethod
from schema.ids import encode, key_of
from tests.access.people import Person, audit_of, make_api_key, make_master, make_session
from tests.access.unchanged import everything
from tests.client import ask, post
from tests.conftest import calling, settings_for
from tests.mailbox import deliver
from tests.payments.cards import (
    CONFIRMS,
    DECLINED_AT_ONCE,
    DECLINED_LATER,
    GOOD,
    OTHER_GOOD,
    confirm_card,
    give_card,
    token_of,
)
from tests.payments.relay import Trouble, relaying

METHODS = "account { billing { email paymentMethods { id brand last4 expiresOn isDefault } } }"
BEGIN = """mutation ($input: BeginPaymentMethodInput!) {
  beginPaymentMethod(input: $input) { clientSecret userErrors { code field retryAfterMs } }
}"""
ADD = f"""mutation ($input: AddPaymentMethodInput!) {{
  addPaymentMethod(input: $input) {{ paymentMethod {{ id last4 expiresOn isDefault }} {METHODS}
    userErrors {{ code field retryAfterMs }} }}
}}"""
ADD_ONCE = ADD.replace("addPaymentMethod(input: $input)", 'addPaymentMethod(input: $input) @idempotent(key: "one")')
CHOOSE = f"""mutation ($input: SetDefaultPaymentMethodInput!) {{
  setDefaultPaymentMethod(input: $input) {{ paymentMethod {{ id isDefault }} {METHODS} userErrors {{ code field }} }}
}}"""
REMOVE = f"""mutation ($input: RemovePaymentMethodInput!) {{
  removePaymentMethod(input: $input) {{ deletedId {METHODS} userErrors {{ code field }} }}
}}"""
EMAIL = f"""mutation ($input: UpdateBillingEmailInput!) {{
  updateBillingEmail(input: $input) {{ {METHODS} userErrors {{ code field }} }}
}}"""


class Wallet:
    """An account's cards, as its login and their holder handle them."""

    def __init__(self, client: httpx.AsyncClient, provider: str, token: str) -> None:
        self.client, self.provider, self.token = client, provider, token

    async def send(self, document: str, **given: Any) -> dict[str, Any]:
        """The payload of a mutation."""
        (payload,) = (await ask(self.client, document, {"input": given}, token=self.token)).values()
        assert isinstance(payload, dict)
        return payload

    async def given(self, number: str = GOOD, **details: int) -> str:
        """The token of a card that its holder has given."""
        begun = await self.send(BEGIN)
        assert begun["userErrors"] == []
        assert "error" not in await give_card(self.provider, begun["clientSecret"], number, **details)
        return token_of(begun["clientSecret"])

    async def added(self, number: str = GOOD, *, default: bool = False, **details: int) -> str:
        """The id of a card that was added."""
        token = await self.given(number, **details)
        payload = await self.send(ADD, providerToken=token, makeDefault=default)
        assert payload["userErrors"] == []
        id_: str = payload["paymentMethod"]["id"]
        return id_

    async def refused(self, document: str, code: str, field: str | None, **given: Any) -> None:
        """A mutation that is refused for one reason."""
        payload = await self.send(document, **given)
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == (code, None if field is None else [field])


def numbers(payload: dict[str, Any]) -> list[tuple[str, bool]]:
    """The cards of a payload's account: their last digits, and which is the default."""
    return [(one["last4"], one["isDefault"]) for one in payload["account"]["billing"]["paymentMethods"]]


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def wallet(paying_client: httpx.AsyncClient, stand_in: StandIn, db: Database, master: Person) -> Wallet:
    return Wallet(paying_client, stand_in.base, (await make_session(db, master)).text)


@pytest.fixture
def paying_app(dsn: str, db: Database, stand_in: StandIn) -> Starlette:
    """The application of `paying_client`, to do its jobs."""
    return create_app(stand_in.named_in(settings_for(dsn)), db)


async def test_a_card_is_begun_given_and_added(wallet: Wallet, db: Database) -> None:
    begun = await wallet.send(BEGIN, returnUrl="https://portal.example.com/cards?from=here")
    assert begun["userErrors"] == []
    token = token_of(begun["clientSecret"])
    await wallet.refused(ADD, "INVALID", "providerToken", providerToken=token)
    await give_card(wallet.provider, begun["clientSecret"], month=2, year=2035)
    payload = await wallet.send(ADD, providerToken=token)
    assert payload["userErrors"] == []
    assert payload["paymentMethod"]["expiresOn"] == "2035-02-28"
    assert numbers(payload) == [("4242", True)], "the first card is the default"
    (row,) = await audit_of(db)
    assert (row.action, row.target_type, row.target_label) == (
        "payment_method.added",
        "PaymentMethod",
        "Visa ending in 4242",
    )
    assert row.changes == {"paymentMethod": [None, "Visa ending in 4242"], "isDefault": [None, "true"]}
    assert begun["clientSecret"] not in str(await everything(db))


async def test_a_card_that_asks_for_it_is_confirmed_first(wallet: Wallet) -> None:
    begun = await wallet.send(BEGIN)
    await give_card(wallet.provider, begun["clientSecret"], CONFIRMS)
    token = token_of(begun["clientSecret"])
    await wallet.refused(ADD, "PAYMENT_ACTION_REQUIRED", "providerToken", providerToken=token)
    await confirm_card(wallet.provider, begun["clientSecret"])
    assert numbers(await wallet.send(ADD, providerToken=token)) == [("3155", True)]


async def test_the_same_card_is_not_added_twice(wallet: Wallet, db: Database, paying_app: Starlette) -> None:
    first = await wallet.added(year=2030)
    token = await wallet.given(year=2034)
    payload = await wallet.send(ADD, providerToken=token)
    assert payload["paymentMethod"] == {"id": first, "last4": "4242", "expiresOn": "2034-12-31", "isDefault": True}
    assert numbers(payload) == numbers(await wallet.send(ADD, providerToken=token)) == [("4242", True)]
    assert [row.changes for row in (await audit_of(db))[1:]] == [{"expiresOn": ["2030-12-31", "2034-12-31"]}]
    async with calling(paying_app), db.read() as reader:
        assert len(await reader.fetch("SELECT FROM jobs.pgqueuer WHERE entrypoint = 'forget_card'")) == 1
        await deliver(paying_app)
        assert await reader.fetch("SELECT FROM jobs.pgqueuer") == []


async def test_one_card_is_the_default(wallet: Wallet, db: Database) -> None:
    first = await wallet.added()
    second = await wallet.added(OTHER_GOOD)
    third = await wallet.added(DECLINED_LATER, default=True)
    chosen = await wallet.send(CHOOSE, id=second)
    assert chosen["paymentMethod"] == {"id": second, "isDefault": True}
    assert numbers(chosen) == [("4444", True), ("4242", False), ("0341", False)]
    assert numbers(await wallet.send(CHOOSE, id=second)) == numbers(chosen)
    removed = await wallet.send(REMOVE, id=second)
    assert removed["deletedId"] == second
    assert numbers(removed) == [("0341", True), ("4242", False)], "the newest of the others"
    for id_ in (second, encode("Payment", key_or_fail(first)), "nonsense"):
        await wallet.refused(REMOVE, "NOT_FOUND", "id", id=id_)
        await wallet.refused(CHOOSE, "NOT_FOUND", "id", id=id_)
    assert numbers(await wallet.send(REMOVE, id=first)) == [("0341", True)]
    assert numbers(await wallet.send(REMOVE, id=third)) == []
    actions = [row.action.partition(".")[2] for row in await audit_of(db)]
    assert actions == ["added", "added", "added", "updated", "removed", "removed", "removed"]
    assert (await audit_of(db))[4].changes == {
        "paymentMethod": ["Visa ending in 4444", None],
        "default": ["Visa ending in 4444", "Visa ending in 0341"],
    }


def key_or_fail(id_: str) -> UUID:
    """The key of a payment method's id."""
    key = key_of("PaymentMethod", id_)
    assert key is not None
    return key


async def test_a_removed_card_is_kept_by_nobody(wallet: Wallet, db: Database, paying_app: Starlette) -> None:
    token = await wallet.given()
    id_ = (await wallet.send(ADD, providerToken=token))["paymentMethod"]["id"]
    await wallet.send(REMOVE, id=id_)
    async with calling(paying_app):
        again = await wallet.send(ADD, providerToken=token)
        await deliver(paying_app)
        assert numbers(await wallet.send(ADD, providerToken=token)) == [("4242", True)], "added again meanwhile"
        await wallet.send(REMOVE, id=again["paymentMethod"]["id"])
        async with db.read() as reader:
            (row,) = await reader.fetch("SELECT payload FROM jobs.pgqueuer WHERE entrypoint = 'forget_card'")
        await deliver(paying_app)
    key = paying_app.state.portal.settings.stripe_secret_key.get_secret_value()
    async with httpx.AsyncClient(base_url=wallet.provider, trust_env=False, timeout=60) as provider:
        reference = row["payload"].decode().split('"')[3]
        kept = await provider.get(f"/v1/payment_methods/{reference}", headers={"Authorization": f"Bearer {key}"})
    assert kept.json()["customer"] is None


async def test_a_card_in_use_stays(wallet: Wallet, db: Database, master: Person) -> None:
    first, second = await wallet.added(), await wallet.added(OTHER_GOOD)
    async with db.write() as session:
        account = await accounts.lock(session, master.account_id)
        account.autopayment_mode, account.autopayment_method_id = AutopaymentMode.AUTO_REPAY, key_or_fail(second)
    charge = Payment(
        account_id=master.account_id,
        amount_minor=500,
        currency="USD",
        cause=PaymentCause.TOP_UP,
        payment_method_id=key_or_fail(first),
    )
    async with db.write() as session:
        session.add(charge)
    before = await everything(db)
    await wallet.refused(REMOVE, "PAYMENT_PENDING", "id", id=first)
    renewed = await wallet.given(year=2040)
    await wallet.refused(ADD, "PAYMENT_PENDING", "providerToken", providerToken=renewed)
    assert await everything(db) == before
    async with db.write() as session:
        charge.status = PaymentStatus.SUCCEEDED
        await session.merge(charge)
    assert numbers(await wallet.send(REMOVE, id=second)) == [("4242", True)], "autopayment charges the default then"
    async with db.read() as reader:
        (row,) = await reader.fetch("SELECT autopayment_mode, autopayment_method_id FROM accounts")
    assert (row["autopayment_mode"], row["autopayment_method_id"]) == ("AUTO_REPAY", None)
    await wallet.refused(REMOVE, "CONFLICT", "id", id=first)


async def test_there_is_room_for_twenty(wallet: Wallet, db: Database, master: Person) -> None:
    last = await wallet.given()
    async with db.write() as session:
        for number in range(MOST_METHODS):
            session.add(stored(master.account_id, f"pm_{number}", is_default=number == 0))
    before = await everything(db)
    await wallet.refused(ADD, "LIMIT_REACHED", None, providerToken=last)
    await wallet.refused(BEGIN, "LIMIT_REACHED", None)
    assert await everything(db) == before


def stored(account_id: UUID, reference: str, **columns: Any) -> PaymentMethod:
    """A card as it is stored."""
    return PaymentMethod(
        account_id=account_id,
        brand="Visa",
        last4="4242",
        expires_on=date(2034, 12, 31),
        provider_reference=reference,
        **columns,
    )


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://portal.example.com/", "INVALID"),
        ("https://user:password@portal.example.com/", "INVALID"),
        ("https://portal.example.com/" + "a" * 2_000, "TOO_LONG"),
        ("https://portal.example.com/\u202e", "INVALID"),
    ],
)
async def test_a_strange_page_is_not_returned_to(wallet: Wallet, db: Database, url: str, code: str) -> None:
    before = await everything(db)
    await wallet.refused(BEGIN, code, "returnUrl", returnUrl=url)
    assert await everything(db) == before
    assert (await wallet.send(BEGIN, returnUrl="http://localhost:3000/cards"))["userErrors"] == []


async def test_strange_tokens_are_of_no_card(wallet: Wallet, db: Database) -> None:
    other = Wallet(
        wallet.client, wallet.provider, (await make_session(db, await make_master(db, "A-2", "b@x.example"))).text
    )
    foreign, expired = await other.given(), await wallet.given(year=2020)
    declined = (await wallet.send(BEGIN))["clientSecret"]
    await give_card(wallet.provider, declined, DECLINED_AT_ONCE)
    before = await everything(db)
    for token in (
        foreign,
        "",
        "seti_never",
        "pm_never",
        "tok_visa",
        "../customers",
        "seti_\U0001f4b3",
        "pm_" + "x" * 9_999,
    ):
        await wallet.refused(ADD, "NOT_FOUND", "providerToken", providerToken=token)
    await wallet.refused(ADD, "INVALID", "providerToken", providerToken=expired)
    await wallet.refused(ADD, "PAYMENT_DECLINED", "providerToken", providerToken=token_of(declined))
    assert await everything(db) == before


async def test_a_provider_that_is_away_is_told(
    client: httpx.AsyncClient, dsn: str, db: Database, stand_in: StandIn, master: Person
) -> None:
    token = (await make_session(db, master)).text
    before = await everything(db)
    await Wallet(client, "", token).refused(BEGIN, "PAYMENT_PROVIDER_UNAVAILABLE", None)
    await Wallet(client, "", token).refused(ADD, "PAYMENT_PROVIDER_UNAVAILABLE", None, providerToken="seti_1")
    async with relaying(stand_in.base) as relay:
        settings = relay.named_in(stand_in.named_in(settings_for(dsn)))
        async with calling(create_app(settings, db)) as caller:
            wallet = Wallet(caller, stand_in.base, token)
            relay.trouble = Trouble.DOWN
            await wallet.refused(ADD_ONCE, "PAYMENT_PROVIDER_UNAVAILABLE", None, providerToken="seti_1")
            assert await everything(db) == before
            relay.trouble = Trouble.NONE
            await wallet.refused(ADD_ONCE, "NOT_FOUND", "providerToken", providerToken="seti_1")


async def test_what_is_sent_at_once_makes_one_customer_and_one_default(wallet: Wallet) -> None:
    begun = await asyncio.gather(*(wallet.send(BEGIN) for _ in range(3)))
    secrets = [one["clientSecret"] for one in begun]
    assert len(set(secrets)) == 3
    for secret, number in zip(secrets, (GOOD, OTHER_GOOD, DECLINED_LATER), strict=True):
        await give_card(wallet.provider, secret, number)
    added = await asyncio.gather(*(wallet.send(ADD, providerToken=token_of(secret)) for secret in secrets * 2))
    assert [one["userErrors"] for one in added] == [[]] * 6
    assert sorted(default for _, default in numbers(await wallet.send(EMAIL, email="b@example.com"))) == [
        False,
        False,
        True,
    ]
    again = await wallet.send(ADD, providerToken=token_of(secrets[2]), makeDefault=True)
    assert [last4 for last4, default in numbers(again) if default] == ["0341"]


async def test_adding_is_sent_again_with_its_key(wallet: Wallet) -> None:
    token = await wallet.given()
    first = await wallet.send(ADD_ONCE, providerToken=token)
    assert first["userErrors"] == []
    assert await wallet.send(ADD_ONCE, providerToken=token) == first
    other = await wallet.send(ADD_ONCE, providerToken=token, makeDefault=True)
    assert other["userErrors"][0]["code"] == "CONFLICT"
    begin = BEGIN.replace("(input: $input)", '(input: $input) @idempotent(key: "one")')
    answer = (await post(wallet.client, begin, {"input": {}}, token=wallet.token)).json()
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_stolen_cards_cannot_be_tried_one_after_the_other(wallet: Wallet) -> None:
    for _ in range(RULES[Guarded.CARD][Scope.ANYWHERE].free):
        assert (await wallet.send(BEGIN))["userErrors"] == []
    (error,) = (await wallet.send(BEGIN))["userErrors"]
    assert error["code"] == "THROTTLED"
    assert error["retryAfterMs"] > 0


async def test_the_billing_email_is_changed(wallet: Wallet, db: Database, master: Person) -> None:
    payload = await wallet.send(EMAIL, email="Invoices@Example.com")
    assert payload["account"]["billing"]["email"] == "Invoices@example.com"
    (row,) = await audit_of(db)
    assert (row.action, row.changes) == ("account.updated", {"billing.email": [None, "Invoices@example.com"]})
    await wallet.refused(EMAIL, "INVALID", "email", email="invoices@localhost")
    key = await make_api_key(db, master.account_id, RoleName.BILLING)
    machine = Wallet(wallet.client, wallet.provider, key.text)
    assert (await machine.send(EMAIL, email="b@example.com"))["userErrors"] == []
