"""Deleting licenses over HTTP: at once, without a refund, and never those that servers use."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from models.db import Database
from models.queries import ledger, ordering
from models.roles import RoleName
from models.tables import ActivationKey, License
from schema.ids import encode
from tests import factories
from tests.access.people import audit_of, make_api_key
from tests.access.unchanged import everything
from tests.client import ask, post
from tests.databases import StatementLog
from tests.fleet.tenants import Tenants, cost, key_in, make_tenants, rows, tell, until_somebody_waits, wrong
from tests.money.orders import DELETE, ORDER, UBUNTU, UBUNTU_SLA, at, hold_true, ordered, pools, sent

CHECK = "query ($key: String!) { registrationCheck(activationKey: $key) { allowed reasons { code } poolRoom } }"


@pytest.fixture
async def tenants(db: Database) -> Tenants:
    return await make_tenants(db)


@pytest.fixture
async def key(db: Database, tenants: Tenants) -> ActivationKey:
    """A key of the reseller's pool of ten licenses, two of which servers use."""
    made = await factories.key_of(db, tenants.me.id, UBUNTU, is_default=True)
    for _ in range(2):
        await factories.registration(db, await factories.server(db, tenants.me.id), made)
    return made


def pool_id(key: ActivationKey) -> str:
    """The id of a key's pool."""
    assert key.license_id is not None
    return encode("License", key.license_id)


async def test_the_pool_shrinks_to_what_is_in_use(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, key: ActivationKey
) -> None:
    payload = await tell(client, tenants.token, DELETE, licenseId=pool_id(key), quantity=8)
    assert payload["userErrors"] == []
    assert payload["license"] == {"id": pool_id(key), "quantity": 2, "used": 2}
    assert (payload["deletedLicenseId"], payload["quote"]) == (None, None)
    assert payload["productSubscription"]["licenseCount"] == 2
    assert await rows(db, "SELECT FROM invoices") == []
    (told,) = await audit_of(db)
    assert (told.action, told.changes) == ("licenses.deleted", {"quantity": ["10", "2"]})
    assert [row["kind"] for row in await rows(db, "SELECT kind FROM events")] == ["LICENSES_CHANGED"]
    await hold_true(db)


async def test_what_is_refused_changes_nothing(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, key: ActivationKey
) -> None:
    strangers = await factories.key_of(db, tenants.stranger.id, UBUNTU)
    cases: list[tuple[str, int, tuple[str, list[str]]]] = [
        (pool_id(key), 9, ("LICENSES_IN_USE", ["quantity"])),
        (pool_id(key), 10, ("LICENSES_IN_USE", ["quantity"])),
        (pool_id(key), 11, ("INVALID", ["quantity"])),
        (pool_id(key), 0, ("INVALID", ["quantity"])),
        (pool_id(key), -1, ("INVALID", ["quantity"])),
        *((id_, 1, ("NOT_FOUND", ["licenseId"])) for id_ in (pool_id(strangers), encode("Account", key.id), "none")),
    ]
    before = await everything(db)
    for id_, quantity, expected in cases:
        for dry in (False, True):
            payload = await tell(client, tenants.token, DELETE, licenseId=id_, quantity=quantity, dryRun=dry)
            assert wrong(payload) == [expected], quantity
            quoted = {"room": 8, "tierFrom": None, "unitPrice": None, "total": None}
            assert payload["quote"] == (quoted if dry and expected[0] == "LICENSES_IN_USE" else None)
    assert await everything(db) == before


async def test_the_last_pool_takes_the_subscription_with_it_and_keys_wait(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    """A key outlives its pool, gives no seats, and spends the next pool of its license type."""
    key = await factories.key_of(db, tenants.me.id, UBUNTU, is_default=True)
    first = await tell(client, tenants.token, ORDER, **await ordered(db, UBUNTU_SLA, 4))
    payload = await tell(client, tenants.token, DELETE, licenseId=pool_id(key), quantity=10)
    assert (payload["license"], payload["deletedLicenseId"]) == (None, pool_id(key))
    assert payload["productSubscription"]["licenseCount"] == 4
    check = (await ask(client, CHECK, {"key": key.key}, token=tenants.token))["registrationCheck"]
    assert (check["allowed"], [fault["code"] for fault in check["reasons"]]) == (False, ["LICENSE_POOL_EXHAUSTED"])
    payload = await tell(client, tenants.token, DELETE, licenseId=first["license"]["id"], quantity=4)
    assert (payload["deletedLicenseId"], payload["productSubscription"]) == (first["license"]["id"], None)
    assert await rows(db, "SELECT FROM product_subscriptions") == []
    check = (await ask(client, CHECK, {"key": key.key}, token=tenants.token))["registrationCheck"]
    assert [fault["code"] for fault in check["reasons"]] == ["NOT_SUBSCRIBED"]
    again = await tell(client, tenants.token, ORDER, **await ordered(db, UBUNTU, 1, billingCycle="YEARLY"))
    assert again["productSubscription"]["billingCycle"] == "YEARLY"
    links = await rows(db, "SELECT license_id, is_default FROM activation_keys")
    assert [tuple(row) for row in links] == [(key_in(again["license"]["id"]), True)]
    check = (await ask(client, CHECK, {"key": key.key}, token=tenants.token))["registrationCheck"]
    assert check == {"allowed": True, "reasons": [], "poolRoom": 1}
    await hold_true(db)


async def test_a_pool_that_goes_while_its_account_is_waited_for_is_not_found(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    key = await factories.key_of(db, tenants.me.id, UBUNTU)
    assert key.license_id is not None
    async with db.write() as session:
        await ledger.hold(session, [tenants.me.id])
        waiting = asyncio.ensure_future(tell(client, tenants.token, DELETE, licenseId=pool_id(key), quantity=1))
        await until_somebody_waits(db)
        held = await ordering.pool(session, tenants.me.id, key.license_id, hold=True)
        assert held is not None
        assert await ordering.close_pool(session, tenants.me.id, held)
    assert wrong(await waiting) == [("NOT_FOUND", ["licenseId"])]
    assert await audit_of(db) == []


async def test_a_locked_account_deletes_and_a_reseller_for_its_customer(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    key = await factories.key_of(db, tenants.customer.id, UBUNTU)
    await rows(db, "UPDATE accounts SET state = 'LOCKED'")
    payload = await tell(client, tenants.token, DELETE, licenseId=pool_id(key), quantity=3)
    assert payload["license"]["quantity"] == 7
    told = {row.account_id: row.actor for row in await audit_of(db)}
    assert told == {tenants.me.id: "master@example.com", tenants.customer.id: "Reseller R-1"}


async def test_a_period_that_began_is_billed_for_what_was_held(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, key: ActivationKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rows(db, "UPDATE product_subscriptions SET renews_at = '2026-12-01'")
    at(monkeypatch, datetime(2026, 12, 1, 0, 1, tzinfo=UTC))
    await tell(client, tenants.token, DELETE, licenseId=pool_id(key), quantity=8)
    lines = await rows(db, "SELECT quantity, period FROM invoice_lines")
    assert [(row["quantity"], row["period"].isoformat()) for row in lines] == [(10, "2026-12-01")]


async def test_a_dry_run_says_what_stays_will_cost(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, key: ActivationKey
) -> None:
    await rows(db, "UPDATE accounts SET company_country = 'NL' WHERE id = $1", tenants.me.id)
    before = await everything(db)
    quotes: list[Any] = []
    for quantity in (1, 8):
        payload = await tell(client, tenants.token, DELETE, licenseId=pool_id(key), quantity=quantity, dryRun=True)
        assert payload["userErrors"] == []
        quotes.append(payload["quote"])
    price, total = {"amount": "4.50", "currency": "USD"}, {"amount": "49.00"}  # 9 at 4.50 and 21 % of tax: 49.005
    assert quotes[0] == {"room": 8, "tierFrom": 1, "unitPrice": price, "total": total}
    assert quotes[1]["total"] == {"amount": "10.89"}
    assert await everything(db) == before
    assert await pools(db, tenants.me.id) == {UBUNTU: (10, 2)}


async def test_a_dry_run_of_everything_costs_nothing_and_without_a_price_nobody_knows(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    key = await factories.key_of(db, tenants.me.id, UBUNTU)
    payload = await tell(client, tenants.token, DELETE, licenseId=pool_id(key), quantity=10, dryRun=True)
    assert payload["quote"] == {"room": 10, "tierFrom": None, "unitPrice": None, "total": {"amount": "0.00"}}
    await rows(db, "DELETE FROM prices")
    payload = await tell(client, tenants.token, DELETE, licenseId=pool_id(key), quantity=1, dryRun=True)
    assert payload["quote"] == {"room": 10, "tierFrom": None, "unitPrice": None, "total": None}


async def test_a_key_must_send_it_so_that_it_is_done_once(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, key: ActivationKey
) -> None:
    token = (await make_api_key(db, tenants.me.id, RoleName.FULL_ACCESS)).text
    given = {"licenseId": pool_id(key), "quantity": 3}
    answer = (await post(client, DELETE, {"input": given}, token=token)).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert (await post(client, DELETE, {"input": given | {"dryRun": True}}, token=token)).json().get("errors") is None
    answers = [(await sent(client, token, DELETE, given, "once")).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert await pools(db, tenants.me.id) == {UBUNTU: (7, 2)}


async def test_it_costs_so_many_statements(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, key: ActivationKey, statements: StatementLog
) -> None:
    given = {"licenseId": pool_id(key), "quantity": 1}
    # whose account it is, its books, the pool, what is due, the pool's new quantity, the logs, the event
    assert await cost(client, statements, tenants.token, "deleteLicenses", **given) == 7
    # whose account it is, its books, the pool, prices
    assert await cost(client, statements, tenants.token, "deleteLicenses", **given, dryRun=True) == 4
    async with db.write() as session:
        assert (await session.get_one(License, key.license_id)).quantity == 9
