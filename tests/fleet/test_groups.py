"""Groups of servers over HTTP: made, filled, renamed and deleted."""

import asyncio
from typing import Any

import httpx
import pytest

from auth.permissions import Permission
from models.db import Database
from models.queries.groups import MOST_GROUPS
from models.roles import RoleName
from models.tables import Server, ServerGroup
from resolvers.id_lists import MOST_IDS
from schema.ids import encode
from tests import factories
from tests.access.people import audit_of
from tests.access.unchanged import everything
from tests.client import post
from tests.databases import StatementLog
from tests.fleet.tenants import Tenants, callers, key_in, roles_with, roles_without, rows, tell, wrong

CREATE = """mutation ($input: CreateServerGroupInput!) { createServerGroup(input: $input) {
  serverGroup { id name serverCount } servers { hostname group { name } } userErrors { code field } } }"""
UPDATE = """mutation ($input: UpdateServerGroupInput!) { updateServerGroup(input: $input) {
  serverGroup { id name serverCount } servers { hostname group { name } } userErrors { code field } } }"""
DELETE = """mutation ($input: DeleteServerGroupInput!) { deleteServerGroup(input: $input) {
  deletedId userErrors { code field } } }"""


def id_of(row: Server | ServerGroup) -> str:
    """The id of a server or a group."""
    return encode(type(row).__name__, row.id)


async def grouped(db: Database) -> dict[str, str | None]:
    """The group of each server, by host name; its facet in the list says the same."""
    found = await rows(
        db,
        "SELECT s.hostname, g.name, s.group_name, g.number, s.facets FROM servers s"
        " LEFT JOIN server_groups g ON g.id = s.group_id",
    )
    for row in found:
        assert row["name"] == row["group_name"]
        assert [-facet for facet in row["facets"] if facet < 0] == ([] if row["number"] is None else [row["number"]])
    return {row["hostname"]: row["name"] for row in found}


async def many_servers(db: Database, tenants: Tenants, how_many: int) -> list[str]:
    """The ids of that many new servers."""
    made = await rows(
        db,
        "INSERT INTO servers (account_id, hostname, ip) SELECT $1, 'many-' || n, '192.0.2.1'"
        " FROM generate_series(1, $2) n RETURNING id",
        tenants.me.id,
        how_many,
    )
    return [encode("Server", row["id"]) for row in made]


async def test_a_group_is_made_with_servers(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    old = await factories.group(db, tenants.me.id, "Old")
    loose = await factories.server(db, tenants.me.id, hostname="loose")
    bound = await factories.server(db, tenants.me.id, old, hostname="bound")
    payload = await tell(
        client, tenants.token, CREATE, name="  QA ", serverIds=[id_of(loose), id_of(bound), id_of(loose)]
    )
    assert payload["userErrors"] == []
    assert payload["serverGroup"] == {"id": payload["serverGroup"]["id"], "name": "QA", "serverCount": 2}
    assert payload["servers"] == [{"hostname": name, "group": {"name": "QA"}} for name in ("loose", "bound")]
    assert await grouped(db) == {"loose": "QA", "bound": "QA"}
    made, *moved = await audit_of(db)
    assert (made.action, made.target_label, made.changes) == ("server_group.created", "QA", {"name": [None, "QA"]})
    assert made.target_id == key_in(payload["serverGroup"]["id"])
    assert {(row.action, row.target_label, str(row.changes)) for row in moved} == {
        ("server.updated", "loose", str({"group": [None, "QA"]})),
        ("server.updated", "bound", str({"group": ["Old", "QA"]})),
    }


async def test_what_is_wrong_makes_no_group(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    await factories.group(db, tenants.me.id, "Production")
    own = await factories.server(db, tenants.me.id)
    theirs = [await factories.server(db, account.id) for account in (tenants.customer, tenants.stranger)]
    before = await everything(db)
    cases: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
        ({"name": " "}, [("REQUIRED", ["name"])]),
        ({"name": "x" * 101}, [("TOO_LONG", ["name"])]),
        ({"name": "a\tb"}, [("INVALID", ["name"])]),
        ({"name": "PRODUCTION"}, [("TAKEN", ["name"])]),
        (
            {"name": "production", "serverIds": [id_of(own), "x", *map(id_of, theirs), "x", "y"]},
            [("TAKEN", ["name"]), *(("NOT_FOUND", ["serverIds", place]) for place in "1235")],
        ),
        ({"name": "new", "serverIds": [encode("ServerGroup", own.id)]}, [("NOT_FOUND", ["serverIds", "0"])]),
        (
            {"name": "new", "customerId": tenants.customer_id, "serverIds": [id_of(own)]},
            [("NOT_FOUND", ["serverIds", "0"])],
        ),
        ({"name": "new", "customerId": encode("Customer", tenants.stranger.id)}, [("NOT_FOUND", ["customerId"])]),
        (
            {"name": "", "serverIds": [f"{number}" for number in range(MOST_IDS + 1)]},
            [("REQUIRED", ["name"]), ("TOO_LONG", ["serverIds"])],
        ),
    ]
    for given, expected in cases:
        payload = await tell(client, tenants.token, CREATE, **given)
        assert (payload["serverGroup"], payload["servers"]) == (None, None)
        assert wrong(payload) == expected, given
    assert await everything(db) == before


async def test_there_are_at_most_two_hundred_however_many_ask_at_once(
    client: httpx.AsyncClient, db: Database, tenants: Tenants
) -> None:
    await rows(
        db,
        "INSERT INTO server_groups (account_id, name) SELECT $1, 'group ' || n FROM generate_series(1, $2) n",
        tenants.me.id,
        MOST_GROUPS - 3,
    )
    payloads = await asyncio.gather(
        *(tell(client, tenants.token, CREATE, name=f"more {number}") for number in range(7)),
        tell(client, tenants.token, CREATE, name="theirs", customerId=tenants.customer_id),
    )
    assert sorted(str(wrong(payload)) for payload in payloads) == ["[('LIMIT_REACHED', None)]"] * 4 + ["[]"] * 4
    (found,) = await rows(db, "SELECT count(*) FROM server_groups WHERE account_id = $1", tenants.me.id)
    assert found["count"] == MOST_GROUPS


async def test_a_name_at_one_time_is_given_once(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    payloads = await asyncio.gather(*(tell(client, tenants.token, CREATE, name=name) for name in ("QA", "qa", "Qa")))
    assert sorted(str(wrong(payload)) for payload in payloads) == ["[('TAKEN', ['name'])]"] * 2 + ["[]"]
    assert len(await rows(db, "SELECT FROM server_groups")) == len(await audit_of(db)) == 1


async def test_a_group_is_renamed_and_refilled(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    qa, other = [await factories.group(db, tenants.me.id, name) for name in ("QA", "Other")]
    inside, outside, elsewhere = [
        await factories.server(db, tenants.me.id, group, hostname=name)
        for name, group in (("inside", qa), ("outside", None), ("elsewhere", other))
    ]
    stays = await factories.server(db, tenants.me.id, qa, hostname="stays")
    payload = await tell(
        client,
        tenants.token,
        UPDATE,
        id=id_of(qa),
        name="Quality",
        addServerIds=[id_of(outside), id_of(stays)],
        removeServerIds=[id_of(inside), id_of(elsewhere)],
    )
    assert payload["userErrors"] == []
    assert payload["serverGroup"] == {"id": id_of(qa), "name": "Quality", "serverCount": 2}
    assert [server["hostname"] for server in payload["servers"]] == ["outside", "stays", "inside", "elsewhere"]
    assert await grouped(db) == {"inside": None, "outside": "Quality", "elsewhere": "Other", "stays": "Quality"}
    told = {(row.action, row.target_label, str(row.changes)) for row in await audit_of(db)}
    assert told == {
        ("server_group.updated", "Quality", str({"name": ["QA", "Quality"]})),
        ("server.updated", "outside", str({"group": [None, "Quality"]})),
        ("server.updated", "inside", str({"group": ["QA", None]})),
    }


async def test_what_changes_nothing_is_not_told(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    qa = await factories.group(db, tenants.me.id, "QA")
    inside = await factories.server(db, tenants.me.id, qa)
    before = await everything(db)
    cases: list[dict[str, Any]] = [{}, {"name": "QA"}, {"addServerIds": [id_of(inside)]}, {"removeServerIds": []}]
    for given in cases:
        assert (await tell(client, tenants.token, UPDATE, id=id_of(qa), **given))["userErrors"] == []
    assert await everything(db) == before


async def test_only_the_case_of_a_name_may_change(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    qa = await factories.group(db, tenants.me.id, "qa")
    await factories.server(db, tenants.me.id, qa, hostname="inside")
    assert (await tell(client, tenants.token, UPDATE, id=id_of(qa), name="QA"))["userErrors"] == []
    assert await grouped(db) == {"inside": "QA"}


async def test_a_wrong_change_is_not_made(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    qa = await factories.group(db, tenants.me.id, "QA")
    await factories.group(db, tenants.me.id, "Other")
    theirs = await factories.group(db, tenants.stranger.id, "Theirs")
    own, customers = [await factories.server(db, account.id) for account in (tenants.me, tenants.customer)]
    before = await everything(db)
    cases: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
        ({"id": id_of(qa), "name": None}, [("REQUIRED", ["name"])]),
        ({"id": id_of(qa), "name": "OTHER"}, [("TAKEN", ["name"])]),
        (
            {"id": id_of(qa), "addServerIds": [id_of(own)], "removeServerIds": ["x", id_of(own)]},
            [("INVALID", ["removeServerIds", "1"])],
        ),
        (
            {"id": id_of(qa), "name": "new", "addServerIds": [id_of(own), id_of(customers)], "removeServerIds": ["x"]},
            [("NOT_FOUND", ["addServerIds", "1"]), ("NOT_FOUND", ["removeServerIds", "0"])],
        ),
        *(({"id": id_, "name": "new"}, [("NOT_FOUND", ["id"])]) for id_ in (id_of(theirs), id_of(own), "")),
    ]
    for given, expected in cases:
        payload = await tell(client, tenants.token, UPDATE, **given)
        assert (payload["serverGroup"], payload["servers"]) == (None, None)
        assert wrong(payload) == expected, given
    assert await everything(db) == before


async def test_a_deleted_groups_servers_stay(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    qa = await factories.group(db, tenants.me.id, "QA")
    await factories.server(db, tenants.me.id, qa, hostname="inside")
    assert await tell(client, tenants.token, DELETE, id=id_of(qa)) == {"deletedId": id_of(qa), "userErrors": []}
    assert await grouped(db) == {"inside": None}
    (told,) = await audit_of(db)
    assert (told.action, told.target_label) == ("server_group.deleted", "QA")
    assert told.changes == {"name": ["QA", None], "serverCount": ["1", None]}
    theirs = await factories.group(db, tenants.stranger.id)
    before = await everything(db)
    for id_ in (id_of(qa), id_of(theirs), "x"):
        payload = await tell(client, tenants.token, DELETE, id=id_)
        assert (payload["deletedId"], wrong(payload)) == (None, [("NOT_FOUND", ["id"])])
    assert await everything(db) == before


async def test_a_reseller_groups_a_customers_servers(client: httpx.AsyncClient, db: Database, tenants: Tenants) -> None:
    server = await factories.server(db, tenants.customer.id, hostname="theirs")
    given = {"customerId": tenants.customer_id, "name": "QA", "serverIds": [id_of(server)]}
    made = await tell(client, tenants.token, CREATE, **given)
    group_id = made["serverGroup"]["id"]
    assert made["servers"] == [{"hostname": "theirs", "group": {"name": "QA"}}]
    changed = await tell(client, tenants.token, UPDATE, id=group_id, removeServerIds=[id_of(server)])
    assert changed["servers"] == [{"hostname": "theirs", "group": None}]
    assert (await tell(client, tenants.token, DELETE, id=group_id))["deletedId"] == group_id
    actors = {(row.account_id, row.actor) for row in await audit_of(db)}
    assert actors == {(tenants.me.id, "master@example.com"), (tenants.customer.id, "Reseller R-1")}
    assert len(await audit_of(db)) == 8


async def test_each_costs_so_many_statements_for_one_server_or_a_thousand(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, statements: StatementLog
) -> None:
    async def cost(field: str, **given: Any) -> int:
        kind = f"{field[0].upper()}{field[1:]}Input"
        statements.clear()
        document = f"mutation ($input: {kind}!) {{ {field}(input: $input) {{ userErrors {{ code }} }} }}"
        assert (await tell(client, tenants.token, document, **given))["userErrors"] == []
        return len(statements)

    for how_many in (1, MOST_IDS):
        ids = await many_servers(db, tenants, how_many)
        # the held account, how it stands, the servers, the group, what it changes of them, the log
        assert await cost("createServerGroup", name=f"Group of {how_many}", serverIds=ids) == 6
        (group,) = await rows(db, "SELECT id FROM server_groups WHERE name = $1", f"Group of {how_many}")
        id_ = encode("ServerGroup", group["id"])
        # the held account, the group, the servers, the change, the log
        assert await cost("updateServerGroup", id=id_, removeServerIds=ids) == 5
        assert await cost("updateServerGroup", id=id_, addServerIds=ids) == 5
        # the held account, the group, how it stands, its servers, its change, the log
        assert await cost("updateServerGroup", id=id_, name=f"Of {how_many}") == 6
        # the held account, the group, its servers, its end, the log
        assert await cost("deleteServerGroup", id=id_) == 5
    assert await cost("createServerGroup", name="Empty") == 4


@pytest.mark.parametrize("role", roles_without(Permission.MANAGE_SERVERS))
async def test_who_may_not_manage_servers_changes_no_group(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, role: RoleName
) -> None:
    group = await factories.group(db, tenants.me.id)
    credentials = await callers(db, tenants.me.id, role)
    for credential in credentials:
        await post(client, "{ viewer { id } }", token=credential)
    before = await everything(db)
    for credential in credentials:
        for document, given in (
            (CREATE, {"name": "QA"}),
            (UPDATE, {"id": id_of(group)}),
            (DELETE, {"id": id_of(group)}),
        ):
            answer = (await post(client, document, {"input": given}, token=credential)).json()
            assert set(answer["data"].values()) == {None}
            assert [error["extensions"]["permission"] for error in answer["errors"]] == ["MANAGE_SERVERS"]
    assert await everything(db) == before


@pytest.mark.parametrize("role", roles_with(Permission.MANAGE_SERVERS))
async def test_who_may_manage_servers_groups_them(
    client: httpx.AsyncClient, db: Database, tenants: Tenants, role: RoleName
) -> None:
    for credential in await callers(db, tenants.me.id, role):
        made = await tell(client, credential, CREATE, name="QA")
        id_ = made["serverGroup"]["id"]
        assert (await tell(client, credential, UPDATE, id=id_, name="Quality"))["serverGroup"]["name"] == "Quality"
        assert (await tell(client, credential, DELETE, id=id_))["deletedId"] == id_
