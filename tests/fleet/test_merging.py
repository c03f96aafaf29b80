"""Duplicates: which server seems to be another, and what merging them leaves."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from auth.permissions import Permission
from models.db import Database
from models.roles import RoleName
from models.tables import ActivationKey, Server
from resolvers.id_lists import MOST_IDS
from schema.ids import encode
from tests import factories
from tests.access.people import audit_of
from tests.access.unchanged import everything
from tests.client import ask, post
from tests.databases import StatementLog
from tests.factories import NOON
from tests.fleet.tenants import Tenants, callers, cost, many_servers, roles_with, roles_without, rows, tell, wrong
from tests.seats.counting import assert_counters_right

MERGE = """mutation ($input: MergeServersInput!) { mergeServers(input: $input) {
  server { id hostname lastCheckIn installedProducts { id version lastCheckIn activationKey { note } } }
  deletedIds userErrors { code field } } }"""
REGISTER = """mutation ($input: RegisterServerInput!) { registerServer(input: $input) {
  serverToken userErrors { code field } } }"""
CHECK_IN = "mutation ($input: CheckInInput!) { checkIn(input: $input) { licensed userErrors { code } } }"
DUPLICATES = """{ viewer { account { servers(first: 100) { nodes { id duplicateOf { id } } } } } }"""


def id_of(row: Server | ActivationKey) -> str:
    """The id of a row."""
    return encode(type(row).__name__, row.id)


async def host(db: Database, tenants: Tenants, machine: str | None, *keys: ActivationKey, **values: Any) -> Server:
    """A server on one host, registered with these keys."""
    told: dict[str, Any] = {"hostname": "web-1", "ip": "192.0.2.7", "created_by_hand": machine is None, **values}
    server = await factories.server(db, tenants.me.id, machine_id=machine, **told)
    for key in keys:
        await factories.registration(db, server, key)
    return server


async def heard(db: Database, server: Server, key: ActivationKey, at: datetime, version: str) -> None:
    """Let a registration have checked in."""
    await rows(
        db,
        "UPDATE registration_check_ins c SET last_check_in = $3, version = $4 FROM registrations r"
        " WHERE c.registration_id = r.id AND r.server_id = $1 AND r.activation_key_id = $2",
        server.id,
        key.id,
        at,
        version,
    )
    await rows(
        db,
        "UPDATE server_check_ins SET last_check_in = greatest(last_check_in, $2) WHERE server_id = $1",
        server.id,
        at,
    )


async def duplicates(client: httpx.AsyncClient, token: str) -> dict[str, str]:
    """The servers that seem to be others, by their ids."""
    found = (await ask(client, DUPLICATES, token=token))["viewer"]["account"]["servers"]["nodes"]
    return {node["id"]: node["duplicateOf"]["id"] for node in found if node["duplicateOf"]}


async def test_the_newer_of_two_is_the_duplicate_of_the_first(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    second = await host(db, tenants, "two", registered_at=NOON + timedelta(days=2))
    first = await host(db, tenants, "one", registered_at=NOON + timedelta(days=1))
    third = await host(db, tenants, None, registered_at=NOON + timedelta(days=3))
    at_once = await host(db, tenants, "four", registered_at=NOON + timedelta(days=3))
    await host(db, tenants, "elsewhere", ip="192.0.2.8")
    await host(db, tenants, "named", hostname="web-2")
    await factories.server(db, tenants.customer.id, hostname="web-1", ip="192.0.2.7", registered_at=NOON)
    found = await duplicates(client, tenants.token)
    assert found == {id_of(server): id_of(first) for server in (second, third, at_once)}


async def test_two_without_a_machine_id_are_not_known_to_differ(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    for _ in range(2):
        await host(db, tenants, None, created_by_hand=False)
    assert await duplicates(client, tenants.token) == {}


async def test_a_page_of_duplicates_is_one_statement_over_an_index(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    for number in range(30):
        await host(db, tenants, f"machine-{number}")
    await rows(db, "ANALYZE servers")
    statements.clear()
    assert len(await duplicates(client, tenants.token)) == 29
    assert len(statements) == 2, "its servers, and what they are duplicates of"
    text = statements.texts[-1]
    await rows(
        db,
        "INSERT INTO servers (account_id, machine_id, hostname, ip)"
        " SELECT $1, 'other-' || n, 'other-' || n / 2, '198.51.100.1' FROM generate_series(1, 5000) n",
        tenants.me.id,
    )
    await rows(db, "ANALYZE servers")
    some = [row["id"] for row in await rows(db, "SELECT id FROM servers WHERE hostname LIKE 'other-%' LIMIT 100")]
    arguments = [some, tenants.me.id]
    plan = "\n".join(row[0] for row in await rows(db, f"EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF) {text}", *arguments))
    assert "Scan using ix_servers_host on servers older" in plan, plan
    assert "Seq Scan on servers older" not in plan


async def test_a_host_that_registered_anew_is_one_again(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    await factories.key_of(db, tenants.me.id, "kernelcare", key="K" * 16)
    agent = {"activationKey": "K" * 16, "hostname": "web-1"}
    await tell(client, tenants.token, REGISTER, **agent, machineId="before")
    token = (await tell(client, tenants.token, REGISTER, **agent, machineId="after"))["serverToken"]
    assert (await tell(client, tenants.token, CHECK_IN, serverToken=token))["licensed"] is True
    ((newer, older),) = (await duplicates(client, tenants.token)).items()
    payload = await tell(client, tenants.token, MERGE, keepId=older, duplicateIds=[newer])
    assert (payload["userErrors"], payload["deletedIds"], payload["server"]["id"]) == ([], [newer], older)
    assert payload["server"]["lastCheckIn"] is not None
    assert (await tell(client, tenants.token, CHECK_IN, serverToken=token))["licensed"] is True, "the agent goes on"
    again = await tell(client, tenants.token, REGISTER, **agent, machineId="after")
    assert again["serverToken"] == token, "and is the same registration"
    assert await duplicates(client, tenants.token) == {}
    (found,) = await rows(db, "SELECT machine_id, used FROM servers, activation_keys")
    assert (found["machine_id"], found["used"]) == ("after", 1)
    await assert_counters_right(db)


async def test_merging_keeps_all_products_and_the_latest_check_ins(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    one = await factories.key_of(db, tenants.me.id, "kernelcare", note="one")
    two = await factories.key_of(db, tenants.me.id, "libcare", note="two")
    three = await factories.key_of(db, tenants.me.id, "qemucare", note="three")
    kept = await host(db, tenants, "kept", one, two)
    first = await host(db, tenants, "first", one, three, hostname="web-2")
    second = await host(db, tenants, "second", two, three)
    bare = await host(db, tenants, "bare")
    await heard(db, kept, one, NOON, "1.0")
    await heard(db, first, one, NOON - timedelta(hours=1), "0.9")
    await heard(db, first, three, NOON + timedelta(hours=1), "3.1")
    await heard(db, second, two, NOON + timedelta(hours=5), "2.1")
    named = [id_of(server) for server in (bare, second, first, second)]
    payload = await tell(client, tenants.token, MERGE, keepId=id_of(kept), duplicateIds=named)
    assert payload["userErrors"] == []
    assert payload["deletedIds"] == [id_of(server) for server in (bare, second, first)]
    server = payload["server"]
    assert (server["id"], server["hostname"]) == (id_of(kept), "web-1")
    assert server["lastCheckIn"] == "2026-11-02T17:00:00.000Z"
    products = {
        product["activationKey"]["note"]: (product["version"], product["lastCheckIn"])
        for product in server["installedProducts"]
    }
    assert products == {
        "one": ("1.0", "2026-11-02T12:00:00.000Z"),
        "two": ("2.1", "2026-11-02T17:00:00.000Z"),
        "three": ("3.1", "2026-11-02T13:00:00.000Z"),
    }
    assert [row["machine_id"] for row in await rows(db, "SELECT machine_id FROM servers")] == ["second"]
    assert [row.used for row in await assert_counters_right(db)] == [1] * 6
    merged, *removed = await audit_of(db)
    assert (merged.action, merged.target_id) == ("server.merged", kept.id)
    assert merged.changes == {"duplicates": ["3", "0"], "machineId": ["kept", "second"]}
    assert {(row.action, row.target_id) for row in removed} == {
        ("server.removed", server.id) for server in (first, second, bare)
    }
    happened = await rows(db, "SELECT kind, server_id FROM events")
    assert sorted(map(tuple, happened)) == sorted(("SERVER_REMOVED", one.id) for one in (first, second, bare))
    listed = await rows(db, "SELECT array_length(facets, 1) AS facets FROM servers")
    assert [row["facets"] for row in listed] == [7], "three products, three keys, and that they are unlimited"


async def test_the_kept_servers_own_registration_stays_where_none_was_heard_of(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    key = await factories.key_of(db, tenants.me.id)
    other = await host(db, tenants, "other", key)
    kept = await host(db, tenants, None, key)
    (own,) = await rows(db, "SELECT id FROM registrations WHERE server_id = $1", kept.id)
    payload = await tell(client, tenants.token, MERGE, keepId=id_of(kept), duplicateIds=[id_of(other)])
    products = [product["id"] for product in payload["server"]["installedProducts"]]
    assert products == [encode("InstalledProduct", own["id"])]
    (server,) = await rows(db, "SELECT machine_id, created_by_hand FROM servers")
    assert tuple(server) == ("other", False), "a server added by hand is adopted"
    await assert_counters_right(db)


async def test_servers_added_by_hand_stay_so(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    kept, other = await host(db, tenants, None), await host(db, tenants, None, ip="192.0.2.8")
    payload = await tell(client, tenants.token, MERGE, keepId=id_of(kept), duplicateIds=[id_of(other)])
    assert payload["deletedIds"] == [id_of(other)]
    (server,) = await rows(db, "SELECT machine_id, created_by_hand FROM servers")
    assert tuple(server) == (None, True)


async def test_what_is_wrong_merges_nothing(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    key = await factories.key_of(db, tenants.me.id)
    kept, other = await host(db, tenants, "kept", key), await host(db, tenants, "other", key)
    theirs = [await factories.server(db, account.id) for account in (tenants.customer, tenants.stranger)]
    before = await everything(db)
    cases: list[tuple[str, list[str], list[tuple[str, list[str]]]]] = [
        (id_of(kept), [], [("REQUIRED", ["duplicateIds"])]),
        (id_of(kept), [id_of(other), id_of(kept)], [("INVALID", ["duplicateIds", "1"])]),
        (
            id_of(kept),
            [id_of(theirs[0]), id_of(other), id_of(theirs[1]), "x"],
            [("NOT_FOUND", ["duplicateIds", place]) for place in "023"],
        ),
        (id_of(kept), [f"{number}" for number in range(MOST_IDS + 1)], [("TOO_LONG", ["duplicateIds"])]),
        (id_of(theirs[0]), [id_of(other)], [("NOT_FOUND", ["duplicateIds", "0"])]),
        *((id_, [id_of(other)], [("NOT_FOUND", ["keepId"])]) for id_ in (id_of(theirs[1]), id_of(key), "")),
    ]
    for keep, named, expected in cases:
        payload = await tell(client, tenants.token, MERGE, keepId=keep, duplicateIds=named)
        assert (payload["server"], payload["deletedIds"], wrong(payload)) == (None, [], expected)
    assert await everything(db) == before


async def test_many_cost_as_many_statements_as_one(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    one = await factories.key_of(db, tenants.me.id, "kernelcare")
    two = await factories.key_of(db, tenants.me.id, "libcare")
    for how_many in (1, 50):
        kept = await host(db, tenants, f"kept-{how_many}", one, hostname=f"kept-{how_many}")
        (extra,) = await many_servers(db, two, 1)
        await rows(db, "UPDATE servers SET machine_id = $1 WHERE hostname = 'many-1.example.com'", f"m-{how_many}")
        await rows(db, "UPDATE servers SET hostname = $1 WHERE hostname = 'many-1.example.com'", f"x-{how_many}")
        await rows(db, "UPDATE server_check_ins SET last_check_in = now() WHERE hostname = $1", f"x-{how_many}")
        named = [extra, *await many_servers(db, one, how_many)]
        # the held account, pools, keys, servers, registrations, both kinds of check-ins held, both
        # kept, what ends, what comes along, the servers' end, the machine, the log
        given = {"keepId": id_of(kept), "duplicateIds": named}
        assert await cost(client, statements, tenants.token, "mergeServers", **given) == 14, statements.texts
        await rows(db, "DELETE FROM servers WHERE hostname LIKE 'many-%'")
    await assert_counters_right(db)


async def test_a_reseller_merges_a_customers_servers(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    kept, other = [await factories.server(db, tenants.customer.id) for _ in range(2)]
    payload = await tell(client, tenants.token, MERGE, keepId=id_of(kept), duplicateIds=[id_of(other)])
    assert payload["deletedIds"] == [id_of(other)]
    assert {(row.account_id, row.actor) for row in await audit_of(db)} == {
        (tenants.me.id, "master@example.com"),
        (tenants.customer.id, "Reseller R-1"),
    }


@pytest.mark.parametrize("role", RoleName)
async def test_who_manages_servers_merges_them(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, role: RoleName
) -> None:
    if role is RoleName.MASTER:
        credentials = [tenants.token]
    else:
        credentials = await callers(db, tenants.me.id, role)
    for credential in credentials:
        await post(client, "{ viewer { id } }", token=credential)
        kept, other = [await factories.server(db, tenants.me.id) for _ in range(2)]
        before = await everything(db)
        given = {"keepId": id_of(kept), "duplicateIds": [id_of(other)]}
        answer = (await post(client, MERGE, {"input": given}, token=credential)).json()
        if role in roles_without(Permission.MANAGE_SERVERS):
            assert answer["errors"][0]["extensions"]["permission"] == "MANAGE_SERVERS"
            assert await everything(db) == before
        else:
            assert role is RoleName.MASTER or role in roles_with(Permission.MANAGE_SERVERS)
            assert answer["data"]["mergeServers"]["deletedIds"] == [id_of(other)]
