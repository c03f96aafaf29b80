"""Accounts that pay: a customer of the provider with a card, and what the provider has charged it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from gateway.payments.provider import paying
from gateway.payments.standin import StandIn
from gateway.settings import Settings
from models.db import Database
from models.queries import payers
from models.roles import RoleName
from resolvers.ports import Card
from schema.ids import encode
from tests.access.people import make_api_key, make_master, make_session
from tests.client import post
from tests.fleet.tenants import rows
from tests.money.cards import make_card
from tests.payments.cards import GOOD, confirm_card, give_card, token_of


@dataclass(frozen=True)
class Payer:
    """An account with its master's session, an API key, and its default card."""

    account_id: UUID
    customer: str
    token: str
    key: str
    card_id: UUID

    @property
    def card(self) -> str:
        """The card as inputs name it."""
        return encode("PaymentMethod", self.card_id)


async def make_payer(db: Database, stand_in: StandIn, number: str = GOOD) -> Payer:
    """An account whose card is kept by the provider."""
    master = await make_master(db)
    async with paying(stand_in.named_in(Settings())) as provider:
        customer = await provider.customer(uuid4(), "Payer", None)
        secret = await provider.begin_method(customer, None)
        if (await give_card(stand_in.base, secret, number))["status"] == "requires_action":
            await confirm_card(stand_in.base, secret)
        card: Card = await provider.confirmed_method(customer, token_of(secret))
    async with db.write() as session:
        await payers.remember(session, master.account_id, customer)
    kept = await make_card(db, master.account_id, provider_reference=card.reference, last4=card.last4)
    token = (await make_session(db, master)).text
    key = (await make_api_key(db, master.account_id, RoleName.FULL_ACCESS)).text
    return Payer(master.account_id, customer, token, key, kept.id)


async def provider_says(stand_in: StandIn, payer: Payer) -> list[dict[str, Any]]:
    """The charges of an account, by the provider's own record."""
    named = stand_in.named_in(Settings())
    assert named.stripe_secret_key is not None
    headers = {"Authorization": f"Bearer {named.stripe_secret_key.get_secret_value()}"}
    async with httpx.AsyncClient(
        base_url=named.stripe_api_base, trust_env=False, timeout=60, headers=headers
    ) as reader:
        answer = (await reader.get("/v1/charges", params={"customer": payer.customer, "limit": 100})).json()
    return list(answer["data"])


async def charged(stand_in: StandIn, payer: Payer) -> list[int]:
    """The amounts that the provider has taken from an account."""
    return [charge["amount"] for charge in await provider_says(stand_in, payer) if charge["status"] == "succeeded"]


async def booked(db: Database) -> list[int]:
    """The amounts that the ledger has taken in."""
    return [row["amount_minor"] for row in await rows(db, "SELECT amount_minor FROM ledger_entries ORDER BY sequence")]


async def send(
    client: httpx.AsyncClient,
    token: str,
    amount: str = "25.00",
    currency: str = "USD",
    key: str | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Top up, and return the payload."""
    directive = "" if key is None else " @idempotent(key: $key)"
    declared = "" if key is None else ", $key: String!"
    document = f"mutation ($input: TopUpInput!{declared}) {{ topUp(input: $input){directive} {PAYLOAD} }}"
    input_ = {"amount": {"amount": amount, "currency": currency}, **given}
    answer = (await post(client, document, {"input": input_, "key": key}, token=token)).json()
    assert "errors" not in answer, answer
    payload: dict[str, Any] = answer["data"]["topUp"]
    return payload


PAYLOAD = """{
  payment { id status amount { amount currency } clientSecret failure invoice { number } }
  invoice { number total { amount } balance { amount } }
  account { billing { balance { amount } } }
  userErrors { code field retryAfterMs } }"""
