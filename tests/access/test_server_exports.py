"""Links to the whole server list: what they carry, whom they serve, and how they end."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import select

from gateway.app import create_app
from gateway.exports.tables import COLUMNS
from gateway.settings import Settings
from gateway.signed_links import REFUSED, UNKNOWN
from gateway.spreadsheets import defused
from models.db import Database
from models.enums import AccountKind, LoginState
from models.roles import RoleName
from models.tables import Account, ApiKey, Login
from resolvers import server_links
from schema.ids import encode
from tests import factories
from tests.access.people import (
    Person,
    audit_of,
    make_account,
    make_api_key,
    make_login,
    make_master,
    make_secret_key,
    make_session,
    sign_in,
    utc,
)
from tests.client import ask, post
from tests.conftest import SECRET, calling
from tests.databases import StatementLog, execute

LINK = "query ($format: ExportFormat! = CSV) { viewer { account { serversExportUrl(format: $format) } } }"
OF_CUSTOMERS = "{ viewer { account { customers { nodes { serversExportUrl } } } } }"
SITE = "https://portal.example.com"


@pytest.fixture
async def client(dsn: str, db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that people reach under another name than its own."""
    settings = Settings(database_url=SecretStr(dsn), secret_key=SecretStr(SECRET), public_url=SITE)
    async with calling(create_app(settings, db)) as caller:
        yield caller


@pytest.fixture
async def master(db: Database) -> Person:
    account_id = await make_account(db, "A-1", AccountKind.RESELLER)
    return await make_login(db, account_id, email="master@example.com")


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


async def link(client: httpx.AsyncClient, token: str, **variables: Any) -> str:
    """A link to the list of the caller's own account."""
    data = await ask(client, LINK, variables, token=token)
    url: str = data["viewer"]["account"]["serversExportUrl"]
    return url


async def follow(client: httpx.AsyncClient, url: str, **headers: str) -> httpx.Response:
    """What a browser without any credential gets that opens the link."""
    return await client.get(url.removeprefix(SITE), headers=headers)


async def hosts(client: httpx.AsyncClient, url: str) -> list[str]:
    """The host names of an export as CSV."""
    answer = await follow(client, url)
    assert answer.status_code == 200, answer.text
    return [row["hostname"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))]


async def assert_refused(client: httpx.AsyncClient, db: Database, url: str) -> None:
    """Hold that the link shows nothing, and says nothing of why."""
    before = len(await audit_of(db))
    answer = await follow(client, url)
    assert (answer.status_code, answer.text) == (403, REFUSED)
    assert answer.headers["cache-control"] == "private, no-store"
    assert len(await audit_of(db)) == before


async def test_a_link_leads_to_the_list_and_says_nothing(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    await factories.server(db, master.account_id, hostname="one.example.com")
    asked = await client.post(
        "/graphql",
        json={"query": LINK},
        headers={
            "Authorization": f"Bearer {token}",
            "Host": "evil.example.net",
            "X-Forwarded-Host": "evil.example.net",
        },
    )
    url = asked.json()["data"]["viewer"]["account"]["serversExportUrl"]
    assert re.fullmatch(re.escape(SITE) + r"/exports/servers\?token=[A-Za-z0-9_-]+", url)
    answer = await follow(client, url)
    assert answer.status_code == 200
    assert answer.text.splitlines()[0] == ",".join(COLUMNS)
    assert answer.text.splitlines()[1].startswith("one.example.com,192.0.2.")
    headers = answer.headers
    assert headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert headers["content-disposition"] == f'attachment; filename="servers-A-1-{utc():%Y-%m-%d}.csv"'
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("private, no-store", "nosniff")
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers


async def test_each_use_is_in_the_log(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    url = await link(client, token, format="JSONL")
    assert await audit_of(db) == [], "asking for a link changes nothing"
    for _ in range(2):
        answer = await follow(client, url)
        assert (answer.status_code, answer.text) == (200, "")
        assert answer.headers["content-type"] == "application/jsonl; charset=utf-8"
    for row in await audit_of(db):
        assert (row.action, row.actor, row.login_id) == ("server_list.exported", master.email, master.id)
        assert (row.target_type, row.target_id, row.target_label) == ("Account", master.account_id, "A-1")
        assert (row.credential_kind, str(row.ip), row.changes) == ("SESSION", "127.0.0.1", {"format": [None, "JSONL"]})
    assert len(await audit_of(db)) == 2


async def test_no_log_holds_the_token(
    client: httpx.AsyncClient, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = await link(client, token)
    await follow(client, url)
    await follow(client, f"{url}x")
    said = capsys.readouterr()
    assert "/exports/servers" in said.out + said.err
    assert url.partition("token=")[2][:20] not in said.out + said.err


async def test_a_link_we_did_not_make_is_not_there(client: httpx.AsyncClient, db: Database, token: str) -> None:
    url = await link(client, token)
    start, _, sealed = url.partition("token=")
    cursor = (await ask(client, "{ viewer { account { auditEvents { pageInfo { endCursor } } } } }", token=token))[
        "viewer"
    ]
    bad = [
        "",
        "x",
        sealed[:-1],
        sealed[:-4],
        f"{sealed}A",
        f"B{sealed[1:]}",
        sealed.swapcase(),
        "%00",
        "é",
        "A" * 20_000,
    ]
    middle = len(sealed) // 2
    bad += [sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]]
    bad += [cursor["account"]["auditEvents"]["pageInfo"]["endCursor"] or "none"]
    for one in bad:
        answer = await follow(client, f"{start}token={one}")
        assert (answer.status_code, answer.text) == (404, UNKNOWN), one
    for one in ("/exports/servers", "/exports/servers?token", "/exports/servers?t=1"):
        assert (await follow(client, one)).status_code == 404
    assert await audit_of(db) == []


async def test_only_one_way_to_ask(client: httpx.AsyncClient, db: Database, token: str) -> None:
    path = (await link(client, token)).removeprefix(SITE)
    assert (await client.head(path)).status_code == 405
    assert (await client.post(path)).status_code == 405
    assert await audit_of(db) == []


async def test_a_link_runs_out(
    client: httpx.AsyncClient, db: Database, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = utc() + server_links.GOOD_FOR
    good, over = await link(client, token), await link(client, token)
    with monkeypatch.context() as patch:
        patch.setattr("gateway.signed_links.utc_now", lambda: later - timedelta(seconds=30))
        assert (await follow(client, good)).status_code == 200
        patch.setattr("gateway.signed_links.utc_now", lambda: later + timedelta(seconds=30))
        await assert_refused(client, db, over)


End = Callable[[Database, str, Person], Awaitable[None]]


async def _sign_out(db: Database, dsn: str, person: Person) -> None:
    await execute(dsn, "DELETE FROM sessions")


async def _run_out(db: Database, dsn: str, person: Person) -> None:
    await execute(dsn, "UPDATE sessions SET expires_at = now()")


async def _idle(db: Database, dsn: str, person: Person) -> None:
    await execute(dsn, "UPDATE sessions SET last_seen_at = now() - interval '73 hours'")


async def _disable(db: Database, dsn: str, person: Person) -> None:
    async with db.write() as session:
        (await session.get_one(Login, person.id)).state = LoginState.DISABLED


@pytest.mark.parametrize("end", [_sign_out, _run_out, _idle, _disable])
async def test_a_link_ends_with_the_session_that_asked(
    client: httpx.AsyncClient, db: Database, dsn: str, master: Person, end: End
) -> None:
    person = await make_login(db, master.account_id, RoleName.SERVER_MANAGEMENT)
    url = await link(client, (await make_session(db, person)).text)
    assert await hosts(client, url) == []
    await end(db, dsn, person)
    await assert_refused(client, db, url)
    assert (await sign_in(client, master)).status_code == 200
    await assert_refused(client, db, url)


async def test_a_link_ends_with_the_key_that_asked(
    client: httpx.AsyncClient, db: Database, dsn: str, master: Person
) -> None:
    api_key = await make_api_key(db, master.account_id, RoleName.BILLING)
    secret_key = await make_secret_key(db, master.account_id)
    urls = [await link(client, api_key.text), await link(client, secret_key.text)]
    for url in urls:
        assert await hosts(client, url) == []
    assert [row.credential_kind for row in await audit_of(db)] == ["API_KEY", "API_SECRET_KEY"]
    await execute(dsn, "DELETE FROM api_keys", "UPDATE api_secret_keys SET expires_at = now()")
    for url in urls:
        await assert_refused(client, db, url)


async def test_a_role_that_may_not_see_servers_gets_nothing(
    client: httpx.AsyncClient, db: Database, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await link(client, token)
    with monkeypatch.context() as patch:
        patch.setattr("auth.actors.PERMISSIONS", dict.fromkeys(RoleName, frozenset()))
        await assert_refused(client, db, url)
    assert await hosts(client, url) == []


async def test_keys_are_as_the_role_sees_them_when_the_link_is_used(
    client: httpx.AsyncClient, db: Database, master: Person
) -> None:
    key = await factories.key_of(db, master.account_id, "centos-7", key="CENTOS7-abcdefghijklmnopqrstuvwx")
    await factories.registration(db, await factories.server(db, master.account_id), key)
    machine = await make_api_key(db, master.account_id, RoleName.SERVER_MANAGEMENT)
    url = await link(client, machine.text, format="JSONL")
    shown = json.loads((await follow(client, url)).text)
    assert (shown["activationKeys"], shown["versions"]) == (["CENTOS7-abcdefghijklmnopqrstuvwx"], [None])
    assert len(shown["products"]) == len(shown["licenseTypes"]) == 1
    async with db.write() as session:
        (await session.exec(select(ApiKey))).one().role = RoleName.READ_ONLY_SERVER_MANAGEMENT
    assert json.loads((await follow(client, url)).text)["activationKeys"] == ["CENTOS7-abcd…uvwx"]


async def test_a_customers_list_stands_in_both_logs_and_ends_with_the_customer(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    customer = await factories.account(db, reseller_id=master.account_id)
    stranger = await make_master(db, "A-9", "stranger@example.com")
    await factories.server(db, customer.id, hostname="theirs.example.com")
    await factories.server(db, master.account_id, hostname="ours.example.com")
    data = await ask(client, OF_CUSTOMERS, token=token)
    (node,) = data["viewer"]["account"]["customers"]["nodes"]
    url = node["serversExportUrl"]
    assert await hosts(client, url) == ["theirs.example.com"]
    told = [(row.account_id, row.action, row.target_type, row.target_label) for row in await audit_of(db)]
    expected = ("server_list.exported", "Customer", customer.number)
    assert sorted(told, key=str) == sorted([(id_, *expected) for id_ in (master.account_id, customer.id)], key=str)
    asked = f'{{ node(id: "{encode("Customer", customer.id)}") {{ ... on Customer {{ serversExportUrl }} }} }}'
    theirs = (await make_session(db, stranger)).text
    assert (await ask(client, asked, token=theirs))["node"] is None
    async with db.write() as session:
        found = await session.get_one(Account, customer.id)
        found.reseller_id, found.kind = None, AccountKind.DIRECT
    await assert_refused(client, db, url)


async def test_nobody_has_no_link(client: httpx.AsyncClient, master: Person) -> None:
    node = f'{{ node(id: "{encode("Account", master.account_id)}") {{ ... on Account {{ serversExportUrl }} }} }}'
    assert (await post(client, node)).status_code == 401
    answer = (await post(client, LINK)).json()
    assert answer["data"] == {"viewer": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


async def test_a_filter_that_is_too_long_is_refused(client: httpx.AsyncClient, token: str) -> None:
    document = """query ($ids: [ID!]) { viewer { account {
      serversExportUrl(filter: { groupIds: $ids, search: "é" }) } } }"""
    ids = [encode("ServerGroup", uuid4()) for _ in range(500)]
    answer = (await post(client, document, {"ids": ids}, token=token)).json()
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["argumentPath"]) == ("BAD_USER_INPUT", "filter")
    data = await ask(client, document, {"ids": ids[:100]}, token=token)
    assert await hosts(client, data["viewer"]["account"]["serversExportUrl"]) == []


async def test_cells_that_could_be_formulas_are_defused(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    names = ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "\uff1d1", " =1", "plain", "a=1", 'a"b,c']
    for number, name in enumerate(names):
        group = await factories.group(db, master.account_id, name)
        await factories.server(db, master.account_id, group, hostname=f"h{number:02}.example.com")
    answer = await follow(client, await link(client, token))
    shown = [row["group"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
    assert shown == [*(f"'{name}" for name in names[:8]), "plain", "a=1", 'a"b,c']
    lines = (await follow(client, await link(client, token, format="JSONL"))).text.splitlines()
    assert [json.loads(line)["group"] for line in lines] == names


@pytest.mark.parametrize("text", ["", "a", "1-1", "www.example.com", "192.0.2.1", "a\n=b"])
def test_other_cells_are_left_as_they_are(text: str) -> None:
    assert defused(text) == text


async def test_an_export_takes_so_many_statements(
    client: httpx.AsyncClient, db: Database, master: Person, token: str, statements: StatementLog
) -> None:
    for _ in range(3):
        await factories.server(db, master.account_id)
    url = await link(client, token)
    statements.clear()
    assert len(await hosts(client, url)) == 3
    # the credential, the held account, the log; and the rows, from a cursor, which this log does not hear
    assert len(statements) == 3
