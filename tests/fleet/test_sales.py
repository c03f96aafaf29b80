"""Requests to Sales: sent over HTTP, mailed, and worked off on the command line."""

import asyncio
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from auth.permissions import Permission
from gateway.app import create_app
from gateway.cli import app as commands
from models.db import Database
from models.queries.sales import MOST_OPEN
from models.roles import RoleName
from resolvers.contact_sales import MOST_OF_A_MESSAGE
from schema.ids import encode
from tests import factories
from tests.access.people import audit_of, make_login, make_session
from tests.access.unchanged import everything
from tests.client import ask
from tests.conftest import SECRET, calling, settings_for
from tests.databases import StatementLog
from tests.fleet.tenants import Tenants, callers, key_in, roles_with, rows, tell, wrong
from tests.mailbox import deliver

CONTACT = """mutation ($input: ContactSalesInput!) { contactSales(input: $input) {
  salesRequest { id topic product { name } message state } userErrors { code field } } }"""
MESSAGE = "Hello,\r\n\r\nwe need 500 more.\tThanks! "
KEPT = "Hello,\n\nwe need 500 more. Thanks!"


async def test_a_request_is_kept_and_mailed(db: Database, dsn: str, tenants: Tenants) -> None:
    product = encode("Product", (await factories.product(db, "kernelcare")).id)
    app = create_app(settings_for(dsn).model_copy(update={"sales_email": "sales@example.com"}), db)
    async with calling(app) as client:
        payload = await tell(client, tenants.token, CONTACT, topic="PRODUCT_QUOTA", productId=product, message=MESSAGE)
        letters = await deliver(app)
    assert payload["userErrors"] == []
    assert payload["salesRequest"] == {
        "id": payload["salesRequest"]["id"],
        "topic": "PRODUCT_QUOTA",
        "product": {"name": "KernelCare Enterprise"},
        "message": KEPT,
        "state": "OPEN",
    }
    (letter,) = letters
    assert (letter.to, letter.template) == ("sales@example.com", "sales_request")
    for part in ("account R-1", "product quota", "KernelCare Enterprise", "master@example.com", "we need 500 more."):
        assert part in " ".join(letter.text.split())
    (told,) = await audit_of(db)
    assert (told.action, told.target_label) == ("sales_request.created", "product quota")
    assert told.target_id == key_in(payload["salesRequest"]["id"])
    assert told.changes == {"topic": [None, "PRODUCT_QUOTA"], "product": [None, "KernelCare Enterprise"]}


async def test_without_an_address_it_is_kept_alone(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    payload = await tell(client, tenants.token, CONTACT, topic="OTHER", message="Hello")
    assert (payload["userErrors"], payload["salesRequest"]["product"]) == ([], None)
    assert await rows(db, "SELECT FROM jobs.pgqueuer") == []


async def test_what_is_wrong_is_not_sent(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    before = await everything(db)
    cases: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
        ({"message": " \n "}, [("REQUIRED", ["message"])]),
        ({"message": "x" * (MOST_OF_A_MESSAGE + 1)}, [("TOO_LONG", ["message"])]),
        ({"message": "xxx\n" * (MOST_OF_A_MESSAGE // 4 + 1)}, [("TOO_LONG", ["message"])]),
        ({"message": "a\x1b[31mb"}, [("INVALID", ["message"])]),
        ({"message": "", "productId": "x"}, [("REQUIRED", ["message"]), ("NOT_FOUND", ["productId"])]),
        ({"message": "a", "productId": tenants.customer_id}, [("NOT_FOUND", ["productId"])]),
    ]
    for given, expected in cases:
        payload = await tell(client, tenants.token, CONTACT, topic="OTHER", **given)
        assert (payload["salesRequest"], wrong(payload)) == (None, expected), given
    assert await everything(db) == before


async def test_so_many_are_open_at_once(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    await rows(
        db,
        "INSERT INTO sales_requests (account_id, topic, message)"
        " SELECT a.id, 'OTHER', 'again' FROM generate_series(1, $1) n, accounts a",
        MOST_OPEN - 2,
    )
    payloads = await asyncio.gather(
        *(tell(client, tenants.token, CONTACT, topic="OTHER", message="more") for _ in range(5))
    )
    assert sorted(str(wrong(payload)) for payload in payloads) == ["[('LIMIT_REACHED', None)]"] * 3 + ["[]"] * 2
    await rows(db, "UPDATE sales_requests SET state = 'ANSWERED' WHERE account_id = $1", tenants.me.id)
    assert (await tell(client, tenants.token, CONTACT, topic="OTHER", message="more"))["userErrors"] == []


async def test_it_costs_so_many_statements(db: Database, dsn: str, tenants: Tenants, statements: StatementLog) -> None:
    product = encode("Product", (await factories.product(db, "kernelcare")).id)
    document = "mutation ($input: ContactSalesInput!) { contactSales(input: $input) { userErrors { code } } }"
    # the held account, the product, the open requests, the request, the letter, the log
    for address, cost in (("sales@example.com", 6), (None, 5)):
        settings = settings_for(dsn).model_copy(update={"sales_email": address})
        async with calling(create_app(settings, db)) as client:
            statements.clear()
            await tell(client, tenants.token, document, topic="OTHER", message="more", productId=product)
            assert len(statements) == cost, statements.texts


@pytest.mark.parametrize("role", roles_with(Permission.VIEW_PRODUCTS))
async def test_every_role_may_ask_and_reads_its_own_accounts_requests_alone(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, role: RoleName
) -> None:
    document = "query ($id: ID!) { node(id: $id) { id } }"
    other = (await make_session(db, await make_login(db, tenants.stranger.id, role, email="x@example.com"))).text
    for credential in await callers(db, tenants.me.id, role):
        payload = await tell(client, credential, CONTACT, topic="OTHER", message="Hello")
        assert payload["userErrors"] == []
        id_ = payload["salesRequest"]["id"]
        for reader, found in ((credential, {"id": id_}), (other, None), (tenants.token, {"id": id_})):
            assert (await ask(client, document, {"id": id_}, token=reader))["node"] == found


async def test_an_operator_works_requests_off(
    client: httpx.AsyncClient, db: Database, dsn: str, tenants: Tenants
) -> None:
    first, second = [
        (await tell(client, tenants.token, CONTACT, topic="OTHER", message=message))["salesRequest"]["id"]
        for message in ("The first\nof two", "The second")
    ]

    def command(*arguments: str) -> tuple[int, str]:
        result = CliRunner(env={"DATABASE_URL": dsn, "SECRET_KEY": SECRET}).invoke(commands, ["sales", *arguments])
        return result.exit_code, result.output

    async def run(*arguments: str) -> tuple[int, str]:
        return await asyncio.to_thread(command, *arguments)

    code, shown = await run()
    assert code == 0
    assert shown.index(second) < shown.index(first)
    assert "  R-1 Company" in shown
    assert "  > The first\n  > of two\n" in shown
    assert await run("--answer", first) == (0, "The request is answered.\n")
    assert await run("--answer", first) == (0, "The request is answered.\n")
    assert await run("--close", second) == (0, "The request is closed.\n")
    assert await run() == (0, "There are no such requests.\n")
    code, shown = await run("--all")
    assert (first in shown, second in shown) == (True, True)
    assert await run("--reopen", second) == (0, "The request is open.\n")
    assert await run("--close", "x") == (1, "There is no request x.\n")
    assert (await run("--close", first, "--answer", second))[0] == 2
    told = [row for row in await audit_of(db) if row.action == "sales_request.updated"]
    assert [(row.actor, row.changes["state"]) for row in told] == [
        ("operator", ["OPEN", "ANSWERED"]),
        ("operator", ["OPEN", "CLOSED"]),
        ("operator", ["CLOSED", "OPEN"]),
    ]
    assert {row.account_id for row in told} == {tenants.me.id}
