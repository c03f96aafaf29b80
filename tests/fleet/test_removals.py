"""Keys and servers removed in bulk: what goes with them, what stays, and what a thousand cost."""

from typing import Any

import httpx
import pytest

from auth.permissions import Permission
from models.audit import masked_key
from models.db import Database
from models.enums import AccountState
from models.roles import RoleName
from models.tables import ActivationKey, Server
from resolvers.id_lists import MOST_IDS
from schema.ids import encode
from tests import factories
from tests.access.people import audit_of
from tests.access.unchanged import everything
from tests.client import post
from tests.databases import StatementLog
from tests.fleet.tenants import (
    Tenants,
    callers,
    cost,
    key_in,
    many_servers,
    roles_with,
    roles_without,
    rows,
    tell,
    wrong,
)
from tests.seats.counting import assert_counters_right

REMOVE_KEYS = """mutation ($input: RemoveActivationKeysInput!) { removeActivationKeys(input: $input) {
  deletedIds deletedServerIds licenses { used available } userErrors { code field } } }"""
REMOVE_SERVERS = """mutation ($input: RemoveServersInput!) { removeServers(input: $input) {
  deletedIds activationKeys { note used } userErrors { code field } } }"""


AUDITED = """
    SELECT account_id, actor, login_id, credential_kind, at, action, target_type, target_id, target_label, changes::text
    FROM (SELECT * FROM audit_events ORDER BY id DESC LIMIT $1) newest ORDER BY id"""
HAPPENED = """
    SELECT account_id, at, kind, server_id, activation_key_id, payload::text
    FROM events WHERE position > $1 ORDER BY position"""


def id_of(row: ActivationKey | Server) -> str:
    """The id of a key or a server."""
    return encode(type(row).__name__, row.id)


async def keys_of(db: Database, tenants: Tenants, *notes: str) -> list[ActivationKey]:
    """A default key, then one ordinary key for each further note, of one pool."""
    first = await factories.key_of(db, tenants.me.id, "kernelcare", note=notes[0], is_default=True)
    own = {"account_id": first.account_id, "product_id": first.product_id, "license_type_id": first.license_type_id}
    return [first] + [
        await factories.add(db, ActivationKey, **own, license_id=first.license_id, key=f"{note:A<16}", note=note)
        for note in notes[1:]
    ]


async def registered(db: Database, hostname: str, *keys: ActivationKey) -> Server:
    """A server, registered with these keys."""
    server = await factories.server(db, keys[0].account_id, hostname=hostname, machine_id=hostname)
    for key in keys:
        await factories.registration(db, server, key)
    return server


async def hosts(db: Database) -> list[str]:
    """The host names that are left."""
    return [row["hostname"] for row in await rows(db, "SELECT hostname FROM servers ORDER BY hostname")]


async def test_keys_go_with_their_registrations_and_with_servers_left_with_none(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    default, one, two = await keys_of(db, tenants, "default", "one", "two")
    other = await factories.key_of(db, tenants.me.id, "libcare")
    bare = await registered(db, "bare", one)
    await registered(db, "both", two, other)
    await registered(db, "stays", default)
    payload = await tell(
        client,
        tenants.token,
        REMOVE_KEYS,
        ids=[id_of(two), "x", id_of(default), id_of(one), id_of(two), id_of(bare), "x"],
    )
    assert payload["deletedIds"] == [id_of(two), id_of(one)]
    assert payload["deletedServerIds"] == [id_of(bare)]
    assert payload["licenses"] == [{"used": 1, "available": 9}]
    assert wrong(payload) == [("NOT_FOUND", ["ids", "1"]), ("DEFAULT_KEY", ["ids", "2"]), ("NOT_FOUND", ["ids", "5"])]
    assert await hosts(db) == ["both", "stays"]
    assert [key.used for key in await assert_counters_right(db)] == [1, 1, 1, 1]
    told = [(row.action, row.target_label, str(row.changes)) for row in await audit_of(db)]
    assert sorted(told) == [
        ("activation_key.removed", "oneA…AAAA", str({"used": ["1", None]})),
        ("activation_key.removed", "twoA…AAAA", str({"used": ["1", None]})),
        ("server.removed", "bare", str({"hostname": ["bare", None]})),
    ]
    happened = await rows(db, "SELECT kind, server_id, activation_key_id, payload FROM events ORDER BY position")
    assert [(row["kind"], row["server_id"] or row["activation_key_id"]) for row in happened] == [
        ("SERVER_REMOVED", bare.id),
        ("ACTIVATION_KEY_REMOVED", two.id),
        ("ACTIVATION_KEY_REMOVED", one.id),
    ]
    assert "A" * 13 not in str([dict(row) for row in happened])


async def test_a_default_key_alone_changes_nothing(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    (default,) = await keys_of(db, tenants, "default")
    await registered(db, "stays", default)
    before = await everything(db)
    for ids, expected in (
        ([id_of(default)], [("DEFAULT_KEY", ["ids", "0"])]),
        ([], []),
        ([f"{number}" for number in range(MOST_IDS + 1)], [("TOO_LONG", ["ids"])]),
    ):
        payload = await tell(client, tenants.token, REMOVE_KEYS, ids=ids)
        assert (payload["deletedIds"], payload["deletedServerIds"]) == ([], [])
        assert wrong(payload) == expected
    assert await everything(db) == before


async def test_a_thousand_different_ids_may_stand_more_than_once(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    payload = await tell(client, tenants.token, REMOVE_SERVERS, ids=[f"{number}" for number in range(MOST_IDS)] * 2)
    assert wrong(payload) == [("NOT_FOUND", ["ids", f"{place}"]) for place in range(MOST_IDS)]


async def test_servers_go_and_give_back_their_seats(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    one, two = await keys_of(db, tenants, "one", "two")
    other = await factories.key_of(db, tenants.me.id, "libcare", note="other")
    first, second = await registered(db, "first", one, other), await registered(db, "second", two)
    await registered(db, "stays", one)
    alone = await factories.server(db, tenants.me.id, hostname="alone")
    named = [id_of(second), id_of(first), "", id_of(alone), id_of(first), id_of(one)]
    payload = await tell(client, tenants.token, REMOVE_SERVERS, ids=named)
    assert payload["deletedIds"] == [id_of(second), id_of(first), id_of(alone)]
    found = sorted((key["note"], key["used"]) for key in payload["activationKeys"])
    assert found == [("one", 1), ("other", 0), ("two", 0)]
    assert wrong(payload) == [("NOT_FOUND", ["ids", "2"]), ("NOT_FOUND", ["ids", "5"])]
    assert await hosts(db) == ["stays"]
    await assert_counters_right(db)
    told = {(row.action, row.target_label, row.target_id) for row in await audit_of(db)}
    assert told == {("server.removed", server.hostname, server.id) for server in (first, second, alone)}
    happened = await rows(db, "SELECT kind, server_id, payload FROM events")
    assert {row["server_id"] for row in happened} == {first.id, second.id, alone.id}
    assert {row["kind"] for row in happened} == {"SERVER_REMOVED"}


async def test_a_locked_account_may_tidy_up(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    _, key = await keys_of(db, tenants, "default", "one")
    first, _ = await registered(db, "first", key), await registered(db, "second", key)
    await rows(db, "UPDATE accounts SET state = $1", AccountState.LOCKED.name)
    assert (await tell(client, tenants.token, REMOVE_SERVERS, ids=[id_of(first)]))["deletedIds"] == [id_of(first)]
    assert (await tell(client, tenants.token, REMOVE_KEYS, ids=[id_of(key)]))["deletedIds"] == [id_of(key)]
    assert await hosts(db) == []


async def test_a_reseller_removes_of_several_accounts_at_once(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    made: list[tuple[ActivationKey, Server]] = []
    for account in (tenants.me, tenants.customer, tenants.stranger):
        key = await factories.key_of(db, account.id)
        made.append((key, await registered(db, f"host-{account.number.lower()}", key)))
    (own, host), (customers, theirs), (strangers, foreign) = made
    servers = [id_of(foreign), id_of(theirs), id_of(host)]
    payload = await tell(client, tenants.token, REMOVE_SERVERS, ids=servers)
    assert payload["deletedIds"] == [id_of(theirs), id_of(host)]
    assert wrong(payload) == [("NOT_FOUND", ["ids", "0"])]
    payload = await tell(client, tenants.token, REMOVE_KEYS, ids=[id_of(customers), id_of(strangers), id_of(own)])
    assert payload["deletedIds"] == [id_of(customers), id_of(own)]
    assert wrong(payload) == [("NOT_FOUND", ["ids", "1"])]
    assert await hosts(db) == ["host-s-1"]
    await assert_counters_right(db)
    happened = await rows(db, "SELECT account_id, kind, server_id FROM events ORDER BY position")
    assert {(row["account_id"], row["server_id"]) for row in happened if row["server_id"]} == {
        (tenants.customer.id, theirs.id),
        (tenants.me.id, host.id),
    }
    told = [(row.account_id, row.actor, row.action, row.target_label) for row in await audit_of(db)]
    assert [one for one in told if one[0] == tenants.customer.id and one[2] == "server.removed"] == [
        (tenants.customer.id, "Reseller R-1", "server.removed", "host-c-1")
    ]
    assert len([one for one in told if one[0] == tenants.me.id]) == 4
    assert not [one for one in told if one[0] == tenants.stranger.id]


async def test_a_customer_removes_nothing_of_its_reseller(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    key = await factories.key_of(db, tenants.me.id)
    server = await registered(db, "host", key)
    token, _ = await callers(db, tenants.customer.id, RoleName.FULL_ACCESS)
    await post(client, "{ viewer { id } }", token=token)
    before = await everything(db)
    for document, id_ in ((REMOVE_KEYS, id_of(key)), (REMOVE_SERVERS, id_of(server))):
        payload = await tell(client, token, document, ids=[id_])
        assert (payload["deletedIds"], wrong(payload)) == ([], [("NOT_FOUND", ["ids", "0"])])
    assert await everything(db) == before


async def test_a_thousand_cost_as_many_statements_as_one(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    spare, *keys = await keys_of(db, tenants, "default", *(f"key{number}" for number in range(11)))
    for how_many in (1, MOST_IDS):
        ids = await many_servers(db, spare, how_many)
        # the held accounts, pools, keys, servers, their registrations; their end, with its log and events
        assert await cost(client, statements, tenants.token, "removeServers", ids=ids) == 6
    for number, some in ((1, keys[:1]), (MOST_IDS, keys[1:])):
        for key in some:
            await many_servers(db, key, number // len(some))
        # the held accounts, pools, keys, which are defaults, servers; the keys' log; the end of registrations and
        # servers, with its log and events; the keys' end, their events
        ids = [id_of(key) for key in some]
        assert await cost(client, statements, tenants.token, "removeActivationKeys", ids=ids) == 9
    assert await hosts(db) == []
    assert len([row for row in await audit_of(db) if row.action == "server.removed"]) == 2 * (MOST_IDS + 1)
    await assert_counters_right(db)


async def test_however_many_servers_a_key_has_each_is_logged_and_told_in_order(
    client: httpx.AsyncClient,
    db: Database,
    tenants: Tenants,
    statements: StatementLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("schema.ids.AT_ONCE", 700)
    _, *keys = await keys_of(db, tenants, "default", "one", "ten", "many")
    other = await factories.key_of(db, tenants.me.id, "libcare")
    (login,) = await rows(db, "SELECT id FROM logins")
    for key, how_many in zip(keys, (1, 10, 2_000), strict=True):
        stays = await registered(db, f"{key.note}-stays", key, other)
        named = sorted(key_in(id_) for id_ in await many_servers(db, key, how_many))
        hostnames = {row["id"]: row["hostname"] for row in await rows(db, "SELECT id, hostname FROM servers")}
        before = (await rows(db, "SELECT max(position) AS last FROM events"))[0]["last"] or 0
        statements.clear()
        payload = await tell(client, tenants.token, REMOVE_KEYS, ids=[id_of(key)])
        assert len(statements) == 10, "the pools of the payload are one more"
        assert payload["deletedServerIds"] == [encode("Server", server_id) for server_id in named]
        label = masked_key(key.key)
        written = await rows(db, AUDITED, how_many + 1)
        assert {tuple(row)[:5] for row in written} == {
            (tenants.me.id, "master@example.com", login["id"], "SESSION", written[0]["at"])
        }
        assert [tuple(row)[5:] for row in written] == [
            ("activation_key.removed", "ActivationKey", key.id, label, f'{{"used": ["{how_many + 1}", null]}}')
        ] + [
            ("server.removed", "Server", one, hostnames[one], f'{{"hostname": ["{hostnames[one]}", null]}}')
            for one in named
        ]
        happened = await rows(db, HAPPENED, before)
        assert [tuple(row) for row in happened] == [
            (tenants.me.id, written[0]["at"], "SERVER_REMOVED", one, None, f'{{"hostname": "{hostnames[one]}"}}')
            for one in named
        ] + [(tenants.me.id, written[0]["at"], "ACTIVATION_KEY_REMOVED", None, key.id, f'{{"key": "{label}"}}')]
        assert stays.hostname in await hosts(db)
    assert len(await hosts(db)) == 3
    await assert_counters_right(db)


CASES: list[tuple[str, str, Permission]] = [
    (REMOVE_KEYS, "ActivationKey", Permission.CREATE_ACTIVATION_KEYS),
    (REMOVE_SERVERS, "Server", Permission.MANAGE_SERVERS),
]


@pytest.mark.parametrize("role", roles_without(Permission.MANAGE_SERVERS))
async def test_who_may_not_removes_nothing(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, role: RoleName
) -> None:
    _, key = await keys_of(db, tenants, "default", "one")
    ids = {"ActivationKey": id_of(key), "Server": id_of(await registered(db, "host", key))}
    credentials = await callers(db, tenants.me.id, role)
    for credential in credentials:
        await post(client, "{ viewer { id } }", token=credential)
    before = await everything(db)
    for credential in credentials:
        for document, kind, permission in CASES:
            answer = (await post(client, document, {"input": {"ids": [ids[kind]]}}, token=credential)).json()
            assert set(answer["data"].values()) == {None}
            assert [error["extensions"]["permission"] for error in answer["errors"]] == [permission.name]
    assert await everything(db) == before


@pytest.mark.parametrize("role", roles_with(Permission.MANAGE_SERVERS))
async def test_who_may_removes(client: httpx.AsyncClient, db: Database, tenants: Tenants, role: RoleName) -> None:
    _, *keys = await keys_of(db, tenants, "default", "one", "two")
    credentials: list[Any] = await callers(db, tenants.me.id, role)
    for credential, key in zip(credentials, keys, strict=True):
        server = await registered(db, f"host-{key.note}", key)
        assert (await tell(client, credential, REMOVE_SERVERS, ids=[id_of(server)]))["deletedIds"] == [id_of(server)]
        assert (await tell(client, credential, REMOVE_KEYS, ids=[id_of(key)]))["deletedIds"] == [id_of(key)]
