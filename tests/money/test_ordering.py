"""Ordering licenses over HTTP: the pool and the invoice of what was added, or nothing at all."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from models.db import Database
from models.enums import BillingCycle
from models.roles import RoleName
from schema.ids import encode
from tests import factories
from tests.access.people import audit_of, make_api_key
from tests.access.unchanged import everything
from tests.client import ask, post
from tests.databases import StatementLog
from tests.fleet.tenants import Tenants, callers, cost, key_in, make_tenants, rows, tell, wrong
from tests.funding import fund
from tests.money.orders import KERNELCARE, ORDER, UBUNTU, UBUNTU_SLA, at, hold_true, ordered, pools, sent

MID_NOVEMBER = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)


@pytest.fixture
async def tenants(db: Database) -> Tenants:
    return await make_tenants(db)


async def test_the_first_order_subscribes_and_bills_the_rest_of_the_month(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, MID_NOVEMBER)
    await rows(db, "UPDATE accounts SET time_zone = 'Europe/Berlin' WHERE id = $1", tenants.me.id)
    payload = await tell(client, tenants.token, ORDER, **await ordered(db, KERNELCARE, 5))
    assert payload["userErrors"] == []
    pool = payload["license"]
    assert (pool["quantity"], pool["used"], pool["type"]["code"]) == (5, 0, KERNELCARE)
    subscription = payload["productSubscription"]
    assert (subscription["billingCycle"], subscription["renewsAt"]) == ("MONTHLY", "2026-12-01")
    line = {
        "description": "KernelCare Enterprise, server licenses, November 2026, from 2026-11-16",
        "quantity": 5,
        "unitPrice": {"amount": "2.95"},
        "amount": {"amount": "7.38"},  # 14.75 for 15 of 30 days is 7.375: to the even cent
    }
    assert payload["invoice"] == {
        "number": "R-1-1",
        "type": "INVOICE",
        "payPeriod": "2026-11-01",
        "subtotal": {"amount": "7.38"},
        "tax": {"amount": "0.00"},
        "total": {"amount": "7.38", "currency": "USD"},
        "balance": {"amount": "-7.38"},
        "lines": [line],
    }
    entries = await rows(db, "SELECT amount_minor, kind, cause, actor FROM ledger_entries")
    assert [tuple(row) for row in entries] == [(-738, "INVOICE", "ORDER", "master@example.com")]
    await hold_true(db)


async def test_what_is_added_costs_the_price_of_the_tier_of_all(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, datetime(2027, 1, 1, tzinfo=UTC))
    await fund(db, tenants.me.id, 10_000)
    await tell(client, tenants.token, ORDER, **await ordered(db, KERNELCARE, 49, billingCycle="YEARLY"))
    payload = await tell(client, tenants.token, ORDER, **await ordered(db, KERNELCARE, 1))
    assert payload["license"]["quantity"] == 50
    assert payload["productSubscription"]["billingCycle"] == "YEARLY"
    assert payload["invoice"]["payPeriod"] == "2027-01-01"
    assert [line["unitPrice"] for line in payload["invoice"]["lines"]] == [{"amount": "25.50"}]
    assert payload["invoice"]["subtotal"] == {"amount": "25.50"}
    assert [row["renews_at"].isoformat() for row in await rows(db, "SELECT renews_at FROM product_subscriptions")] == [
        "2028-01-01"
    ]
    events = await rows(db, "SELECT payload FROM events WHERE kind = 'LICENSES_CHANGED' ORDER BY position")
    assert [json.loads(row["payload"]) for row in events] == [
        {"licenseType": "KernelCare Enterprise", "before": 0, "after": 49},
        {"licenseType": "KernelCare Enterprise", "before": 49, "after": 50},
    ]
    told = [row for row in await audit_of(db) if row.action == "licenses.ordered"]
    assert [row.changes for row in told] == [{"quantity": [None, "49"]}, {"quantity": ["49", "50"]}]
    await hold_true(db)


async def test_a_period_that_began_unbilled_is_billed_before_it(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, datetime(2026, 11, 30, 12, tzinfo=UTC))
    await tell(client, tenants.token, ORDER, **await ordered(db, KERNELCARE, 2))
    at(monkeypatch, datetime(2026, 12, 1, 0, 1, tzinfo=UTC))
    payload = await tell(client, tenants.token, ORDER, **await ordered(db, KERNELCARE, 1))
    assert payload["invoice"]["number"] == "R-1-3"
    lines = await rows(db, "SELECT quantity, amount_minor, period FROM invoice_lines ORDER BY id")
    assert [(row["quantity"], row["amount_minor"], row["period"] is None) for row in lines] == [
        (2, 20, True),
        (2, 590, False),
        (1, 295, True),
    ]
    await hold_true(db)


async def test_a_customer_is_billed_for_what_its_reseller_orders(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    await rows(db, "UPDATE accounts SET company_country = 'FR' WHERE id = $1", tenants.customer.id)
    given = await ordered(db, UBUNTU, 10, customerId=tenants.customer_id)
    payload = await tell(client, tenants.token, ORDER, **given)
    assert payload["invoice"]["number"] == "C-1-1"
    amounts = await rows(db, "SELECT subtotal_minor, tax_minor, tax_rate FROM invoices")
    assert amounts[0]["tax_rate"] * 100 == 20
    assert abs(amounts[0]["tax_minor"] * 10 - amounts[0]["subtotal_minor"] * 2) <= 5
    assert await pools(db, tenants.customer.id) == {UBUNTU: (10, 0)}
    assert await pools(db, tenants.me.id) == {}
    told = {row.account_id: row.actor for row in await audit_of(db)}
    assert told == {tenants.me.id: "master@example.com", tenants.customer.id: "Reseller R-1"}
    await hold_true(db)


async def test_what_is_refused_changes_nothing(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    kind = await factories.license_type(db, UBUNTU)
    held = await factories.subscription(
        db, tenants.me.id, kind.product_id, product_quota=12, billing_cycle=BillingCycle.YEARLY
    )
    await factories.pool(db, held, kind, quantity=7)
    await factories.pool(db, held, await factories.license_type(db, UBUNTU_SLA), quantity=3)
    await factories.account(db, number="J-1", reseller_id=tenants.me.id, currency="JPY")
    yen = encode("Customer", (await rows(db, "SELECT id FROM accounts WHERE number = 'J-1'"))[0]["id"])
    good = await ordered(db, UBUNTU, 1)
    other = (await ordered(db, KERNELCARE, 1))["licenseTypeId"]
    cases: list[tuple[dict[str, Any], list[tuple[str, list[str] | None]]]] = [
        ({"quantity": 3}, [("QUOTA_REACHED", ["quantity"])]),
        ({"quantity": 0}, [("INVALID", ["quantity"])]),
        ({"quantity": -5}, [("INVALID", ["quantity"])]),
        ({"quantity": 1_000_001}, [("INVALID", ["quantity"])]),
        ({"quantity": 2**31 - 1, "productId": "none"}, [("INVALID", ["quantity"]), ("NOT_FOUND", ["productId"])]),
        (
            {"quantity": 1_000_000, "billingCycle": "MONTHLY"},
            [("CONFLICT", ["billingCycle"]), ("LIMIT_REACHED", ["quantity"])],
        ),
        ({"licenseTypeId": other}, [("NOT_FOUND", ["licenseTypeId"])]),
        ({"licenseTypeId": good["productId"]}, [("NOT_FOUND", ["licenseTypeId"])]),
        ({"productId": good["licenseTypeId"]}, [("NOT_FOUND", ["productId"])]),
        ({"billingCycle": "MONTHLY"}, [("CONFLICT", ["billingCycle"])]),
        ({"customerId": yen}, [("INVALID", ["licenseTypeId"])]),
    ]
    strange = (encode("Customer", tenants.stranger.id), encode("Account", tenants.customer.id), "none")
    cases.extend(({"customerId": id_}, [("NOT_FOUND", ["customerId"])]) for id_ in strange)
    before = await everything(db)
    for change, expected in cases:
        for dry in (False, True):
            payload = await tell(client, tenants.token, ORDER, **{**good, **change, "dryRun": dry})
            assert wrong(payload) == expected, change
            assert payload["invoice"] is payload["license"] is None
            assert (payload["quote"] is None) is not (dry and expected[0][0] == "QUOTA_REACHED")
    answer = (await post(client, ORDER, {"input": good | {"quantity": 2**31}}, token=tenants.token)).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert await everything(db) == before


async def test_a_locked_account_orders_nothing_nor_its_reseller_for_it(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    await rows(db, "UPDATE accounts SET state = 'LOCKED' WHERE id = $1", tenants.customer.id)
    before = await everything(db)
    given = await ordered(db, KERNELCARE, 1, customerId=tenants.customer_id)
    assert wrong(await tell(client, tenants.token, ORDER, **given)) == [("ACCOUNT_LOCKED", None)]
    dry = await tell(client, tenants.token, ORDER, **given, dryRun=True)
    assert (wrong(dry), dry["quote"]["tierFrom"]) == ([("ACCOUNT_LOCKED", None)], 1)
    assert await everything(db) == before


async def test_an_amount_past_all_bounds_is_refused(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    await rows(db, "UPDATE prices SET unit_price_minor = 9e12::bigint")
    before = await everything(db)
    given = await ordered(db, KERNELCARE, 1_000_000)
    for dry in (False, True):
        payload = await tell(client, tenants.token, ORDER, **given, dryRun=dry)
        assert wrong(payload) == [("LIMIT_REACHED", None)]
    assert await everything(db) == before


async def test_a_dry_run_says_what_the_order_then_costs(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, MID_NOVEMBER)
    await rows(db, "UPDATE accounts SET company_country = 'NL' WHERE id = $1", tenants.me.id)
    await tell(client, tenants.token, ORDER, **await ordered(db, KERNELCARE, 40))
    await rows(db, "UPDATE product_subscriptions SET product_quota = 60")
    given, before = await ordered(db, KERNELCARE, 10), await everything(db)
    payload = await tell(client, tenants.token, ORDER, **given, dryRun=True)
    assert (payload["userErrors"], payload["invoice"]) == ([], None)
    quote = payload["quote"]
    assert (quote["room"], quote["tierFrom"]) == (20, 50)
    assert quote["unitPrice"] == {"amount": "2.55", "currency": "USD"}
    assert await everything(db) == before
    real = await tell(client, tenants.token, ORDER, **given)
    assert quote["total"] == {"amount": real["invoice"]["total"]["amount"]}
    assert real["invoice"]["number"] == "R-1-2"
    assert real["quote"] is None


async def test_prices_of_a_quote_are_seen_with_view_prices_alone(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    (session, key) = await callers(db, tenants.me.id, RoleName.SERVER_AND_LICENSE_MANAGEMENT)
    given = await ordered(db, KERNELCARE, 1, dryRun=True)
    for token in (session, key):
        answer = (await post(client, ORDER, {"input": given}, token=token)).json()
        quote = answer["data"]["orderLicenses"]["quote"]
        assert quote == {"room": None, "tierFrom": None, "unitPrice": None, "total": None}
        forbidden = {".".join(error["path"]) for error in answer["errors"] if error["path"][1] == "quote"}
        assert forbidden == {f"orderLicenses.quote.{name}" for name in ("tierFrom", "unitPrice", "total")}


async def test_a_key_must_send_an_order_so_that_it_is_done_once(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    token = (await make_api_key(db, tenants.me.id, RoleName.FULL_ACCESS)).text
    given = await ordered(db, KERNELCARE, 3)
    answer = (await post(client, ORDER, {"input": given}, token=token)).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    answers = [(await sent(client, token, ORDER, given, "once")).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["data"]["orderLicenses"]["license"]["quantity"] == 3
    dry = [(await sent(client, token, ORDER, given | {"dryRun": True}, "dry")).json() for _ in range(2)]
    assert dry[0] == dry[1]
    assert dry[0]["data"]["orderLicenses"]["quote"]["tierFrom"] == 2
    assert await pools(db, tenants.me.id) == {KERNELCARE: (3, 0)}
    await hold_true(db)


async def test_keys_without_a_pool_spend_the_one_that_is_ordered(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    kind = await factories.license_type(db, KERNELCARE)
    product = encode("Product", kind.product_id)
    create = (
        "mutation ($input: CreateActivationKeyInput!) { createActivationKey(input: $input) { activationKey { id } } }"
    )
    await ask(client, create, {"input": {"productId": product}}, token=tenants.token)
    payload = await tell(client, tenants.token, ORDER, **await ordered(db, KERNELCARE, 1))
    links = await rows(db, "SELECT license_id FROM activation_keys")
    assert [row["license_id"] for row in links] == [key_in(payload["license"]["id"])]


async def test_it_costs_so_many_statements(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    given = await ordered(db, KERNELCARE, 1)
    document = 6  # its number, itself, its line, its entry, its letter, its event
    judged = 3  # its books, what is offered and held, prices
    held = 1 + judged + 1 + 2  # whose account it is, what is due, the logs, the event
    first = await cost(client, statements, tenants.token, "orderLicenses", **given)
    assert first == held + document + 3, "the subscription, the pool, its keys"
    assert await cost(client, statements, tenants.token, "orderLicenses", **given) == held + document + 1
    assert await cost(client, statements, tenants.token, "orderLicenses", **given, dryRun=True) == judged
