"""Servers added by hand and changed, over HTTP."""

from typing import Any

import httpx
import pytest

from auth.permissions import Permission
from models.db import Database
from models.enums import AccountState
from models.roles import RoleName
from models.tables import ActivationKey, Server, ServerGroup
from schema.ids import encode
from tests import factories
from tests.access.people import audit_of
from tests.access.unchanged import everything
from tests.client import post
from tests.databases import StatementLog
from tests.fleet.tenants import Tenants, callers, cost, key_in, roles_with, roles_without, rows, tell, wrong
from tests.seats.counting import assert_counters_right

SERVER = """server { id hostname ip group { name } lastCheckIn state
  installedProducts { product { code } activationKey { note used } } }"""
ADD = f"mutation ($input: AddServerInput!) {{ addServer(input: $input) {{ {SERVER} userErrors {{ code field }} }} }}"
UPDATE = f"""mutation ($input: UpdateServerInput!) {{ updateServer(input: $input) {{
  {SERVER} userErrors {{ code field }} }} }}"""
REGISTER = """mutation ($input: RegisterServerInput!) { registerServer(input: $input) {
  serverToken userErrors { code field } } }"""


def id_of(row: ActivationKey | Server | ServerGroup) -> str:
    """The id of a row."""
    return encode(type(row).__name__, row.id)


async def by_hand(db: Database, tenants: Tenants, **values: Any) -> Server:
    """A server as adding it leaves it."""
    return await factories.server(db, tenants.me.id, created_by_hand=True, **values)


async def test_a_server_is_added_by_hand(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    key = await factories.key_of(db, tenants.me.id, "kernelcare", note="ours", key="K" * 16)
    group = await factories.group(db, tenants.me.id, "QA")
    payload = await tell(
        client,
        tenants.token,
        ADD,
        activationKeyId=id_of(key),
        hostname=" Web-1.Example.COM. ",
        ip="::ffff:192.0.2.7",
        groupId=id_of(group),
    )
    assert payload["userErrors"] == []
    assert payload["server"] == {
        "id": payload["server"]["id"],
        "hostname": "web-1.example.com",
        "ip": "192.0.2.7",
        "group": {"name": "QA"},
        "lastCheckIn": None,
        "state": "NEVER_SEEN",
        "installedProducts": [{"product": {"code": "kernelcare"}, "activationKey": {"note": "ours", "used": 1}}],
    }
    await assert_counters_right(db)
    (told,) = await audit_of(db)
    assert (told.action, told.target_label) == ("server.added", "web-1.example.com")
    assert told.changes == {
        "hostname": [None, "web-1.example.com"],
        "ip": [None, "192.0.2.7"],
        "key": [None, "KKKK…KKKK"],
        "group": [None, "QA"],
    }
    (event,) = await rows(db, "SELECT kind, server_id, activation_key_id FROM events")
    assert tuple(event) == ("SERVER_REGISTERED", key_in(payload["server"]["id"]), key.id)


async def test_its_agent_adopts_it(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    key = await factories.key_of(db, tenants.me.id, "kernelcare", key="K" * 16)
    given = {"activationKeyId": id_of(key), "hostname": "web-1", "ip": "127.0.0.1"}
    added = await tell(client, tenants.token, ADD, **given)
    agent = {"activationKey": "K" * 16, "machineId": "machine-1", "hostname": "web-1"}
    assert (await tell(client, tenants.token, REGISTER, **agent))["serverToken"]
    (server,) = await rows(db, "SELECT id, machine_id, created_by_hand FROM servers")
    assert tuple(server) == (key_in(added["server"]["id"]), "machine-1", False)
    await assert_counters_right(db)


async def test_a_second_product_is_added_to_the_same_server(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    one, two = [await factories.key_of(db, tenants.me.id, code) for code in ("kernelcare", "libcare")]
    host = {"hostname": "web-1", "ip": "192.0.2.7"}
    first = await tell(client, tenants.token, ADD, activationKeyId=id_of(one), **host)
    second = await tell(client, tenants.token, ADD, activationKeyId=id_of(two), **host)
    assert second["server"]["id"] == first["server"]["id"]
    codes = [product["product"]["code"] for product in second["server"]["installedProducts"]]
    assert codes == ["kernelcare", "libcare"]
    other = await tell(client, tenants.token, ADD, activationKeyId=id_of(two), **host | {"ip": "192.0.2.8"})
    assert other["server"]["id"] != first["server"]["id"]
    before = await everything(db)
    payload = await tell(client, tenants.token, ADD, activationKeyId=id_of(one), **host)
    assert (payload["server"], wrong(payload)) == (None, [("TAKEN", ["hostname"])])
    assert await everything(db) == before


async def test_a_server_is_not_added_where_a_registration_would_be_refused(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    full = await factories.key_of(db, tenants.me.id, "kernelcare", seat_limit=1, allowed_addresses=["198.51.100.0/24"])
    await factories.registration(db, await factories.server(db, tenants.me.id), full)
    empty = await factories.key_of(db, tenants.me.id, "libcare")
    await rows(db, "UPDATE licenses SET quantity = 0 WHERE id = $1", empty.license_id)
    unbought = await factories.key_of(db, tenants.me.id, "qemucare")
    await rows(db, "DELETE FROM licenses WHERE id = $1", unbought.license_id)
    await rows(db, "DELETE FROM product_subscriptions WHERE product_id = $1", unbought.product_id)
    theirs = await factories.key_of(db, tenants.stranger.id)
    foreign = await factories.group(db, tenants.customer.id)
    key_field = ["activationKeyId"]
    before = await everything(db)
    cases: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
        ({"activationKeyId": id_of(full)}, [("ADDRESS_NOT_ALLOWED", ["ip"]), ("KEY_LIMIT_REACHED", key_field)]),
        ({"activationKeyId": id_of(empty)}, [("LICENSE_POOL_EXHAUSTED", key_field)]),
        (
            {"activationKeyId": id_of(unbought), "groupId": id_of(foreign)},
            [("NOT_FOUND", ["groupId"]), ("NOT_SUBSCRIBED", key_field)],
        ),
        ({"activationKeyId": id_of(full), "hostname": "not a host"}, [("INVALID", ["hostname"])]),
        ({"activationKeyId": id_of(full), "hostname": " "}, [("REQUIRED", ["hostname"])]),
        *(({"activationKeyId": id_}, [("NOT_FOUND", key_field)]) for id_ in (id_of(theirs), id_of(foreign), "x")),
    ]
    for given, expected in cases:
        payload = await tell(client, tenants.token, ADD, **{"hostname": "web-1", "ip": "192.0.2.7"} | given)
        assert (payload["server"], wrong(payload)) == (None, expected), given
    assert await everything(db) == before
    await rows(db, "UPDATE accounts SET state = $1", AccountState.LOCKED.name)
    given = {"activationKeyId": id_of(full), "hostname": "web-1", "ip": "198.51.100.1"}
    payload = await tell(client, tenants.token, ADD, **given)
    assert wrong(payload) == [("ACCOUNT_LOCKED", None), ("KEY_LIMIT_REACHED", key_field)]


@pytest.mark.parametrize("ip", ["fe80::1%eth0", "192.0.2.0/24", "localhost"])
async def test_what_is_no_address_is_no_input(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, ip: str
) -> None:
    key = await factories.key_of(db, tenants.me.id)
    given = {"activationKeyId": id_of(key), "hostname": "web-1", "ip": ip}
    answer = (await post(client, ADD, {"input": given}, token=tenants.token)).json()
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["argumentPath"]) == ("BAD_USER_INPUT", "input.ip")


async def test_a_server_added_by_hand_is_corrected(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    key = await factories.key_of(db, tenants.me.id)
    server = await by_hand(db, tenants, hostname="wrong", ip="192.0.2.1")
    await factories.registration(db, server, key)
    group = await factories.group(db, tenants.me.id, "QA")
    id_ = id_of(server)
    for given, expected in (
        ({"hostname": "Right"}, ("right", "192.0.2.1", None)),
        ({"ip": "2001:DB8::1", "groupId": id_of(group)}, ("right", "2001:db8::1", {"name": "QA"})),
        ({}, ("right", "2001:db8::1", {"name": "QA"})),
        ({"hostname": "RIGHT.", "groupId": id_of(group)}, ("right", "2001:db8::1", {"name": "QA"})),
        ({"groupId": None}, ("right", "2001:db8::1", None)),
    ):
        changed = (await tell(client, tenants.token, UPDATE, id=id_, **given))["server"]
        assert (changed["hostname"], changed["ip"], changed["group"]) == expected, given
    assert [row["hostname"] for row in await rows(db, "SELECT hostname FROM registrations")] == ["right"]
    assert [row.changes for row in await audit_of(db)] == [
        {"hostname": ["wrong", "right"]},
        {"ip": ["192.0.2.1", "2001:db8::1"], "group": [None, "QA"]},
        {"group": ["QA", None]},
    ]


async def test_what_an_agent_tells_is_not_corrected(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    told = await factories.server(db, tenants.me.id, hostname="told", ip="192.0.2.1", machine_id="m")
    one = await by_hand(db, tenants, hostname="one", ip="192.0.2.2")
    await by_hand(db, tenants, hostname="two", ip="192.0.2.2")
    group = await factories.group(db, tenants.me.id, "QA")
    theirs = [await factories.group(db, account.id) for account in (tenants.customer, tenants.stranger)]
    foreign = await factories.server(db, tenants.stranger.id)
    before = await everything(db)
    cases: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
        (
            {"id": id_of(told), "hostname": "else", "ip": "192.0.2.9", "groupId": id_of(theirs[0])},
            [("NOT_FOUND", ["groupId"]), ("INVALID", ["hostname"]), ("INVALID", ["ip"])],
        ),
        ({"id": id_of(told), "hostname": None, "ip": None}, [("REQUIRED", ["hostname"]), ("REQUIRED", ["ip"])]),
        ({"id": id_of(told), "hostname": "a b"}, [("INVALID", ["hostname"])]),
        ({"id": id_of(one), "hostname": "two"}, [("TAKEN", ["hostname"])]),
        ({"id": id_of(one), "groupId": id_of(theirs[1])}, [("NOT_FOUND", ["groupId"])]),
        ({"id": id_of(one), "groupId": ""}, [("NOT_FOUND", ["groupId"])]),
        *(({"id": id_, "hostname": "new"}, [("NOT_FOUND", ["id"])]) for id_ in (id_of(foreign), id_of(group), "x")),
    ]
    for given, expected in cases:
        payload = await tell(client, tenants.token, UPDATE, **given)
        assert (payload["server"], wrong(payload)) == (None, expected), given
    assert await everything(db) == before
    same = {"hostname": "TOLD", "ip": "192.0.2.1", "groupId": id_of(group)}
    changed = (await tell(client, tenants.token, UPDATE, id=id_of(told), **same))["server"]
    assert (changed["hostname"], changed["group"]) == ("told", {"name": "QA"})


async def test_a_reseller_adds_and_changes_a_customers_server(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    key, group = await factories.key_of(db, tenants.customer.id), await factories.group(db, tenants.customer.id, "QA")
    own = await factories.group(db, tenants.me.id)
    given = {"activationKeyId": id_of(key), "hostname": "web-1", "ip": "192.0.2.7"}
    payload = await tell(client, tenants.token, ADD, **given, groupId=id_of(own))
    assert wrong(payload) == [("NOT_FOUND", ["groupId"])], "all ids are of one account"
    id_ = (await tell(client, tenants.token, ADD, **given))["server"]["id"]
    changed = await tell(client, tenants.token, UPDATE, id=id_, groupId=id_of(group))
    assert changed["server"]["group"] == {"name": "QA"}
    payload = await tell(client, tenants.token, UPDATE, id=id_, groupId=id_of(own))
    assert wrong(payload) == [("NOT_FOUND", ["groupId"])]
    (row,) = await rows(db, "SELECT account_id FROM servers")
    assert row["account_id"] == tenants.customer.id
    actors = [(row.account_id, row.actor) for row in await audit_of(db)]
    assert sorted(actors, key=str) == sorted(
        [(tenants.me.id, "master@example.com"), (tenants.customer.id, "Reseller R-1")] * 2, key=str
    )


async def test_each_costs_so_many_statements(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    key, group = await factories.key_of(db, tenants.me.id), await factories.group(db, tenants.me.id)
    given = {"activationKeyId": id_of(key), "hostname": "web-1", "ip": "192.0.2.7"}
    # the held account, pool and key, a server of the name, the server, its seat, the event, the log
    assert await cost(client, statements, tenants.token, "addServer", **given) == 8
    # and the group, and the server's
    more = given | {"hostname": "web-2", "groupId": id_of(group)}
    assert await cost(client, statements, tenants.token, "addServer", **more) == 10
    (server,) = await rows(db, "SELECT id FROM servers WHERE hostname = 'web-1'")
    id_ = encode("Server", server["id"])
    # the held account, the group, the server, its change, the log
    assert await cost(client, statements, tenants.token, "updateServer", id=id_, groupId=id_of(group)) == 5
    # and no group, but whether the name is taken
    assert await cost(client, statements, tenants.token, "updateServer", id=id_, hostname="web-3") == 5


@pytest.mark.parametrize("role", roles_without(Permission.MANAGE_SERVERS))
async def test_who_may_not_manage_servers_changes_none(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, role: RoleName
) -> None:
    key, server = await factories.key_of(db, tenants.me.id), await factories.server(db, tenants.me.id)
    credentials = await callers(db, tenants.me.id, role)
    for credential in credentials:
        await post(client, "{ viewer { id } }", token=credential)
    before = await everything(db)
    for credential in credentials:
        for document, given in (
            (ADD, {"activationKeyId": id_of(key), "hostname": "web-1", "ip": "192.0.2.7"}),
            (UPDATE, {"id": id_of(server), "groupId": None}),
        ):
            answer = (await post(client, document, {"input": given}, token=credential)).json()
            assert set(answer["data"].values()) == {None}
            assert [error["extensions"]["permission"] for error in answer["errors"]] == ["MANAGE_SERVERS"]
    assert await everything(db) == before


@pytest.mark.parametrize("role", roles_with(Permission.MANAGE_SERVERS))
async def test_who_may_manage_servers_adds_and_changes_them(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, role: RoleName
) -> None:
    key = await factories.key_of(db, tenants.me.id)
    for number, credential in enumerate(await callers(db, tenants.me.id, role)):
        given = {"activationKeyId": id_of(key), "hostname": f"web-{number}", "ip": "192.0.2.7"}
        id_ = (await tell(client, credential, ADD, **given))["server"]["id"]
        changed = await tell(client, credential, UPDATE, id=id_, hostname=f"db-{number}")
        assert changed["server"]["hostname"] == f"db-{number}"
