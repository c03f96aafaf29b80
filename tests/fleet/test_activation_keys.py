"""Activation keys over HTTP: created in their product's shape, and changed."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from auth.permissions import Permission
from models.db import Database
from models.queries.activation_keys import MOST_NETWORKS
from models.roles import RoleName
from resolvers import create_activation_key as creating
from schema.ids import encode
from tests import factories
from tests.access.people import audit_of, make_login, make_session
from tests.access.unchanged import everything
from tests.client import post
from tests.databases import StatementLog
from tests.fleet.tenants import (
    Tenants,
    callers,
    key_in,
    roles_with,
    roles_without,
    rows,
    tell,
    until_somebody_waits,
    wrong,
)

KEY = """activationKey { id key note isDefault used limit allowedAddresses createdBy product { code }
  licenseType { code } license { id } }"""
CREATE = f"""mutation ($input: CreateActivationKeyInput!) {{ createActivationKey(input: $input) {{
  {KEY} userErrors {{ code field message }} }} }}"""
UPDATE = f"""mutation ($input: UpdateActivationKeyInput!) {{ updateActivationKey(input: $input) {{
  {KEY} userErrors {{ code field message }} }} }}"""


async def product(db: Database, code: str = "kernelcare") -> str:
    """A product's id."""
    return encode("Product", (await factories.product(db, code)).id)


async def license_type(db: Database, code: str) -> str:
    """A license type's id."""
    return encode("LicenseType", (await factories.license_type(db, code)).id)


@pytest.mark.parametrize(
    ("code", "kind", "shape"),
    [
        ("kernelcare", None, r"[A-Za-z0-9]{16}"),
        ("libcare", None, r"LIBCARE-[A-Za-z0-9]{24}"),
        ("centos-8", "centos-8", r"CELS_8-[A-Za-z0-9]{24}"),
        ("ubuntu-18.04", "ubuntu-18.04", r"UELS18-[A-Za-z0-9]{24}"),
        ("ubuntu-18.04", "ubuntu-18.04-sla", r"UELS18SLA-[A-Za-z0-9]{24}"),
    ],
)
async def test_a_key_has_its_products_shape(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, code: str, kind: str | None, shape: str
) -> None:
    given = {"productId": await product(db, code)} | ({"licenseTypeId": await license_type(db, kind)} if kind else {})
    made = [await tell(client, tenants.token, CREATE, **given) for _ in range(3)]
    keys = [payload["activationKey"] for payload in made]
    assert all(re.fullmatch(shape, key["key"]) for key in keys), keys
    assert len({key["key"] for key in keys}) == 3
    assert [key["isDefault"] for key in keys] == [True, False, False]
    assert {(key["product"]["code"], key["licenseType"]["code"]) for key in keys} == {(code, kind or code)}


async def test_a_key_is_created_with_all_that_it_can_have(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    pool = (await factories.key_of(db, tenants.me.id, "kernelcare")).license_id
    assert pool is not None
    payload = await tell(
        client,
        tenants.token,
        CREATE,
        productId=await product(db),
        limit=3,
        note="  Rack 12 ",
        allowedAddresses=[
            "192.0.2.77/24",
            " 198.51.100.7",
            "2001:DB8:0::/32",
            "192.0.2.0/24",
            "::ffff:203.0.113.0/120",
        ],
    )
    key = payload["activationKey"]
    assert payload["userErrors"] == []
    assert (key["limit"], key["note"], key["used"], key["isDefault"]) == (3, "Rack 12", 0, True)
    assert key["allowedAddresses"] == ["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32", "203.0.113.0/24"]
    assert (key["createdBy"], key["license"]) == ("master@example.com", {"id": encode("License", pool)})
    (told,) = await audit_of(db)
    masked = f"{key['key'][:4]}…{key['key'][-4:]}"
    assert (told.action, told.target_label, told.target_id) == ("activation_key.created", masked, key_in(key["id"]))
    assert told.changes == {
        "limit": [None, "3"],
        "note": [None, "Rack 12"],
        "allowedAddresses": [None, "192.0.2.0/24, 198.51.100.7/32, 2001:db8::/32, 203.0.113.0/24"],
    }
    (event,) = await rows(db, "SELECT * FROM events")
    assert (event["kind"], event["account_id"]) == ("ACTIVATION_KEY_CREATED", tenants.me.id)
    assert event["activation_key_id"] == key_in(key["id"])
    shown = await everything(db)
    assert key["key"] not in str(shown | {"activation_keys": []})


async def test_everything_that_is_wrong_is_told_at_once(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    before = await everything(db)
    centos = await product(db, "centos-7")
    cases: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
        ({"productId": centos}, [("REQUIRED", ["licenseTypeId"])]),
        ({"productId": centos, "licenseTypeId": None}, [("REQUIRED", ["licenseTypeId"])]),
        ({"productId": centos, "licenseTypeId": "x"}, [("NOT_FOUND", ["licenseTypeId"])]),
        (
            {"productId": centos, "licenseTypeId": await license_type(db, "kernelcare")},
            [("NOT_FOUND", ["licenseTypeId"])],
        ),
        ({"productId": await license_type(db, "centos-7")}, [("NOT_FOUND", ["productId"])]),
        (
            {"productId": "", "limit": 0, "note": "x" * 101, "allowedAddresses": ["10.0.0.0/8", "10.0.0.0/33", "a"]},
            [
                ("INVALID", ["limit"]),
                ("TOO_LONG", ["note"]),
                ("INVALID", ["allowedAddresses", "1"]),
                ("INVALID", ["allowedAddresses", "2"]),
                ("NOT_FOUND", ["productId"]),
            ],
        ),
        (
            {"productId": centos, "limit": -1, "note": "a\nb"},
            [("INVALID", ["limit"]), ("INVALID", ["note"]), ("REQUIRED", ["licenseTypeId"])],
        ),
        (
            {"productId": await product(db), "allowedAddresses": ["192.0.2.1"] * (MOST_NETWORKS + 1)},
            [("TOO_LONG", ["allowedAddresses"])],
        ),
    ]
    for given, expected in cases:
        payload = await tell(client, tenants.token, CREATE, **given)
        assert payload["activationKey"] is None
        assert wrong(payload) == expected, given
    assert await everything(db) == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.0.2.0/255.255.255.0",
        "fe80::1%eth0",
        "1.2.3.4/-1",
        "1.2.3/8",
        "0x7f000001",
        "\u0661.2.3.4",
        "1.2.3.4/24/8",
    ],
)
async def test_what_is_no_network_is_refused(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, text: str
) -> None:
    payload = await tell(client, tenants.token, CREATE, productId=await product(db), allowedAddresses=[text])
    assert wrong(payload) == [("INVALID", ["allowedAddresses", "0"])]


async def test_a_text_that_is_taken_is_drawn_again(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(["A" * 16, "A" * 16, "A" * 16, "B" * 16])
    monkeypatch.setattr(creating, "new_activation_key", lambda *_shape: next(drawn))
    given = {"productId": await product(db)}
    first = await tell(client, tenants.token, CREATE, **given)
    second = await tell(client, tenants.token, CREATE, **given)
    assert [payload["activationKey"]["key"] for payload in (first, second)] == ["A" * 16, "B" * 16]
    assert len(await audit_of(db)) == len(await rows(db, "SELECT FROM events")) == 2


async def test_of_many_at_once_one_is_the_default(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    given = {"productId": await product(db)}
    payloads = await asyncio.gather(*(tell(client, tenants.token, CREATE, **given) for _ in range(8)))
    assert sorted(payload["activationKey"]["isDefault"] for payload in payloads) == [False] * 7 + [True]


async def test_a_default_made_without_the_accounts_lock_makes_ours_an_ordinary_key(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    given = {"productId": await product(db)}
    kind = await factories.license_type(db, "kernelcare")
    async with db.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "INSERT INTO activation_keys (account_id, product_id, license_type_id, key, is_default)"
            f" VALUES ('{tenants.me.id}', '{kind.product_id}', '{kind.id}', '{'C' * 16}', true)"
        )
        waiting = asyncio.create_task(tell(client, tenants.token, CREATE, **given))
        await until_somebody_waits(db)
    payload = await waiting
    assert payload["userErrors"] == []
    assert payload["activationKey"]["isDefault"] is False


async def test_a_reseller_creates_a_customers_key(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    given = {"customerId": tenants.customer_id, "productId": await product(db)}
    payload = await tell(client, tenants.token, CREATE, **given)
    assert payload["userErrors"] == []
    assert payload["activationKey"]["createdBy"] is None
    (key,) = await rows(db, "SELECT * FROM activation_keys")
    assert (key["account_id"], key["is_default"]) == (tenants.customer.id, True)
    (event,) = await rows(db, "SELECT * FROM events")
    assert event["account_id"] == tenants.customer.id
    theirs, ours = sorted(await audit_of(db), key=lambda row: row.account_id == tenants.me.id)
    assert (theirs.account_id, theirs.actor, theirs.ip, theirs.login_id) == (
        tenants.customer.id,
        "Reseller R-1",
        None,
        None,
    )
    assert (ours.account_id, ours.actor, ours.credential_kind) == (tenants.me.id, "master@example.com", "SESSION")
    assert theirs.changes == ours.changes
    other = await tell(client, tenants.token, CREATE, productId=await product(db))
    assert other["activationKey"]["isDefault"] is True, "each account has a default of its own"


async def test_no_other_account_is_a_customer(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    before = await everything(db)
    for account in (
        encode("Customer", tenants.stranger.id),
        encode("Customer", tenants.me.id),
        encode("Account", tenants.customer.id),
        "",
    ):
        payload = await tell(client, tenants.token, CREATE, customerId=account, productId=await product(db))
        assert wrong(payload) == [("NOT_FOUND", ["customerId"])]
    person = await make_login(db, tenants.customer.id, email="customer@example.com")
    theirs = (await make_session(db, person)).text
    before = await everything(db)
    for customer in (encode("Customer", tenants.me.id), tenants.customer_id):
        payload = await tell(client, theirs, CREATE, customerId=customer, productId=await product(db))
        assert wrong(payload) == [("NOT_FOUND", ["customerId"])]
    assert await everything(db) == before


async def test_a_key_is_changed_by_what_is_given(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    key = await factories.key_of(db, tenants.me.id, note="old", seat_limit=5, allowed_addresses=["192.0.2.0/24"])
    id_ = encode("ActivationKey", key.id)
    untouched = ("old", 5, ["192.0.2.0/24"])
    for given, expected in (
        ({}, untouched),
        ({"note": "old", "limit": 5, "allowedAddresses": ["192.0.2.1/24"]}, untouched),
        ({"limit": None}, ("old", None, ["192.0.2.0/24"])),
        ({"note": "new", "limit": 7}, ("new", 7, ["192.0.2.0/24"])),
        ({"note": None, "allowedAddresses": []}, (None, 7, [])),
        ({"note": "x" * 100, "allowedAddresses": ["::1"]}, ("x" * 100, 7, ["::1/128"])),
        ({"note": "  ", "allowedAddresses": None}, (None, 7, [])),
    ):
        payload = await tell(client, tenants.token, UPDATE, id=id_, **given)
        changed = payload["activationKey"]
        assert payload["userErrors"] == []
        assert (changed["note"], changed["limit"], changed["allowedAddresses"]) == expected, given
    told = await audit_of(db)
    assert [row.action for row in told] == ["activation_key.updated"] * 5, "what changes nothing is not told"
    assert told[0].changes == {"limit": ["5", None]}
    assert told[1].changes == {"note": ["old", "new"], "limit": [None, "7"]}
    assert told[2].changes == {"note": ["new", None], "allowedAddresses": ["192.0.2.0/24", ""]}


async def test_a_limit_is_never_below_what_is_used(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    key = await factories.key_of(db, tenants.me.id)
    for _ in range(2):
        await factories.registration(db, await factories.server(db, tenants.me.id), key)
    id_ = encode("ActivationKey", key.id)
    before = await everything(db)
    for limit, code in ((1, "LIMIT_BELOW_USE"), (0, "INVALID"), (-5, "INVALID")):
        payload = await tell(client, tenants.token, UPDATE, id=id_, limit=limit, note="new")
        assert (wrong(payload), payload["activationKey"]) == ([(code, ["limit"])], None)
    assert await everything(db) == before
    assert (await tell(client, tenants.token, UPDATE, id=id_, limit=2))["activationKey"]["limit"] == 2


async def test_no_other_key_is_changed(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    theirs = await factories.key_of(db, tenants.stranger.id)
    own = await factories.key_of(db, tenants.me.id)
    before = await everything(db)
    for id_ in (
        encode("ActivationKey", theirs.id),
        encode("Product", own.product_id),
        encode("Server", own.id),
        "",
        "x",
    ):
        payload = await tell(client, tenants.token, UPDATE, id=id_, note="new")
        assert wrong(payload) == [("NOT_FOUND", ["id"])]
    assert await everything(db) == before
    customers = await factories.key_of(db, tenants.customer.id)
    payload = await tell(client, tenants.token, UPDATE, id=encode("ActivationKey", customers.id), note="new")
    assert payload["activationKey"]["note"] == "new"
    assert {row.account_id for row in await audit_of(db)} == {tenants.me.id, tenants.customer.id}


async def test_each_costs_so_many_statements(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    key = await factories.key_of(db, tenants.me.id)
    id_, kind = encode("ActivationKey", key.id), await product(db)
    # the held account, the product's license types, the key, the log, the event
    document = (
        "mutation ($input: CreateActivationKeyInput!) { createActivationKey(input: $input) { userErrors { code } } }"
    )
    statements.clear()
    await tell(client, tenants.token, document, productId=kind, allowedAddresses=["192.0.2.0/24"])
    assert len(statements) == 5, statements.texts
    # the held account, the key, its change, the log
    document = (
        "mutation ($input: UpdateActivationKeyInput!) { updateActivationKey(input: $input) { userErrors { code } } }"
    )
    for given, cost in (({"note": "new", "limit": 9, "allowedAddresses": ["::1"]}, 4), ({"note": "new"}, 2)):
        statements.clear()
        await tell(client, tenants.token, document, id=id_, **given)
        assert len(statements) == cost, statements.texts


@pytest.mark.parametrize("role", roles_without(Permission.CREATE_ACTIVATION_KEYS))
async def test_who_may_not_create_keys_creates_and_changes_none(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, role: RoleName
) -> None:
    key = await factories.key_of(db, tenants.me.id)
    credentials = await callers(db, tenants.me.id, role)
    for credential in credentials:
        await post(client, "{ viewer { id } }", token=credential)
    before = await everything(db)
    for credential in credentials:
        for document, given in (
            (CREATE, {"productId": await product(db)}),
            (UPDATE, {"id": encode("ActivationKey", key.id), "note": "new"}),
        ):
            answer = (await post(client, document, {"input": given}, token=credential)).json()
            assert set(answer["data"].values()) == {None}
            assert [error["extensions"]["permission"] for error in answer["errors"]] == ["CREATE_ACTIVATION_KEYS"]
    assert await everything(db) == before


@pytest.mark.parametrize("role", roles_with(Permission.CREATE_ACTIVATION_KEYS))
async def test_who_may_create_keys_sees_them_whole(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, role: RoleName
) -> None:
    given = {"productId": await product(db)}
    document = CREATE.replace("createdBy", "")
    for credential in await callers(db, tenants.me.id, role):
        payload = await tell(client, credential, document, **given)
        assert re.fullmatch("[A-Za-z0-9]{16}", payload["activationKey"]["key"])
        changed = await tell(
            client, credential, UPDATE.replace("createdBy", ""), id=payload["activationKey"]["id"], note="a"
        )
        assert changed["activationKey"]["note"] == "a"
    machine = (await audit_of(db))[-1]
    assert machine.actor.startswith("API key key (spkey_")
    assert (machine.credential_kind, machine.login_id) == ("API_KEY", None)
