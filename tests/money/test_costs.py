"""Costs over HTTP: the sums of invoices, however they are grouped and whatever was billed."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from models.db import Database
from models.kinds import LedgerCause, LedgerKind
from models.queries import ledger
from models.queries.ledger import Draft, Line, Tax
from models.tables import Account, LicenseType
from tests import factories
from tests.access.people import make_login, make_session
from tests.client import ask
from tests.databases import StatementLog
from tests.funding import fund

COSTS = """query ($period: DateRange!, $by: CostGrouping) { viewer { account { billing {
  costs(period: $period, by: $by) { product { code } licenseType { code } month total { amount currency } } } } } }"""
INVOICES = """query ($created: DateRange, $after: String) { viewer { account {
  invoices(first: 100, after: $after, filter: { types: [INVOICE], created: $created }) {
    nodes { createdAt subtotal { amount } } pageInfo { hasNextPage endCursor } } } } }"""
CODES = ("kernelcare", "ubuntu-18.04", "ubuntu-18.04-sla", "php")
START = date(2025, 11, 1)


async def bill(db: Database, owner: Account, at: datetime, lines: list[Line]) -> None:
    """Issue an invoice with tax."""
    subtotal = sum(line.amount_minor for line in lines)
    tax = Tax(Decimal("0.19"), subtotal // 5)
    draft = Draft(LedgerKind.INVOICE, LedgerCause.ORDER, subtotal, at.date().replace(day=1), lines, tax)
    async with db.write() as session:
        books = (await ledger.hold(session, [owner.id]))[owner.id]
        await ledger.issue(session, books, draft, "somebody", at)


def line_of(kind: LicenseType | None, minor: int) -> Line:
    """A line about a license type, or about nothing that is in the catalogue."""
    if kind is None:
        return Line("Setting up", None, None, 1, minor, minor)
    return Line(kind.name, kind.product_id, kind.id, 1, minor, minor)


async def asked(client: httpx.AsyncClient, token: str, period: dict[str, str], by: str | None) -> list[dict[str, Any]]:
    """The costs."""
    given = {"period": period} | ({} if by is None else {"by": by})
    found: list[dict[str, Any]] = (await ask(client, COSTS, given, token=token))["viewer"]["account"]["billing"][
        "costs"
    ]
    return found


@pytest.fixture
async def owner(db: Database) -> Account:
    return await factories.account(db, time_zone="America/Los_Angeles")


@pytest.fixture
async def token(db: Database, owner: Account) -> str:
    return (await make_session(db, await make_login(db, owner.id))).text


async def test_costs_are_the_sums_of_lines_in_each_grouping(
    client: httpx.AsyncClient, db: Database, owner: Account, token: str
) -> None:
    kernelcare, ubuntu, sla = [await factories.license_type(db, code) for code in CODES[:3]]
    last = datetime(2026, 1, 1, 7, 59, tzinfo=UTC)
    await bill(db, owner, last, [line_of(ubuntu, 300), line_of(kernelcare, 1_000), line_of(sla, 25)])
    await bill(db, owner, last + timedelta(minutes=1), [line_of(kernelcare, 7), line_of(None, 4)])
    await fund(db, owner.id, 9_999)
    await bill(db, await factories.account(db), last, [line_of(kernelcare, 5)])

    def row(amount: str, product: str | None = None, kind: str | None = None, month: str | None = None) -> Any:
        named = [None if code is None else {"code": code} for code in (product, kind)]
        total = {"amount": amount, "currency": "USD"}
        return {"product": named[0], "licenseType": named[1], "month": month, "total": total}

    product = ubuntu.code.removesuffix("-sla")
    by_product = [row("10.07", "kernelcare"), row("3.25", product), row("0.04")]
    assert await asked(client, token, {}, None) == await asked(client, token, {}, "PRODUCT") == by_product
    assert await asked(client, token, {}, "LICENSE_TYPE") == [
        row("10.07", "kernelcare", "kernelcare"),
        row("3.00", product, ubuntu.code),
        row("0.25", product, sla.code),
        row("0.04"),
    ]
    assert await asked(client, token, {}, "MONTH") == [
        row("13.25", month="2025-12-01"),
        row("0.11", month="2026-01-01"),
    ]
    assert await asked(client, token, {"to": "2025-12-31"}, "MONTH") == [row("13.25", month="2025-12-01")]
    assert await asked(client, token, {"from": "2026-01-01", "to": "2026-01-01"}, "MONTH") == [
        row("0.11", month="2026-01-01")
    ]
    assert await asked(client, token, {"from": "2026-01-02"}, "MONTH") == []
    assert await asked(client, token, {"from": "0001-01-01", "to": "9999-12-31"}, "PRODUCT") == by_product


@pytest.mark.parametrize("seed", range(3))
async def test_however_they_are_grouped_they_are_the_invoices_sums(
    client: httpx.AsyncClient, db: Database, owner: Account, token: str, seed: int
) -> None:
    """A year of invoices by chance, some of them within an hour of midnight."""
    random = Random(seed)  # noqa: S311 (a history by chance is no secret)
    kinds = [await factories.license_type(db, code) for code in CODES]
    zone = ZoneInfo(owner.time_zone)
    days = sorted(START + timedelta(days=random.randrange(400)) for _ in range(40))
    for day in days:
        midnight = datetime.combine(day, time.min, zone).astimezone(UTC)
        lines = [line_of(random.choice([*kinds, None]), random.randrange(100_000)) for _ in range(random.randint(1, 6))]
        await bill(db, owner, midnight + timedelta(minutes=random.randint(-60, 60)), lines)
    periods = [{}, *({"from": str(days[place]), "to": str(days[place + 20])} for place in (0, 7, 19))]
    for period in periods:
        found = await ask(client, INVOICES, {"created": period}, token=token)
        invoices = found["viewer"]["account"]["invoices"]["nodes"]
        expected = sum((Decimal(invoice["subtotal"]["amount"]) for invoice in invoices), Decimal(0))
        assert expected > 0
        for by in ("PRODUCT", "LICENSE_TYPE", "MONTH"):
            costs = await asked(client, token, period, by)
            assert sum((Decimal(cost["total"]["amount"]) for cost in costs), Decimal(0)) == expected
            keys = [(cost["product"], cost["licenseType"], cost["month"]) for cost in costs]
            assert all(keys.count(key) == 1 for key in keys)


async def test_costs_are_one_statement(
    client: httpx.AsyncClient, db: Database, owner: Account, token: str, statements: StatementLog
) -> None:
    document = "{ viewer { account { billing { costs(period: {}, by: MONTH) { month total { amount } } } } } }"
    await ask(client, document, token=token)
    statements.clear()
    await ask(client, document, token=token)
    assert len(statements) == 2, "the account and the sums"
