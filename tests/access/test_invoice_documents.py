"""Links to invoices' documents: what they carry, whom they serve, what they show, and how they end."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from gateway.app import create_app
from gateway.documents import press, routes
from gateway.documents.page import POLICY
from gateway.settings import Settings
from gateway.signed_links import REFUSED, UNKNOWN
from models.db import Database
from models.enums import AccountKind
from models.kinds import LedgerCause, LedgerKind
from models.queries import ledger
from models.queries.ledger import Draft, Issued, Line
from models.roles import RoleName
from models.tables import Account
from resolvers.invoice_documents import GOOD_FOR
from schema.ids import encode
from tests import factories
from tests.access.people import Person, audit_of, make_account, make_api_key, make_login, make_session, sign_in, utc
from tests.client import ask, post
from tests.conftest import SECRET, calling
from tests.databases import StatementLog, execute
from tests.documents.reading import text_of
from tests.funding import fund
from tests.jobs.waiting import until

SITE = "https://portal.example.com"
LINKS = "{ viewer { account { invoices { nodes { pdfUrl htmlUrl } } } } }"
OF_CUSTOMERS = "{ viewer { account { customers { nodes { invoices { nodes { pdfUrl } } } } } } }"
SECOND = timedelta(seconds=1)


@pytest.fixture
async def client(dsn: str, db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway whose seller is named in its settings."""
    settings = Settings(
        database_url=SecretStr(dsn),
        secret_key=SecretStr(SECRET),
        public_url=SITE,
        seller_name="Example Software",
        seller_address="1 Example Street; 00001 Sampletown",
        seller_vat_number="NL000000000B01",
        seller_email="billing@example.com",
    )
    async with calling(create_app(settings, db)) as caller:
        yield caller


@pytest.fixture
async def master(db: Database) -> Person:
    account_id = await make_account(db, "A-1", AccountKind.RESELLER)
    return await make_login(db, account_id, email="master@example.com")


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


async def bill(db: Database, account_id: UUID) -> Issued:
    """Issue an invoice of two lines."""
    servers: dict[str, Any] = {"server_ids": [UUID(int=1)], "server_names": ["web-1.example.com"]}
    lines = [
        Line("Server licenses, November 2026", None, None, 1_310, 225, 294_750, **servers),
        Line("More server licenses", None, None, 2, 25, 50),
    ]
    period = factories.NOON.date().replace(day=1)
    draft = Draft(LedgerKind.INVOICE, LedgerCause.RENEWAL, 294_800, pay_period=period, lines=lines)
    async with db.write() as session:
        books = (await ledger.hold(session, [account_id]))[account_id]
        return await ledger.issue(session, books, draft, "periods", factories.NOON)


async def links(client: httpx.AsyncClient, token: str) -> dict[str, str]:
    """The links to the newest document of the caller's account."""
    data = await ask(client, LINKS, token=token)
    found: dict[str, str] = data["viewer"]["account"]["invoices"]["nodes"][0]
    return found


async def follow(client: httpx.AsyncClient, url: str) -> httpx.Response:
    """What a browser without any credential gets that opens the link."""
    return await client.get(url.removeprefix(SITE))


async def pdf_text(client: httpx.AsyncClient, url: str) -> str:
    """The text of the PDF behind a link."""
    answer = await follow(client, url)
    assert answer.status_code == 200, answer.text
    return text_of(answer.content)


async def assert_refused(client: httpx.AsyncClient, db: Database, urls: dict[str, str]) -> None:
    """Hold that the links show nothing, and say nothing of why."""
    before = len(await audit_of(db))
    for url in urls.values():
        answer = await follow(client, url)
        assert (answer.status_code, answer.text) == (403, REFUSED)
        assert answer.headers["cache-control"] == "private, no-store"
    assert len(await audit_of(db)) == before


async def test_both_links_lead_to_the_document_and_each_use_is_in_the_log(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    issued = await bill(db, master.account_id)
    urls = await links(client, token)
    assert re.fullmatch(re.escape(SITE) + r"/documents/invoice\.pdf\?token=[A-Za-z0-9_-]+", urls["pdfUrl"])
    assert urls["htmlUrl"] == urls["pdfUrl"].replace("invoice.pdf", "invoice.html")
    pdf, page = await follow(client, urls["pdfUrl"]), await follow(client, urls["htmlUrl"])
    for answer in (pdf, page):
        assert answer.status_code == 200
        assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == (
            "private, no-store",
            "no-referrer",
        )
        assert "set-cookie" not in answer.headers
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"] == 'inline; filename="invoice-A-1-1.pdf"'
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == POLICY
    for said in (text_of(pdf.content), page.text):
        for words in ("Example Software", "00001 Sampletown", "VAT number NL000000000B01", "Engines", "web-1.example"):
            assert words in said
    for row, form in zip(await audit_of(db), ("PDF", "HTML"), strict=True):
        assert (row.action, row.actor, row.account_id) == ("invoice.downloaded", master.email, master.account_id)
        assert (row.target_type, row.target_id, row.target_label) == ("Invoice", issued.id, "A-1-1")
        assert row.changes == {"format": [None, form]}


async def test_the_same_bytes_every_time(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    await bill(db, master.account_id)
    first = await follow(client, (await links(client, token))["pdfUrl"])
    async with db.write() as session:
        account = await session.get_one(Account, master.account_id)
        account.company_name, account.company_city = "Renamed", "Elsewhere"
    again = await follow(client, (await links(client, token))["pdfUrl"])
    assert again.content == first.content


async def test_what_a_role_may_see_is_looked_up_when_the_link_is_used(
    client: httpx.AsyncClient, db: Database, dsn: str, master: Person
) -> None:
    await bill(db, master.account_id)
    key = await make_api_key(db, master.account_id, RoleName.BILLING)
    urls = await links(client, key.text)
    whole = await pdf_text(client, urls["pdfUrl"])
    assert "Unit price (USD)" in whole
    assert "2,947.50" in whole
    await execute(dsn, "UPDATE api_keys SET role = 'READ_ONLY_BILLING'")
    for said in (await pdf_text(client, urls["pdfUrl"]), (await follow(client, urls["htmlUrl"])).text):
        assert "Server licenses, November 2026" in said
        assert "2,948.00 USD" in said
        assert "Unit price" not in said
        assert "2,947.50" not in said
    await execute(dsn, "UPDATE api_keys SET role = 'SERVER_MANAGEMENT'")
    await assert_refused(client, db, urls)


async def test_the_days_are_those_of_the_account(
    client: httpx.AsyncClient, db: Database, dsn: str, master: Person, token: str
) -> None:
    await bill(db, master.account_id)
    assert "2 November 2026" in (await follow(client, (await links(client, token))["htmlUrl"])).text
    await execute(dsn, "UPDATE accounts SET time_zone = 'Pacific/Kiritimati'")
    assert "3 November 2026" in (await follow(client, (await links(client, token))["htmlUrl"])).text


async def test_receipts_are_documents_too(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    await fund(db, master.account_id, 12_345)
    answer = await follow(client, (await links(client, token))["pdfUrl"])
    assert answer.headers["content-disposition"] == 'inline; filename="receipt-A-1-1.pdf"'
    assert "We received your payment of 123.45 USD" in text_of(answer.content)
    await fund(db, master.account_id, -2_345, factories.NOON + SECOND)
    refund = await pdf_text(client, (await links(client, token))["pdfUrl"])
    assert "We refunded 23.45 USD to you" in refund
    assert "100.00 USD" in refund


async def test_markup_in_a_name_stays_text(
    client: httpx.AsyncClient, db: Database, dsn: str, master: Person, token: str
) -> None:
    await execute(dsn, "UPDATE accounts SET company_name = '<img src=x> #panic() *x*'")
    await bill(db, master.account_id)
    urls = await links(client, token)
    assert "<img src=x> #panic() *x*" in await pdf_text(client, urls["pdfUrl"])
    assert "&lt;img src=x&gt; #panic() *x*" in (await follow(client, urls["htmlUrl"])).text


async def test_a_link_we_did_not_make_is_not_there(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    await bill(db, master.account_id)
    start, _, sealed = (await links(client, token))["pdfUrl"].partition("token=")
    export = (await ask(client, "{ viewer { account { serversExportUrl } } }", token=token))["viewer"]["account"]
    other = export["serversExportUrl"].partition("token=")[2]
    for bad in ("", "x", sealed[:-1], f"{sealed}A", f"B{sealed[1:]}", sealed.swapcase(), "%00", "é", other):
        for at in (start, start.replace(".pdf", ".html")):
            answer = await follow(client, f"{at}token={bad}")
            assert (answer.status_code, answer.text) == (404, UNKNOWN), bad
    assert (await follow(client, f"/exports/servers?token={sealed}")).status_code == 404
    assert (await client.head(f"{start}token={sealed}".removeprefix(SITE))).status_code == 405
    assert await audit_of(db) == []


async def test_a_link_runs_out(
    client: httpx.AsyncClient, db: Database, master: Person, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bill(db, master.account_id)
    assert timedelta(minutes=5) == GOOD_FOR
    later, urls = utc() + GOOD_FOR, await links(client, token)
    monkeypatch.setattr("gateway.signed_links.utc_now", lambda: later - timedelta(seconds=30))
    assert (await follow(client, urls["pdfUrl"])).status_code == 200
    monkeypatch.setattr("gateway.signed_links.utc_now", lambda: later + timedelta(seconds=30))
    await assert_refused(client, db, urls)


async def test_a_link_ends_with_the_session_that_asked(
    client: httpx.AsyncClient, db: Database, dsn: str, master: Person, token: str
) -> None:
    await bill(db, master.account_id)
    urls = await links(client, token)
    await execute(dsn, "DELETE FROM sessions")
    await assert_refused(client, db, urls)
    assert (await sign_in(client, master)).status_code == 200
    await assert_refused(client, db, urls)


async def test_a_customers_document_stands_in_both_logs_and_ends_with_the_customer(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    customer = await factories.account(db, reseller_id=master.account_id)
    issued = await bill(db, customer.id)
    stranger = await make_login(db, await make_account(db, "A-9"), email="stranger@example.com")
    data = await ask(client, OF_CUSTOMERS, token=token)
    urls = data["viewer"]["account"]["customers"]["nodes"][0]["invoices"]["nodes"][0]
    assert customer.company_name in await pdf_text(client, urls["pdfUrl"])
    told = {(row.account_id, row.action, row.target_id) for row in await audit_of(db)}
    assert told == {(id_, "invoice.downloaded", issued.id) for id_ in (master.account_id, customer.id)}
    asked = f'{{ node(id: "{encode("Invoice", issued.id)}") {{ ... on Invoice {{ pdfUrl }} }} }}'
    assert (await ask(client, asked, token=(await make_session(db, stranger)).text))["node"] is None
    async with db.write() as session:
        found = await session.get_one(Account, customer.id)
        found.reseller_id, found.kind = None, AccountKind.DIRECT
    await assert_refused(client, db, urls)


async def test_a_role_without_invoices_has_no_link(client: httpx.AsyncClient, db: Database, master: Person) -> None:
    issued = await bill(db, master.account_id)
    key = await make_api_key(db, master.account_id, RoleName.SERVER_MANAGEMENT)
    node = f'{{ node(id: "{encode("Invoice", issued.id)}") {{ ... on Invoice {{ pdfUrl htmlUrl }} }} }}'
    answer = (await post(client, node, token=key.text)).json()
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    assert SITE not in str(answer)


async def test_links_cost_no_statement_and_a_document_few(
    client: httpx.AsyncClient, db: Database, master: Person, token: str, statements: StatementLog
) -> None:
    for number in range(3):
        await fund(db, master.account_id, 100, factories.NOON + number * SECOND)
    await ask(client, LINKS, token=token)
    statements.clear()
    await ask(client, LINKS.replace("pdfUrl htmlUrl", "number"), token=token)
    without = len(statements)
    statements.clear()
    urls = await links(client, token)
    assert len(statements) == without
    statements.clear()
    await follow(client, urls["pdfUrl"])
    # the credential, the held account, the document, its lines, the log
    assert len(statements) == 5


class PanicError(BaseException):
    """What Rust throws through Python."""


async def test_what_cannot_be_printed_says_nothing_of_why(
    client: httpx.AsyncClient, db: Database, master: Person, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panic(*_given: Any, **_named: Any) -> bytes:
        raise PanicError("deep inside")

    await bill(db, master.account_id)
    url = (await links(client, token))["pdfUrl"]
    monkeypatch.setattr("gateway.documents.pdf.typst.compile", panic)
    for _ in range(press.MOST_OF_ONE + 1):
        answer = await follow(client, url)
        assert answer.status_code == 500
        assert "deep inside" not in answer.text


async def test_a_flood_is_turned_away_and_stalls_nobody(
    client: httpx.AsyncClient, db: Database, master: Person, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bill(db, master.account_id)
    other = await make_login(db, await make_account(db, "A-9"), email="other@example.com")
    await fund(db, other.account_id, 100)
    theirs = await links(client, (await make_session(db, other)).text)
    urls = await links(client, token)
    presses = _held(monkeypatch)
    flood = [asyncio.ensure_future(follow(client, urls["pdfUrl"])) for _ in range(press.MOST_OF_ONE + 3)]
    await presses.full(press.MOST_OF_ONE)
    await until(lambda: sum(one.done() for one in flood) == 3, "those who find no place turned away")
    assert (await follow(client, urls["htmlUrl"])).status_code == 200
    assert (await ask(client, "{ viewer { login } }", token=token))["viewer"]
    others = asyncio.ensure_future(follow(client, theirs["pdfUrl"]))
    await presses.full(1)
    presses.release.set()
    answers = await asyncio.gather(*flood, others)
    assert sorted(answer.status_code for answer in answers) == [200] * (press.MOST_OF_ONE + 1) + [503] * 3
    busy = next(answer for answer in answers if answer.status_code == 503)
    assert (busy.text, busy.headers["retry-after"]) == (routes.BUSY, str(routes.RETRY_AFTER))
    assert len(await audit_of(db)) == press.MOST_OF_ONE + 2, "what was turned away is no download"


class _Presses:
    """Presses that stand still until they are released, and tell how many documents wait for them."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self.release = asyncio.Event()
        self.arrived = asyncio.Semaphore(0)
        self._work = work

    async def printed(self, press_: press.Press, work: Callable[[], bytes]) -> bytes:
        """Wait, then print."""
        self.arrived.release()
        await self.release.wait()
        printed: bytes = await self._work(press_, work)
        return printed

    async def full(self, more: int) -> None:
        """Wait until so many more wait."""
        async with asyncio.timeout(10):
            for _ in range(more):
                await self.arrived.acquire()


def _held(monkeypatch: pytest.MonkeyPatch) -> _Presses:
    presses = _Presses(press.Press.printed)

    async def printed(self: press.Press, work: Callable[[], bytes]) -> bytes:
        return await presses.printed(self, work)

    monkeypatch.setattr(press.Press, "printed", printed)
    return presses
