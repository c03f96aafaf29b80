"""The preview of autopayment over HTTP: it says what then happens, and costs one statement wherever it is asked for."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from models.autopayment import Caps
from models.db import Database
from models.enums import AutopaymentMode, BillingCycle, PaymentStatus
from models.tables import Account
from resolvers import autopayment
from resolvers import autopayment_preview as preview
from resolvers.renewing import renew_all
from tests import factories
from tests.access.people import Person, make_master, make_session, utc
from tests.client import ask
from tests.databases import StatementLog
from tests.funding import fund
from tests.money.cards import make_card
from tests.money.providers import Till

PREVIEW = "autopaymentPreview { now { amount currency } afterNextInvoice { amount } reason }"
ASKED = f"{{ viewer {{ account {{ billing {{ {PREVIEW} }} }} }} }}"
NEW_YEAR = date(2031, 1, 1)
MIDNIGHT = datetime(2031, 1, 1, tzinfo=UTC)
REPAY, FUNDS = AutopaymentMode.AUTO_REPAY, AutopaymentMode.AUTO_ADD_FUNDS


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master, expires_at=utc() + timedelta(days=1))).text


async def switch(db: Database, master: Person, mode: AutopaymentMode) -> None:
    """Set autopayment, to fill a balance below 100 up to 150."""
    async with db.write() as session:
        account = await session.get_one(Account, master.account_id)
        account.sqlmodel_update(
            {
                "autopayment_mode": mode,
                "autopayment_threshold_minor": 10_000,
                "autopayment_target_minor": 15_000,
                "provider_customer": "cus_1",
            }
        )


async def hold(db: Database, master: Person, code: str, quantity: int, first: date, cycle: BillingCycle) -> None:
    """Licenses that are billed again on a day."""
    kind = await factories.license_type(db, code)
    held = await factories.subscription(db, master.account_id, kind.product_id, renews_at=first, billing_cycle=cycle)
    await factories.pool(db, held, kind, quantity=quantity)


async def foreseen(client: httpx.AsyncClient, token: str) -> tuple[str | None, str | None, str]:
    """What is charged now, after the next invoice, and why."""
    found = (await ask(client, ASKED, token=token))["viewer"]["account"]["billing"]["autopaymentPreview"]
    now, after = found["now"], found["afterNextInvoice"]
    assert now is None or now["currency"] == "USD"
    return now and now["amount"], after and after["amount"], found["reason"]


def minor(amount: str | None) -> list[int]:
    """An amount as the provider takes it; nothing is none."""
    return [] if amount is None else [int(amount.replace(".", ""))]


@pytest.mark.parametrize(
    ("mode", "balance", "now", "after"),
    [
        (REPAY, -1_500, "20.00", "347.50"),
        (REPAY, 35_249, None, "20.00"),
        (REPAY, 35_250, None, None),
        (FUNDS, 9_999, "50.01", "352.50"),
        (FUNDS, 45_000, None, "52.50"),
        (FUNDS, 45_250, None, None),
    ],
)
async def test_what_is_foreseen_is_what_happens(
    client: httpx.AsyncClient,
    db: Database,
    master: Person,
    token: str,
    mode: AutopaymentMode,
    balance: int,
    now: str | None,
    after: str | None,
) -> None:
    await make_card(db, master.account_id)
    await switch(db, master, mode)
    await fund(db, master.account_id, balance)
    await hold(db, master, "kernelcare", 50, NEW_YEAR, BillingCycle.MONTHLY)
    await hold(db, master, "ubuntu-18.04", 5, NEW_YEAR, BillingCycle.YEARLY)
    await hold(db, master, "php", 5, NEW_YEAR.replace(month=2), BillingCycle.MONTHLY)
    till = Till()
    assert (await foreseen(client, token))[:2] == (now, after)
    assert till.calls == 0
    await autopayment.run(db, till, Caps(), master.account_id, utc())
    assert till.paid == minor(now)
    assert (await renew_all(db, MIDNIGHT)).invoices == 1
    await autopayment.run(db, till, Caps(), master.account_id, MIDNIGHT)
    assert till.paid == minor(now) + minor(after)


async def test_the_next_invoice_has_its_tax(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    await make_card(db, master.account_id)
    await switch(db, master, REPAY)
    await hold(db, master, "kernelcare", 50, NEW_YEAR, BillingCycle.MONTHLY)
    for country, number, charged in (("DE", None, "151.72"), ("DE", "DE136695976", "127.50"), ("US", None, "127.50")):
        async with db.write() as session:
            account = await session.get_one(Account, master.account_id)
            account.company_country, account.vat_number = country, number
        assert (await foreseen(client, token))[:2] == (None, charged)


async def test_the_reason_says_what_a_charge_waits_for(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    assert await foreseen(client, token) == (None, None, preview.OFF)
    await switch(db, master, FUNDS)
    assert await foreseen(client, token) == (None, None, preview.NO_CARD)
    await make_card(db, master.account_id)
    await fund(db, master.account_id, 9_980)
    assert await foreseen(client, token) == ("50.20", None, preview.DUE[FUNDS])
    declining = Till(answer=lambda _charge: PaymentStatus.FAILED)
    await autopayment.run(db, declining, Caps(), master.account_id, utc())
    assert await foreseen(client, token) == ("50.20", None, preview.PAUSED)
    await switch(db, master, REPAY)
    assert await foreseen(client, token) == (None, None, preview.ENOUGH[REPAY])
    await fund(db, master.account_id, -20_000)
    waiting = Till(answer=lambda _charge: PaymentStatus.PENDING)
    await autopayment.run(db, waiting, Caps(), master.account_id, utc() + timedelta(hours=7))
    assert await foreseen(client, token) == (None, None, preview.UNDER_WAY)
    await switch(db, master, FUNDS)
    assert "under way" in (await foreseen(client, token))[2]


FACTS = {
    "autopayment_mode": "AUTO_ADD_FUNDS",
    "autopayment_threshold_minor": 10_000,
    "autopayment_target_minor": 10_020,
    "balance_minor": 9_980,
    "card_id": "a card",
    "charged_minor": 0,
    "times": 0,
    "declined_at": None,
    "declines": 0,
    "under_way_minor": None,
    "next_minor": None,
}


@pytest.mark.parametrize(
    ("given", "caps", "now", "reason"),
    [
        ({}, Caps(), 0, preview.SMALL),
        ({"balance_minor": 0}, Caps(daily_minor=6_000), 6_000, preview.BOUND),
        ({"balance_minor": 0, "times": 10}, Caps(), 0, preview.BOUND),
    ],
)
def test_bounds_are_foreseen(given: dict[str, Any], caps: Caps, now: int, reason: str) -> None:
    found = preview.foreseen(FACTS | given, caps, utc())
    assert (found.now_minor, found.after_minor, found.reason) == (now, 0, reason)


async def test_it_costs_one_statement(
    client: httpx.AsyncClient, db: Database, master: Person, token: str, statements: StatementLog
) -> None:
    costs: list[int] = []
    for asked in ("", "one: ", "one: "):
        fields = f"{asked}{PREVIEW} {'two: ' + PREVIEW if costs[1:] else ''}" if asked else "email"
        statements.clear()
        await ask(client, f"{{ viewer {{ account {{ billing {{ {fields} }} }} }} }}", token=token)
        costs.append(len(statements))
    assert costs == [costs[0], costs[0] + 1, costs[0] + 1]
