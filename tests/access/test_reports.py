"""Reports on demand over HTTP: what is in them, for whom, in pages and behind their link."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from gateway.portal import portal_of
from gateway.signed_links import REFUSED, UNKNOWN
from models.db import Database
from models.enums import LoginState, ReportKind
from models.roles import RoleName
from models.tables import Account, Login
from resolvers import report_links
from resolvers.reports import AskedReport
from schema.ids import encode
from tests import factories
from tests.access.people import Person, audit_of, make_login, make_master, make_session, utc
from tests.client import ask, post, sign_in
from tests.databases import StatementLog

REPORT = """query ($kind: ReportKind!, $period: DateRange! = {}, $products: [ID!], $first: Int, $after: String,
    $last: Int, $before: String) {
  viewer { account { report(kind: $kind, period: $period, productIds: $products) {
    kind period { from to } columns csvUrl
    rows(first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { cells } edges { cursor node { cells } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } } } } }"""
HEAD = "{ viewer { account { report(kind: SERVERS, period: {}) { columns csvUrl } } } }"
ROWS = "{ viewer { account { report(kind: %s, period: {}) { rows { %s } } } } }"
BY_MONTH = "{ viewer { account { billing { costs(period: {}, by: MONTH) { month total { amount } } } } } }"
INVOICES = """{ viewer { account { invoices(first: 100, filter: { types: [INVOICE] }) {
  nodes { subtotal { amount } createdAt } pageInfo { hasNextPage } } } } }"""


async def report(client: httpx.AsyncClient, token: str, kind: str, **variables: Any) -> dict[str, Any]:
    """A report of the caller's account."""
    data = await ask(client, REPORT, {"kind": kind, **variables}, token=token)
    found: dict[str, Any] = data["viewer"]["account"]["report"]
    return found


async def cells(client: httpx.AsyncClient, token: str, kind: str, **variables: Any) -> list[list[str]]:
    """The rows of a report's first page."""
    rows = (await report(client, token, kind, **variables))["rows"]
    assert [edge["node"] for edge in rows["edges"]] == rows["nodes"]
    return [row["cells"] for row in rows["nodes"]]


async def follow(client: httpx.AsyncClient, url: str) -> httpx.Response:
    """What a browser without any credential gets that opens the link."""
    return await client.get(url[url.index("/exports") :])


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


async def test_servers_stand_in_it_with_their_states_and_duplicates(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    own = master.account_id
    key, other = await factories.key_of(db, own), await factories.key_of(db, own, "php")
    old, new = datetime(2026, 1, 2, 3, 4, tzinfo=UTC), datetime(2026, 2, 28, 23, 59, tzinfo=UTC)
    group = await factories.group(db, own, "QA")
    seen: dict[str, Any] = {"hostname": "a.example.com", "ip": "192.0.2.1"}
    first = await factories.server(db, own, group, registered_at=old, machine_id="one", **seen)
    await factories.server(db, own, registered_at=new, machine_id="two", **seen)
    await factories.server(db, own, hostname="z.example.com", registered_at=new + timedelta(minutes=1))
    for one in (key, other):
        await factories.registration(db, first, one)
    async with db.read() as reader:
        silent = utc() - timedelta(hours=13)
        await reader.fetch("UPDATE server_check_ins SET last_check_in = $2 WHERE server_id = $1", first.id, silent)
        names = await reader.fetch(
            "SELECT name FROM products WHERE id = ANY($1) ORDER BY name", [key.product_id, other.product_id]
        )
    stranger = await make_master(db, "A-2", "stranger@example.com")
    await factories.server(db, stranger.account_id, hostname="theirs.example.com", registered_at=old)
    february = {"from": "2026-02-01", "to": "2026-02-28"}
    found = await report(client, token, "SERVERS", period=february)
    assert found["period"] == february
    assert found["rows"]["totalCount"] == 2
    products, seen_at = ", ".join(row["name"] for row in names), f"{silent:%Y-%m-%d %H:%M}"
    assert [row["cells"] for row in found["rows"]["nodes"]] == [
        ["a.example.com", "192.0.2.1", "QA", products, "2026-01-02 03:04", seen_at, "SILENT", "", ""],
        [
            "a.example.com",
            "192.0.2.1",
            "",
            "",
            "2026-02-28 23:59",
            "",
            "NEVER_SEEN",
            "the one registered 2026-01-02 03:04",
            "new",
        ],
    ]
    assert {len(row["cells"]) for row in found["rows"]["nodes"]} == {len(found["columns"])}
    of_php = {"products": [encode("Product", other.product_id)]}
    assert [row[0] for row in await cells(client, token, "SERVERS", **of_php)] == ["a.example.com"]
    for unknown in ("none", encode("Product", own), encode("Server", other.product_id)):
        assert await cells(client, token, "SERVERS", products=[unknown]) == []
    assert len(await cells(client, token, "SERVERS", products=[])) == 3


async def test_licenses_stand_in_it_with_the_keys_near_their_limit_masked(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    kind = await factories.license_type(db, "php")
    held = await factories.subscription(db, master.account_id, kind.product_id)
    pool = await factories.pool(db, held, kind, quantity=300, used=130)
    for number in range(12):
        await factories.activation_key(db, pool, key=f"PHP_ELS-{number:024d}", seat_limit=10, used=9 + number % 2)
    await factories.activation_key(db, pool, key="PHP_ELS-roomleftroomleftroomleft", seat_limit=10, used=8)
    await factories.activation_key(db, pool, key="PHP_ELS-unlimitedunlimitedunlimi", used=2)
    await factories.activation_key(db, pool, key="PHP_ELS-greatestlimitofallof", seat_limit=2**31 - 1)
    other = await factories.license_type(db)
    await factories.pool(db, await factories.subscription(db, master.account_id, other.product_id), other)
    (row, *_) = [row for row in await cells(client, token, "LICENSES") if row[2] == "300"]
    assert row[2:5] == ["300", "130", "170"]
    named = row[5].split("; ")
    assert len(named) == 11
    assert named[0] == "PHP_ELS-0000…0001 10/10"
    assert named[-1] == "and 2 more"
    assert all(words.endswith((" 9/10", " 10/10")) for words in named[:-1])
    assert await cells(client, token, "LICENSES", products=[encode("Product", kind.product_id)]) == [row]
    url = (await report(client, token, "LICENSES"))["csvUrl"]
    assert "0" * 20 not in (await follow(client, url)).text


async def test_costs_are_the_invoices_sums(demo_client: httpx.AsyncClient, demo_db: Database) -> None:
    token = await sign_in(demo_client, "master@demo.example.com")
    billed = (await ask(demo_client, INVOICES, token=token))["viewer"]["account"]["invoices"]
    assert not billed["pageInfo"]["hasNextPage"]
    rows = await cells(demo_client, token, "COSTS", first=100)
    assert rows
    total = sum(Decimal(invoice["subtotal"]["amount"]) for invoice in billed["nodes"])
    assert sum(Decimal(row[3]) for row in rows) == total > 0
    assert rows == sorted(rows, key=lambda row: row[0])
    assert {row[4] for row in rows} == {"USD"}
    months = sorted({row[0] for row in rows})
    costs = (await ask(demo_client, BY_MONTH, token=token))["viewer"]["account"]["billing"]["costs"]
    assert {cost["month"][:7]: Decimal(cost["total"]["amount"]) for cost in costs} == {
        month: sum(Decimal(row[3]) for row in rows if row[0] == month) for month in months
    }
    first = date.fromisoformat(f"{months[2]}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    period = {"from": first.isoformat(), "to": last.isoformat()}
    assert await cells(demo_client, token, "COSTS", period=period, first=100) == [
        row for row in rows if row[0] == months[2]
    ]
    async with demo_db.read() as reader:
        (product,) = await reader.fetch("SELECT id FROM products WHERE name = $1", rows[0][1])
    of_product = {"products": [encode("Product", product["id"])], "first": 100}
    assert await cells(demo_client, token, "COSTS", **of_product) == [row for row in rows if row[1] == rows[0][1]]


@pytest.mark.parametrize("kind", ["SERVERS", "COSTS"])
async def test_pages_make_up_the_whole_forwards_and_backwards(demo_client: httpx.AsyncClient, kind: str) -> None:
    token = await sign_in(demo_client, "master@demo.example.com")
    asked: dict[str, Any] = {"products": []}
    whole = await report(demo_client, token, kind, first=100, **asked)
    text = (await follow(demo_client, whole["csvUrl"])).text
    heading, *lines = list(csv.reader(io.StringIO(text, newline="")))
    assert heading == whole["columns"]
    assert len(lines) == whole["rows"]["totalCount"]
    for size, ahead, behind in (("first", "after", "endCursor"), ("last", "before", "startCursor")):
        pages: list[list[list[str]]] = []
        place: dict[str, Any] = {}
        while True:
            rows = (await report(demo_client, token, kind, **{size: 37, **place}))["rows"]
            pages.append([row["cells"] for row in rows["nodes"]])
            assert rows["totalCount"] == len(lines)
            if not rows["pageInfo"]["hasNextPage" if size == "first" else "hasPreviousPage"] or len(pages) == 5:
                break
            place = {ahead: rows["pageInfo"][behind]}
        together = [row for page in (pages if size == "first" else pages[::-1]) for row in page]
        assert together == (lines[: len(together)] if size == "first" else lines[-len(together) :])
        assert len(pages) in {5, -(-len(lines) // 37)}


async def test_places_of_other_lists_and_sizes_out_of_range_are_refused(
    demo_client: httpx.AsyncClient,
) -> None:
    token = await sign_in(demo_client, "master@demo.example.com")
    place = (await report(demo_client, token, "LICENSES"))["rows"]["pageInfo"]["endCursor"]
    wrong: list[dict[str, Any]] = [
        {"kind": "SERVERS", "after": place},
        {"kind": "SERVERS", "after": "x"},
        {"kind": "SERVERS", "first": 101},
        {"kind": "SERVERS", "first": 1, "last": 1},
        {"kind": "SERVERS", "period": {"from": "2026-02-01", "to": "2026-01-31"}},
    ]
    for variables in wrong:
        answer = (await post(demo_client, REPORT, variables, token=token)).json()
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT", variables
        assert answer["data"]["viewer"]["account"]["report"] is None


@pytest.mark.parametrize("kind", [kind.name for kind in ReportKind])
async def test_a_page_and_a_count_are_a_statement_each(
    demo_client: httpx.AsyncClient, statements: StatementLog, kind: str
) -> None:
    token = await sign_in(demo_client, "master@demo.example.com")
    await ask(demo_client, HEAD, token=token)
    statements.clear()
    await ask(demo_client, HEAD, token=token)
    before = len(statements)
    both = "edges { cursor node { cells } } nodes { cells } pageInfo { endCursor }"
    for selected, cost in (("__typename", 0), ("totalCount", 1), (both, 1), (f"totalCount {both}", 2)):
        statements.clear()
        await ask(demo_client, ROWS % (kind, selected), token=token)
        assert len(statements) == before + cost, statements.texts


async def test_what_hides_prices_hides_costs_as_a_whole(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    blind = (await make_session(db, await make_login(db, master.account_id, RoleName.READ_ONLY_BILLING))).text
    for document, variables in (
        (REPORT, {"kind": "COSTS"}),
        ("{ viewer { account { report(kind: COSTS, period: {}) { columns } } } }", {}),
    ):
        answer = (await post(client, document, variables, token=blind)).json()
        assert answer["data"]["viewer"]["account"]["report"] is None
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert error["extensions"]["coordinate"] == "ReportKind.COSTS"
    assert (await report(client, blind, "SERVERS"))["rows"]["totalCount"] == 0
    billing = (await make_session(db, await make_login(db, master.account_id, RoleName.BILLING))).text
    answer = (await post(client, REPORT, {"kind": "COSTS"}, token=billing)).json()
    assert {error["extensions"]["permission"] for error in answer["errors"]} == {"VIEW_REPORTS"}


async def test_an_open_period_is_the_accounts_life_so_far_by_its_own_clock(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    async with db.write() as session:
        account = await session.get_one(Account, master.account_id)
        account.time_zone, account.registered_at = "Pacific/Kiritimati", datetime(2026, 1, 31, 12, tzinfo=UTC)
    before = (utc() + timedelta(hours=14)).date().isoformat()
    found = (await report(client, token, "SERVERS"))["period"]
    after = (utc() + timedelta(hours=14)).date().isoformat()
    assert found in ({"from": "2026-02-01", "to": before}, {"from": "2026-02-01", "to": after})


async def test_a_link_downloads_the_rows_and_is_noted(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    await factories.server(db, master.account_id, await factories.group(db, master.account_id, "=1+1"))
    found = await report(client, token, "SERVERS", period={"from": "2026-11-01", "to": "2026-11-30"})
    answer = await follow(client, found["csvUrl"])
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="servers-A-1-20261101-20261130.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert list(row) == found["columns"]
    assert row["Group"] == "'=1+1"
    (told,) = await audit_of(db)
    assert (told.action, told.actor, told.target_type) == ("report.exported", master.email, "Account")
    assert told.changes["kind"] == [None, "SERVERS"]


async def test_a_link_serves_whom_it_was_made_for_while_they_may_see_it(
    client: httpx.AsyncClient, app: Starlette, db: Database, master: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = await make_login(db, master.account_id, RoleName.FULL_ACCESS)
    url = (await report(client, (await make_session(db, login)).text, "COSTS"))["csvUrl"]
    assert (await follow(client, url)).status_code == 200
    before = len(await audit_of(db))

    async def become(**columns: Any) -> None:
        async with db.write() as session:
            (await session.get_one(Login, login.id)).sqlmodel_update(columns)

    for changed in ({"role": RoleName.READ_ONLY_BILLING}, {"role": RoleName.BILLING}):
        await become(**changed)
        assert (await follow(client, url)).text == REFUSED
    await become(role=RoleName.FULL_ACCESS, state=LoginState.DISABLED)
    assert (await follow(client, url)).status_code == 403
    await become(state=LoginState.ACTIVE)
    for forged in (url[:-1], url + "A", "/exports/reports", "/exports/reports?token=x"):
        answer = await follow(client, forged)
        assert (answer.status_code, answer.text) == (404, UNKNOWN)
    assert (await client.head(url[url.index("/exports") :])).status_code == 405
    stranger = AskedReport(
        (await make_master(db, "A-2", "other@example.com")).account_id,
        "UTC",
        ReportKind.SERVERS,
        date(2026, 1, 1),
        date(2026, 1, 2),
    )
    link = report_links.opened(portal_of(app).sealer, url.partition("token=")[2])
    assert link is not None
    monkeypatch.setattr("resolvers.report_links.asker_of", lambda *_: link.asker)
    context: Any = type("Context", (), {"sealer": portal_of(app).sealer, "site": ""})()
    assert (await follow(client, report_links.report_csv_url(context, stranger))).status_code == 403
    later = utc() + report_links.GOOD_FOR + timedelta(seconds=1)
    monkeypatch.setattr("gateway.signed_links.utc_now", lambda: later)
    assert (await follow(client, url)).status_code == 403
    assert len(await audit_of(db)) == before


async def test_a_link_that_would_be_too_long_is_refused(client: httpx.AsyncClient, token: str) -> None:
    many = [encode("Product", UUID(int=number)) for number in range(400)]
    answer = (await post(client, REPORT, {"kind": "SERVERS", "products": many}, token=token)).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
