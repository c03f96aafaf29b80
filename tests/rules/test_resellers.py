"""What a reseller reaches of its customers, and that strangers' rows are nowhere."""

from typing import Any

import httpx
import pytest

from tests.client import ask
from tests.rules.fleet import Fleet
from tests.rules.lists import Lists, node_id, row_keys

OWNERS = {
    "Server": "servers",
    "ProductSubscription": "product_subscriptions",
    "Invoice": "invoices",
}
"""The types that say whose they are."""

FURTHER = {
    "ActivationKey": "activation_keys",
    "InstalledProduct": "registrations",
    "License": "licenses",
    "ServerGroup": "server_groups",
}
OWN_ALONE = {"Payment": "payments", "SalesRequest": "sales_requests"}

NODES = """query ($ids: [ID!]!) { nodes(ids: $ids) {
  id __typename
  ... on Server { account { id } customer { id name } }
  ... on ProductSubscription { account { id } customer { id name } }
  ... on Invoice { account { id } customer { id name } }
  ... on ActivationKey { createdBy }
} }"""


async def nodes(client: httpx.AsyncClient, fleet: Fleet, ids: list[str], login: str = "MASTER") -> list[Any]:
    """Ask for rows by their ids, a hundred at a time."""
    found: list[Any] = []
    for start in range(0, len(ids), 100):
        data = await ask(client, NODES, {"ids": ids[start : start + 100]}, token=fleet.tokens[login])
        found += data["nodes"]
    return found


async def test_customers_rows_are_found_and_name_the_customer(fleet_client: httpx.AsyncClient, fleet: Fleet) -> None:
    customer = {"id": fleet.account_node("customer"), "name": "Customer"}
    for kind, table in OWNERS.items():
        ids = [node_id(kind, row) for row in fleet.of(table, "customer")]
        found = await nodes(fleet_client, fleet, ids)
        assert found == [{"id": id_, "__typename": kind, "account": None, "customer": customer} for id_ in ids]
    for kind, table in FURTHER.items():
        ids = [node_id(kind, row) for row in fleet.of(table, "customer")]
        assert [row["id"] for row in await nodes(fleet_client, fleet, ids)] == ids


async def test_ones_own_rows_name_the_account(fleet_client: httpx.AsyncClient, fleet: Fleet) -> None:
    account = {"id": fleet.account_node("home")}
    for kind, table in OWNERS.items():
        ids = [node_id(kind, row) for row in fleet.of(table, "home")]
        found = await nodes(fleet_client, fleet, ids)
        assert found == [{"id": id_, "__typename": kind, "account": account, "customer": None} for id_ in ids]


async def test_who_made_a_key_is_told_at_home_and_never_of_a_customer(
    fleet_client: httpx.AsyncClient, fleet: Fleet
) -> None:
    for owner, creator in (("home", "master@home.example.com"), ("customer", None)):
        keys = fleet.of("activation_keys", owner)
        assert all(key["created_by"] for key in keys)
        found = await nodes(fleet_client, fleet, [node_id("ActivationKey", key) for key in keys])
        assert {row["createdBy"] for row in found} == {creator}
    own = await nodes(
        fleet_client,
        fleet,
        [node_id("ActivationKey", key) for key in fleet.of("activation_keys", "customer")],
        "customer",
    )
    assert {row["createdBy"] for row in own} == {"master@customer.example.com"}


@pytest.mark.parametrize("login", ["MASTER", "customer", "idle"])
async def test_strangers_rows_do_not_exist(fleet_client: httpx.AsyncClient, fleet: Fleet, login: str) -> None:
    for owner in ("stranger", "strangers_customer"):
        for kind, table in {**OWNERS, **FURTHER, **OWN_ALONE}.items():
            ids = [node_id(kind, row) for row in fleet.of(table, owner)]
            assert ids
            assert await nodes(fleet_client, fleet, ids, login) == [None] * len(ids)
        account = fleet.accounts[owner]
        assert await nodes(fleet_client, fleet, [node_id("Account", account), node_id("Customer", account)], login) == [
            None,
            None,
        ]


async def test_what_is_an_accounts_own_is_not_its_resellers(fleet_client: httpx.AsyncClient, fleet: Fleet) -> None:
    for kind, table in OWN_ALONE.items():
        ids = [node_id(kind, row) for row in fleet.of(table, "customer")]
        assert await nodes(fleet_client, fleet, ids) == [None] * len(ids)
        assert [row["id"] for row in await nodes(fleet_client, fleet, ids, "customer")] == ids


async def test_a_customer_does_not_reach_its_reseller(fleet_client: httpx.AsyncClient, fleet: Fleet) -> None:
    for kind, table in {**OWNERS, **FURTHER}.items():
        ids = [node_id(kind, row) for row in fleet.of(table, "home")]
        assert await nodes(fleet_client, fleet, ids, "customer") == [None] * len(ids)


async def test_customer_by_id(fleet_client: httpx.AsyncClient, fleet: Fleet) -> None:
    asked = "query ($id: ID!) { customer(id: $id) { id name } }"
    found = {"id": fleet.account_node("customer"), "name": "Customer"}
    for login, owner, customer in (("MASTER", "customer", found), ("stranger", "customer", None)):
        id_ = node_id("Customer", fleet.accounts[owner])
        data = await ask(fleet_client, asked, {"id": id_}, token=fleet.tokens[login])
        assert data == {"customer": customer}
    home = fleet.accounts["home"]
    strange = [node_id("Account", home), node_id("Customer", home), "", "garbage", node_id("Server", home)]
    strange += [node_id("Customer", fleet.accounts["strangers_customer"]), f"{found['id']}=", f" {found['id']}"]
    for id_ in strange:
        assert await ask(fleet_client, asked, {"id": id_}, token=fleet.tokens["MASTER"]) == {"customer": None}


SEARCHES = (
    "",
    "  ",
    "TWIN",
    "twin",
    "50%_",
    "%",
    "_",
    "\\",
    "k\\s",
    "ärger",
    "ÄRGER",
    "zürich ag",
    "Zürich AG R-0",
    "R-0",
    "r-00",
    "no",
)


async def test_customers_are_searched_by_name_and_number(lists: Lists, fleet: Fleet) -> None:
    home = fleet.accounts["home"]
    customers = [row for row in fleet.rows["accounts"] if row["reseller_id"] == home["id"]]
    for search in (*SEARCHES, customers[3]["number"]):
        text = search.strip().lower()
        wanted = {
            row["id"] for row in customers if text in row["company_name"].lower() or text in row["number"].lower()
        }
        page = await lists.page(
            "Account.customers", fleet.account_node("home"), "nodes { id } totalCount", first=100, search=search
        )
        assert set(row_keys(page["nodes"])) == wanted, search
        assert page["totalCount"] == len(page["nodes"]) == len(wanted)
