"""Setting autopayment over HTTP: what is saved, cleared or refused, and what the log tells of it."""

from typing import Any

import httpx
import pytest

from models.db import Database
from schema.ids import encode
from tests.access.people import Person, audit_of, make_master, make_session
from tests.access.unchanged import everything
from tests.client import ask
from tests.money.cards import make_card

UPDATE = """mutation ($input: UpdateAutopaymentInput!) { updateAutopayment(input: $input) {
  account { billing { autopayment {
    mode threshold { amount currency } targetBalance { amount } paymentMethod { last4 }
  } } }
  userErrors { code field message } } }"""
FUNDS = {"mode": "AUTO_ADD_FUNDS"}


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


async def update(client: httpx.AsyncClient, token: str, **given: Any) -> dict[str, Any]:
    """The payload; where it is right, the settings alone."""
    payload: dict[str, Any] = (await ask(client, UPDATE, {"input": given}, token=token))["updateAutopayment"]
    assert (payload["account"] is None) is bool(payload["userErrors"])
    return payload if payload["account"] is None else payload["account"]["billing"]["autopayment"]


def faults(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Codes with the paths of their fields."""
    return [(error["code"], ".".join(error["field"])) for error in payload["userErrors"]]


async def test_what_is_given_is_saved_and_told(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    await make_card(db, master.account_id, brand="Visa", last4="4242")
    other = await make_card(db, master.account_id, brand="Mastercard", last4="4444", is_default=False)
    given = {
        "threshold": usd("150"),
        "targetBalance": usd("200.50"),
        "paymentMethodId": encode("PaymentMethod", other.id),
    }
    saved = {
        "mode": "AUTO_ADD_FUNDS",
        "threshold": usd("150.00"),
        "targetBalance": {"amount": "200.50"},
        "paymentMethod": {"last4": "4444"},
    }
    assert await update(client, token, **FUNDS, **given) == saved
    assert await update(client, token, **FUNDS) == saved
    (row,) = await audit_of(db)
    assert (row.action, row.target_type, row.target_label) == ("autopayment.updated", "Account", "A-1")
    assert row.changes == {
        "autopayment.mode": ["OFF", "AUTO_ADD_FUNDS"],
        "autopayment.threshold": [None, "150.00 USD"],
        "autopayment.targetBalance": [None, "200.50 USD"],
        "autopayment.paymentMethod": [None, "Mastercard 4444"],
    }


async def test_what_is_left_out_stays_and_null_clears(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    card = await make_card(db, master.account_id)
    method = {"paymentMethodId": encode("PaymentMethod", card.id)}
    saved = await update(client, token, **FUNDS, targetBalance=usd("300"), **method)
    assert saved["threshold"] == usd("100.00")
    saved = await update(client, token, mode="AUTO_REPAY", threshold=usd("40"))
    assert (saved["threshold"], saved["targetBalance"]) == (usd("40.00"), {"amount": "300.00"})
    saved = await update(client, token, **FUNDS, threshold=None, paymentMethodId=None)
    assert (saved["threshold"], saved["paymentMethod"]) == (usd("100.00"), None)
    saved = await update(client, token, mode="OFF", threshold=None, targetBalance=None)
    assert saved == {"mode": "OFF", "threshold": None, "targetBalance": None, "paymentMethod": None}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (FUNDS, [("REQUIRED", "targetBalance")]),
        ({**FUNDS, "targetBalance": None}, [("REQUIRED", "targetBalance")]),
        ({**FUNDS, "targetBalance": usd("99.99")}, [("INVALID", "targetBalance")]),
        ({"mode": "OFF", "threshold": usd("2"), "targetBalance": usd("1")}, [("INVALID", "targetBalance")]),
        (
            {**FUNDS, "threshold": usd("-1"), "targetBalance": {"amount": "200", "currency": "EUR"}},
            [("INVALID", "threshold.amount"), ("INVALID", "targetBalance.currency")],
        ),
        ({**FUNDS, "threshold": usd("0"), "targetBalance": usd("5")}, [("INVALID", "threshold.amount")]),
        ({**FUNDS, "targetBalance": usd("10000.01")}, [("LIMIT_REACHED", "targetBalance.amount")]),
        (
            {**FUNDS, "threshold": usd("10000.01"), "paymentMethodId": "none"},
            [("LIMIT_REACHED", "threshold.amount"), ("NOT_FOUND", "paymentMethodId")],
        ),
    ],
)
async def test_what_is_wrong_is_told_at_once_and_changes_nothing(
    client: httpx.AsyncClient,
    db: Database,
    master: Person,
    token: str,
    given: dict[str, Any],
    expected: list[tuple[str, str]],
) -> None:
    await make_card(db, master.account_id)
    before = await everything(db)
    assert faults(await update(client, token, **given)) == expected
    assert await everything(db) == before


async def test_any_mode_but_off_needs_a_card_of_ones_own(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    stranger = await make_master(db, "A-2", "stranger@example.com")
    theirs = await make_card(db, stranger.account_id)
    card = await make_card(db, master.account_id, is_default=False)
    needed = [("PAYMENT_METHOD_REQUIRED", "paymentMethodId")]
    before = await everything(db)
    assert faults(await update(client, token, mode="AUTO_REPAY")) == needed
    assert faults(await update(client, token, **FUNDS, targetBalance=usd("200"), paymentMethodId=None)) == needed
    for wrong in (encode("PaymentMethod", theirs.id), encode("Invoice", card.id), ""):
        payload = await update(client, token, mode="AUTO_REPAY", paymentMethodId=wrong)
        assert faults(payload) == [("NOT_FOUND", "paymentMethodId")]
    assert await everything(db) == before
    assert (await update(client, token, mode="OFF"))["mode"] == "OFF"
    own = await update(client, token, mode="AUTO_REPAY", paymentMethodId=encode("PaymentMethod", card.id))
    assert own["paymentMethod"] == {"last4": card.last4}
