"""New periods are billed once, for what is held, whoever bills them how often, and in the account's own days."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.db import Database
from models.enums import AccountState, BillingCycle
from models.queries import auditing_ledger
from models.tables import Account, License
from resolvers.renewing import renew_all
from tests import factories
from tests.databases import StatementLog
from tests.fleet.tenants import rows, until_somebody_waits
from tests.funding import fund

DECEMBER = date(2026, 12, 1)
BEGUN = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)
LINES = """
    SELECT account.number, invoice.number AS invoice, invoice.pay_period, invoice.total_minor, line.description,
           line.quantity, line.unit_price_minor, line.amount_minor, line.period
    FROM invoices invoice JOIN accounts account ON account.id = invoice.account_id
    JOIN invoice_lines line ON line.invoice_id = invoice.id ORDER BY invoice.account_id, invoice.sequence, line.position
"""
WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
KERNELCARE, UBUNTU = "kernelcare", "ubuntu-18.04"


async def holding(db: Database, owner: Account, code: str, quantity: int, **values: Any) -> License:
    """A subscription that renews in December, and the pool of one license type of it."""
    kind = await factories.license_type(db, code)
    held = await factories.subscription(db, owner.id, kind.product_id, **({"renews_at": DECEMBER} | values))
    return await factories.pool(db, held, kind, quantity=quantity)


async def billed(db: Database) -> list[tuple[Any, ...]]:
    """Which invoice bills how much of what for which period, and what it comes to; the ledger adds up."""
    async with db.read() as reader:
        assert (await auditing_ledger.verify(reader)).broken == ()
    found = await rows(db, LINES)
    return [(row["invoice"], row["quantity"], row["description"], row["amount_minor"]) for row in found]


async def renewals(db: Database) -> list[date]:
    """When subscriptions renew next."""
    return [row["renews_at"] for row in await rows(db, "SELECT renews_at FROM product_subscriptions ORDER BY id")]


@pytest.fixture
async def owner(db: Database) -> Account:
    return await factories.account(db, number="A-1")


async def test_what_is_held_is_billed_for_the_period_at_the_price_of_its_tier(db: Database, owner: Account) -> None:
    licenses = await holding(db, owner, KERNELCARE, 50)
    key = await factories.activation_key(db, licenses)
    servers = [await factories.server(db, owner.id, hostname=f"{name}.example.com") for name in "ba"]
    for server in servers:
        await factories.registration(db, server, key)
    assert (await renew_all(db, BEGUN)).invoices == 1
    (line,) = await rows(db, LINES)
    assert tuple(line) == (
        "A-1",
        "A-1-1",
        DECEMBER,
        50 * 255,
        "KernelCare Enterprise, server licenses, December 2026",
        50,
        255,
        50 * 255,
        DECEMBER,
    )
    (kept,) = await rows(db, "SELECT server_ids, server_names FROM invoice_lines")
    assert kept["server_ids"] == [servers[1].id, servers[0].id]
    assert kept["server_names"] == ["a.example.com", "b.example.com"]
    assert await renewals(db) == [date(2027, 1, 1)]
    (entry,) = await rows(db, "SELECT kind, cause, actor, amount_minor, created_at FROM ledger_entries")
    assert tuple(entry) == ("INVOICE", "RENEWAL", "renewal", -50 * 255, BEGUN)
    (event,) = await rows(db, "SELECT kind FROM events")
    assert event["kind"] == "INVOICE_ISSUED"
    assert (await renew_all(db, BEGUN + timedelta(hours=1))).invoices == 0
    assert len(await billed(db)) == 1


async def test_a_period_begins_in_the_accounts_own_day(db: Database) -> None:
    for number, zone in (("A-1", "Pacific/Kiritimati"), ("A-2", "America/Los_Angeles")):
        await holding(db, await factories.account(db, number=number, time_zone=zone), KERNELCARE, 1)
    for at, invoices in (
        (datetime(2026, 11, 30, 9, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 30, 10, 0, tzinfo=UTC), 1),
        (datetime(2026, 12, 1, 7, 59, tzinfo=UTC), 0),
        (datetime(2026, 12, 1, 8, 0, tzinfo=UTC), 1),
    ):
        assert (await renew_all(db, at)).invoices == invoices
    assert [line[0] for line in await billed(db)] == ["A-1-1", "A-2-1"]


async def test_years_and_months_that_begin_on_one_day_are_one_invoice(db: Database, owner: Account) -> None:
    await holding(db, owner, KERNELCARE, 2)
    yearly = {"billing_cycle": BillingCycle.YEARLY, "renews_at": date(2027, 1, 1)}
    await holding(db, owner, UBUNTU, 1, **yearly)
    assert (await renew_all(db, BEGUN)).invoices == 1
    assert await renewals(db) == [date(2027, 1, 1)] * 2
    assert (await renew_all(db, datetime(2027, 1, 1, tzinfo=UTC))).invoices == 1
    assert [line[:3] for line in await billed(db)] == [
        ("A-1-1", 2, "KernelCare Enterprise, server licenses, December 2026"),
        ("A-1-2", 2, "KernelCare Enterprise, server licenses, January 2027"),
        ("A-1-2", 1, "Ubuntu 18.04, server licenses, 2027"),
    ]
    assert await renewals(db) == [date(2027, 2, 1), date(2028, 1, 1)]


async def test_a_worker_that_was_down_bills_every_period_that_it_missed(db: Database, owner: Account) -> None:
    await holding(db, owner, KERNELCARE, 3)
    late = datetime(2027, 2, 3, 12, tzinfo=UTC)
    assert (await renew_all(db, late)).invoices == 3
    found = await rows(db, "SELECT pay_period, number, created_at FROM invoices ORDER BY sequence")
    assert [tuple(row) for row in found] == [
        (DECEMBER, "A-1-1", late),
        (date(2027, 1, 1), "A-1-2", late),
        (date(2027, 2, 1), "A-1-3", late),
    ]
    assert await renewals(db) == [date(2027, 3, 1)]


async def test_what_was_billed_already_or_is_not_held_is_not_billed(db: Database, owner: Account) -> None:
    """Whatever moved the day of renewal back, and whatever was deleted in between."""
    await holding(db, owner, KERNELCARE, 3)
    await holding(db, owner, UBUNTU, 0)
    assert (await renew_all(db, BEGUN)).invoices == 1
    await rows(db, "UPDATE product_subscriptions SET renews_at = $1", DECEMBER)
    assert (await renew_all(db, BEGUN)).invoices == 0
    assert await renewals(db) == [date(2027, 1, 1)] * 2
    assert len(await billed(db)) == 1


async def test_tax_is_of_the_companys_country_and_reversed_with_a_valid_number(db: Database) -> None:
    numbers: list[tuple[str, str | None]] = [("FR", None), ("FI", None), ("DE", "DE136695976"), ("DE", "DE000000000")]
    for place, (country, number) in enumerate([*numbers, ("US", "12-3456789")], start=1):
        owner = await factories.account(db, number=f"A-{place}", company_country=country, vat_number=number)
        await holding(db, owner, KERNELCARE, 1)
    assert (await renew_all(db, BEGUN)).invoices == 5
    await billed(db)
    columns = "subtotal_minor, tax_minor, tax_rate, total_minor, reverse_charge"
    assert [tuple(row) for row in await rows(db, f"SELECT {columns} FROM invoices ORDER BY number")] == [
        (395, 79, Decimal("0.2000"), 474, False),
        (395, 101, Decimal("0.2550"), 496, False),
        (395, 0, None, 395, True),
        (395, 75, Decimal("0.1900"), 470, False),
        (395, 0, None, 395, False),
    ]


async def test_a_locked_account_is_billed_for_what_it_holds(db: Database) -> None:
    locked = await factories.account(db, state=AccountState.LOCKED)
    await fund(db, locked.id, -500)
    await holding(db, locked, KERNELCARE, 2)
    assert (await renew_all(db, BEGUN)).invoices == 1


async def test_an_account_that_cannot_be_billed_stays_due_and_keeps_no_other_waiting(db: Database) -> None:
    """One has no price in its currency, one owes all that an account can owe."""
    for number, currency in (("A-1", "CHF"), ("A-2", "USD"), ("A-3", "USD")):
        await holding(db, await factories.account(db, number=number, currency=currency), KERNELCARE, 1)
    (full,) = await rows(db, "SELECT id FROM accounts WHERE number = 'A-2'")
    await fund(db, full["id"], -(10**14 - 1))
    renewed = await renew_all(db, BEGUN)
    assert (renewed.invoices, list(renewed.failed.values())) == (1, ["UserFault"] * 2)
    assert [line[0] for line in await billed(db)] == ["A-3-1"]
    assert await renewals(db) == [DECEMBER, DECEMBER, date(2027, 1, 1)]


async def test_two_workers_and_one_that_is_cut_off_bill_once(dsn: str, db: Database) -> None:
    for number in range(12):
        await holding(db, await factories.account(db, number=f"A-{number}"), KERNELCARE, 1)
    (seventh,) = await rows(db, "SELECT id FROM accounts ORDER BY id OFFSET 6 LIMIT 1")
    other, third = await Database.connect(dsn), await Database.connect(dsn)
    async with other.write() as session:
        await session.get_one(Account, seventh["id"], with_for_update=True)
        killed = asyncio.create_task(renew_all(db, BEGUN))
        await until_somebody_waits(other)
        await rows(other, f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) held_up")
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
    before = len(await rows(other, "SELECT FROM invoices"))
    assert 6 <= before < 12
    await asyncio.gather(renew_all(other, BEGUN), renew_all(third, BEGUN))
    assert sorted(line[0] for line in await billed(other)) == sorted(f"A-{number}-1" for number in range(12))
    await other.close()
    await third.close()


async def test_an_account_costs_so_many_statements_however_much_it_holds(
    db: Database, statements: StatementLog
) -> None:
    async def cost(number: str, *codes: str) -> int:
        owner = await factories.account(db, number=number)
        for code in codes:
            await holding(db, owner, code, 5)
        statements.clear()
        assert (await renew_all(db, BEGUN)).invoices == 1
        return len(statements)

    document = 5  # its number, itself, its lines, its entry, its letter
    # which accounts, the account, what is due, what was billed, the servers, the invoice and its event, the next day
    expected = 1 + 4 + document + 1 + 1
    assert await cost("A-1", KERNELCARE) == expected
    assert await cost("A-2", KERNELCARE, UBUNTU, "debian-10", "php", "libcare") == expected


@pytest.mark.parametrize(
    ("held", "zone", "at"), [(2, "UTC", datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)), (0, "UTC", BEGUN)]
)
async def test_nothing_is_issued_for_nothing(db: Database, held: int, zone: str, at: datetime) -> None:
    await holding(db, await factories.account(db, time_zone=zone), KERNELCARE, held)
    assert (await renew_all(db, at)).invoices == 0
    assert await billed(db) == []
