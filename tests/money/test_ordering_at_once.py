"""Orders, deletions and registrations at once, while connections die: no quota is passed, and nothing is done twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from models.db import Database
from models.kinds import LedgerCause, LedgerKind
from models.queries import ledger
from models.queries.ledger import Draft
from schema.ids import encode
from tests import factories
from tests.agents.calls import REGISTER
from tests.conftest import FIGURES, calling, settings_for
from tests.fleet.tenants import Tenants, make_tenants, rows, tell, until_somebody_waits, wrong
from tests.money.license_storms import Storm
from tests.money.orders import DELETE, KERNELCARE, ORDER, hold_true, ordered, pools, sent

LONG = 60


@pytest.fixture
async def tenants(db: Database) -> Tenants:
    return await make_tenants(db)


@pytest.fixture
async def clients(dsn: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two gateways over the test's database, with connections of their own."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(2):
            database = await Database.connect(dsn)
            stack.push_async_callback(database.close)
            made.append(await stack.enter_async_context(calling(create_app(settings_for(dsn), database))))
        yield made


async def test_the_last_of_a_quota_is_ordered_once(
    clients: list[httpx.AsyncClient], db: Database, tenants: Tenants
) -> None:
    kind = await factories.license_type(db, KERNELCARE)
    held = await factories.subscription(db, tenants.me.id, kind.product_id, product_quota=30)
    await factories.pool(db, held, kind, quantity=10)
    given = await ordered(db, KERNELCARE, 4)
    payloads = await asyncio.gather(*(tell(clients[n % 2], tenants.token, ORDER, **given) for n in range(9)))
    refused = [fault for payload in payloads for fault in wrong(payload)]
    assert refused == [("QUOTA_REACHED", ["quantity"])] * 4
    assert await pools(db, tenants.me.id) == {KERNELCARE: (30, 0)}
    await hold_true(db)


async def test_first_orders_at_once_make_one_subscription_and_one_pool(
    clients: list[httpx.AsyncClient], db: Database, tenants: Tenants
) -> None:
    given = await ordered(db, KERNELCARE, 3, customerId=tenants.customer_id)
    payloads = await asyncio.gather(*(tell(clients[n % 2], tenants.token, ORDER, **given) for n in range(6)))
    assert all(wrong(payload) == [] for payload in payloads)
    assert len({payload["license"]["id"] for payload in payloads}) == 1
    assert {payload["invoice"]["number"] for payload in payloads} == {f"C-1-{n}" for n in range(1, 7)}
    assert await pools(db, tenants.customer.id) == {KERNELCARE: (18, 0)}
    await hold_true(db)


async def test_one_key_at_once_makes_one_invoice(
    clients: list[httpx.AsyncClient], db: Database, tenants: Tenants
) -> None:
    given = await ordered(db, KERNELCARE, 2)

    async def until_answered(place: int) -> Any:
        while True:
            payload = (await sent(clients[place % 2], tenants.token, ORDER, given, "one")).json()["data"][
                "orderLicenses"
            ]
            if wrong(payload) == []:
                return payload
            assert wrong(payload) == [("CONFLICT", None)]
            await asyncio.sleep(0.01)

    payloads = await asyncio.gather(*map(until_answered, range(6)))
    assert all(payload == payloads[0] for payload in payloads)
    assert await pools(db, tenants.me.id) == {KERNELCARE: (2, 0)}
    assert len(await rows(db, "SELECT FROM invoices")) == 1


async def test_a_license_is_given_to_a_server_or_deleted_and_never_both(
    clients: list[httpx.AsyncClient], db: Database, tenants: Tenants
) -> None:
    key = await factories.key_of(db, tenants.me.id, KERNELCARE)
    assert key.license_id is not None
    license_id = encode("License", key.license_id)

    async def register(place: int) -> int:
        given = {"activationKey": key.key, "machineId": f"m-{place}", "hostname": f"m-{place}.example.com"}
        payload = await tell(clients[place % 2], tenants.token, REGISTER, **given)
        return len(wrong(payload))

    async def delete(place: int) -> int:
        return len(wrong(await tell(clients[place % 2], tenants.token, DELETE, licenseId=license_id, quantity=2)))

    refused = await asyncio.gather(*(register(n) if n % 2 else delete(n) for n in range(16)))
    deleted, registered = 8 - sum(refused[::2]), 8 - sum(refused[1::2])
    assert (await pools(db, tenants.me.id)).get(KERNELCARE, (0, 0)) == (10 - 2 * deleted, registered)
    assert sum(refused) >= 16 - 10
    await hold_true(db)


async def test_a_number_that_was_not_kept_is_given_to_whoever_waits_for_it(
    clients: list[httpx.AsyncClient], db: Database, tenants: Tenants
) -> None:
    given = await ordered(db, KERNELCARE, 1)
    draft = Draft(LedgerKind.REFUND, LedgerCause.REFUND, -100)
    with suppress(RuntimeError):
        async with db.write() as session:
            books = (await ledger.hold(session, [tenants.me.id]))[tenants.me.id]
            issued = await ledger.issue(session, books, draft, "operator", datetime.now(UTC))
            waiting = asyncio.ensure_future(tell(clients[0], tenants.token, ORDER, **given))
            await until_somebody_waits(db)
            raise RuntimeError("the document is not wanted after all")
    assert issued.number == (await waiting)["invoice"]["number"] == "R-1-1"
    await hold_true(db)


@pytest.mark.parametrize("killing", [False, True])
async def test_a_storm_leaves_what_its_answers_say(
    clients: list[httpx.AsyncClient], db: Database, dsn: str, tenants: Tenants, killing: bool
) -> None:
    storm = Storm(clients, db, dsn, tenants, seed=int(killing))
    await storm.blow(rounds=2, calls=10, killing=killing)
    await storm.assert_right()


@pytest.mark.long
async def test_many_storms_leave_what_their_answers_say(
    clients: list[httpx.AsyncClient], db: Database, dsn: str, request: pytest.FixtureRequest
) -> None:
    seen: Counter[str] = Counter()
    for seed in range(LONG):
        tenants = await make_tenants(db)
        await rows(db, "UPDATE accounts SET number = id::text")
        await rows(db, "UPDATE logins SET email = id::text || '@example.com'")
        storm = Storm(clients, db, dsn, tenants, seed=seed)
        await storm.blow(rounds=4, calls=12, killing=seed % 3 > 0)
        await storm.assert_right()
        seen += storm.seen
    request.node.user_properties.append((FIGURES, f"{LONG} storms: {json.dumps(seen, sort_keys=True)}"))
