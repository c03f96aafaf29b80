"""Transfers over HTTP: two ledgers in one transaction, never more than there is, and nothing where it is refused."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from models.db import Database
from models.queries import auditing_ledger
from models.roles import RoleName
from schema.ids import encode
from tests import factories
from tests.access.people import audit_of, make_api_key
from tests.access.unchanged import everything
from tests.client import ask, post
from tests.databases import StatementLog
from tests.fleet.tenants import Tenants, cost, make_tenants, rows, tell, wrong
from tests.funding import fund

TRANSFER = """mutation ($input: TransferFundsInput!) { transferFunds(input: $input) {
  account { billing { balance { amount } } invoices { nodes { ...Document } } }
  customer { balance { amount } invoices { nodes { ...Document } } }
  userErrors { code field message } } }
fragment Document on Invoice {
  number type payPeriod total { amount currency } balance { amount } lines { quantity } }"""


def usd(amount: str, currency: str = "USD") -> dict[str, str]:
    """An amount as an input gives it."""
    return {"amount": amount, "currency": currency}


@pytest.fixture
async def tenants(db: Database) -> Tenants:
    made = await make_tenants(db)
    await fund(db, made.me.id, 10_000)
    return made


async def balances(db: Database) -> dict[str, int]:
    """What every account holds, by its number; the ledger adds up."""
    async with db.read() as reader:
        assert (await auditing_ledger.verify(reader)).broken == ()
    return {row["number"]: row["balance_minor"] for row in await rows(db, "SELECT number, balance_minor FROM accounts")}


async def test_both_accounts_have_a_document_of_it(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    payload = await tell(client, tenants.token, TRANSFER, customerId=tenants.customer_id, amount=usd("12.5"))
    assert payload["userErrors"] == []
    document: dict[str, Any] = {"type": "PAYMENT_RECEIVED", "payPeriod": None, "lines": []}
    assert payload["account"]["billing"]["balance"] == {"amount": "87.50"}
    own = {node["number"]: node for node in payload["account"]["invoices"]["nodes"]}
    assert own["R-1-2"] == document | {
        "number": "R-1-2",
        "total": {"amount": "-12.50", "currency": "USD"},
        "balance": {"amount": "87.50"},
    }
    assert payload["customer"] == {
        "balance": {"amount": "12.50"},
        "invoices": {
            "nodes": [
                document
                | {"number": "C-1-1", "total": {"amount": "12.50", "currency": "USD"}, "balance": {"amount": "12.50"}}
            ]
        },
    }
    entries = await rows(
        db, "SELECT account_id, amount_minor, kind, cause, actor FROM ledger_entries ORDER BY created_at"
    )
    assert [tuple(row) for row in entries[1:]] == [
        (tenants.me.id, -1_250, "TRANSFER", "TRANSFER", "master@example.com"),
        (tenants.customer.id, 1_250, "TRANSFER", "TRANSFER", "Reseller R-1"),
    ]
    events = await rows(db, "SELECT account_id, kind FROM events ORDER BY account_id, kind")
    assert [tuple(row) for row in events] == [
        (tenants.me.id, "BALANCE_LOW"),
        (tenants.me.id, "PAYMENT_RECEIVED"),
        (tenants.customer.id, "PAYMENT_RECEIVED"),
    ]
    told = {row.account_id: row for row in await audit_of(db)}
    assert {row.action for row in told.values()} == {"funds.transferred"}
    assert told[tenants.me.id].changes == told[tenants.customer.id].changes == {"amount": [None, "12.5 USD"]}
    assert told[tenants.customer.id].actor == "Reseller R-1"
    assert await balances(db) == {"R-1": 8_750, "C-1": 1_250, "S-1": 0}


async def test_a_locked_customers_debt_is_paid_by_it(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    await fund(db, tenants.customer.id, -500)
    await rows(db, "UPDATE accounts SET state = 'LOCKED' WHERE id = $1", tenants.customer.id)
    payload = await tell(client, tenants.token, TRANSFER, customerId=tenants.customer_id, amount=usd("100"))
    assert wrong(payload) == []
    assert await balances(db) == {"R-1": 0, "C-1": 9_500, "S-1": 0}


async def test_what_cannot_be_moved_moves_nothing(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    euros = await factories.account(db, reseller_id=tenants.me.id, currency="EUR")
    cases: list[tuple[str, dict[str, str], tuple[str, list[str]]]] = [
        (tenants.customer_id, usd("100.01"), ("INSUFFICIENT_FUNDS", ["amount"])),
        (tenants.customer_id, usd("0"), ("INVALID", ["amount", "amount"])),
        (tenants.customer_id, usd("-1"), ("INVALID", ["amount", "amount"])),
        (tenants.customer_id, usd("999999999999.99"), ("INSUFFICIENT_FUNDS", ["amount"])),
        (tenants.customer_id, usd("1", "EUR"), ("INVALID", ["amount", "currency"])),
        (encode("Customer", euros.id), usd("1"), ("CONFLICT", ["customerId"])),
        *(
            (id_, usd("1"), ("NOT_FOUND", ["customerId"]))
            for id_ in (
                encode("Customer", tenants.stranger.id),
                encode("Customer", tenants.me.id),
                encode("Account", tenants.customer.id),
                "none",
            )
        ),
    ]
    before = await everything(db)
    for customer_id, amount, expected in cases:
        payload = await tell(client, tenants.token, TRANSFER, customerId=customer_id, amount=amount)
        assert (payload["account"], payload["customer"], wrong(payload)) == (None, None, [expected]), amount
    for amount in (usd("1.005"), usd("1e2")):
        answer = (
            await post(
                client, TRANSFER, {"input": {"customerId": tenants.customer_id, "amount": amount}}, token=tenants.token
            )
        ).json()
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    await rows(db, "UPDATE accounts SET state = 'LOCKED' WHERE id = $1", tenants.me.id)
    before["accounts"] = (await everything(db))["accounts"]
    payload = await tell(client, tenants.token, TRANSFER, customerId=tenants.customer_id, amount=usd("1"))
    assert wrong(payload) == [("ACCOUNT_LOCKED", None)]
    assert await everything(db) == before


async def test_transfers_at_once_never_move_more_than_there_is(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    """Two customers, one of them before and one behind the reseller in the order of ids, and thrice what is there."""
    second = await factories.account(db, id=UUID(int=7), number="C-2", reseller_id=tenants.me.id)
    ids = [tenants.customer_id, encode("Customer", second.id)]
    sent = [
        tell(client, tenants.token, TRANSFER, customerId=ids[number % 2], amount=usd("25.00")) for number in range(12)
    ]
    payloads = await asyncio.gather(*sent)
    refused = [fault for payload in payloads for fault in wrong(payload)]
    assert refused == [("INSUFFICIENT_FUNDS", ["amount"])] * 8
    found = await balances(db)
    assert (found["R-1"], found["C-1"] + found["C-2"]) == (0, 10_000)
    numbers = await rows(db, "SELECT account_id, array_agg(sequence ORDER BY sequence) AS s FROM invoices GROUP BY 1")
    assert all(row["s"] == list(range(1, len(row["s"]) + 1)) for row in numbers)


async def test_a_key_must_send_it_so_that_it_is_done_once(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    key = (await make_api_key(db, tenants.me.id, RoleName.BILLING)).text
    given: dict[str, Any] = {"input": {"customerId": tenants.customer_id, "amount": usd("1")}}
    answer = (await post(client, TRANSFER, given, token=key)).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    keyed = TRANSFER.replace("(input: $input) {", '(input: $input) @idempotent(key: "once") {')
    answers = [await ask(client, keyed, given, token=key) for _ in range(2)]
    assert answers[0] == answers[1]
    assert await balances(db) == {"R-1": 9_900, "C-1": 100, "S-1": 0}
    actors = await rows(
        db, "SELECT actor FROM ledger_entries WHERE account_id = $1 AND amount_minor < 0", tenants.me.id
    )
    assert [row["actor"].split()[0] for row in actors] == ["API_KEY"]


async def test_it_costs_so_many_statements(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    given = {"customerId": tenants.customer_id, "amount": usd("1")}
    document = 4  # its number, itself, its entry, its letter
    # whose customer it is, both accounts, a document with its event for each, a letter about what is low now, the logs
    assert await cost(client, statements, tenants.token, "transferFunds", **given) == 2 + 2 * (document + 1) + 1 + 1
