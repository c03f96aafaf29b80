"""What a key shows to whom, and what a row of servers is about under a key, a subscription, an account or a group."""

import re
from collections import Counter
from typing import Any

import pytest

from auth.permissions import sees_whole_keys
from models.roles import RoleName
from tests.rules.expected import Expected, Row
from tests.rules.fleet import Fleet
from tests.rules.lists import Lists, node_id, row_key

EDGES = "edges { node { id registeredAt } installedProduct { id activatedAt } } nodes { id } totalCount"
KEYS = "nodes { id key note }"
SHORTEST_SECRET = 5


@pytest.fixture
def expected(fleet: Fleet) -> Expected:
    return Expected(fleet)


def masked(key: str) -> str:
    """A key's prefix, and four characters of the rest at either end."""
    found = re.fullmatch(r"([^-]*-)?(.{4}).*(.{4})", key)
    assert found is not None
    return f"{found[1] or ''}{found[2]}…{found[3]}"


@pytest.mark.parametrize("role", list(RoleName))
async def test_a_role_sees_keys_whole_or_masked_on_every_way_to_them(
    lists: Lists, fleet: Fleet, expected: Expected, role: RoleName
) -> None:
    keys = {row["id"]: row["key"] for row in fleet.rows["activation_keys"]}
    shown = {id_: key if sees_whole_keys(role) else masked(key) for id_, key in keys.items()}
    seen: set[str] = set()
    for coordinate in ("Account.activationKeys", "Customer.activationKeys", "ProductSubscription.activationKeys"):
        page = await lists.page(coordinate, expected.start(coordinate)[0], KEYS, login=role.name, first=100)
        assert {row_key(row["id"]): row["key"] for row in page["nodes"]}.items() <= shown.items()
        seen |= {row["key"] for row in page["nodes"]}
    ways = "nodes { installedProducts { activationKey { id key } } }"
    page = await lists.page("Account.servers", fleet.account_node("home"), ways, login=role.name, first=100)
    through_servers = [one["activationKey"] for row in page["nodes"] for one in row["installedProducts"]]
    assert all(one["key"] == shown[row_key(one["id"])] for one in through_servers)
    assert len(seen) > 12
    assert any("-" not in key for key in seen)


@pytest.mark.parametrize("login", ["BILLING", "READ_ONLY_BILLING", "READ_ONLY_SERVER_MANAGEMENT"])
async def test_no_part_of_a_key_finds_anything_for_those_who_see_it_masked(
    lists: Lists, fleet: Fleet, login: str
) -> None:
    home = fleet.account_node("home")
    key = next(row for row in fleet.of("activation_keys", "home") if row["used"])
    for text in (
        key["key"][:-1],
        key["key"][1:],
        key["key"][-SHORTEST_SECRET:],
        key["key"].lower(),
        masked(key["key"]),
    ):
        for coordinate in ("Account.servers", "Account.activationKeys"):
            assert await lists.keys(coordinate, home, login=login, filter={"search": text}) == []
            assert await lists.keys(coordinate, home, filter={"search": text}) or "…" in text
    for wildcard in (key["key"].replace("1", "_"), f"{key['key'][:4]}%", "%"):
        assert await lists.keys("Account.servers", home, login=login, filter={"search": wildcard}) == []
    assert await lists.keys("Account.activationKeys", home, login=login, filter={"search": key["key"]}) == [key["id"]]
    assert await lists.keys("Account.servers", home, login=login, filter={"search": key["key"]})


async def test_a_strangers_whole_key_finds_nothing(lists: Lists, fleet: Fleet) -> None:
    home = fleet.account_node("home")
    for owner in ("stranger", "customer"):
        key = next(row for row in fleet.of("activation_keys", owner) if row["used"])
        for login in ("MASTER", "BILLING"):
            for coordinate in ("Account.servers", "Account.activationKeys"):
                assert await lists.keys(coordinate, home, login=login, filter={"search": key["key"]}) == []


def hosts_with_several_keys(fleet: Fleet) -> dict[str, list[Row]]:
    """The home's servers that are registered with two keys or more."""
    counted = Counter(one["server_id"] for one in fleet.of("registrations", "home"))
    keys = {row["id"]: row for row in fleet.of("activation_keys", "home")}
    return {
        server: [
            keys[one["activation_key_id"]] for one in fleet.of("registrations", "home") if one["server_id"] == server
        ]
        for server, count in counted.items()
        if count > 1
    }


async def test_a_host_with_two_matching_keys_is_one_row(lists: Lists, fleet: Fleet) -> None:
    hosts = hosts_with_several_keys(fleet)
    assert hosts
    home = fleet.account_node("home")
    for server, keys in hosts.items():
        given: dict[str, Any] = {
            "activationKeyIds": [node_id("ActivationKey", key) for key in keys],
            "productIds": [node_id("Product", {"id": key["product_id"]}) for key in keys],
        }
        assert (await lists.keys("Account.servers", home, filter=given)).count(server) == 1
    for search in ("e", "a", "1", "CELS"):
        found = await lists.keys("Account.servers", home, filter={"search": search})
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("coordinate", ["ActivationKey.servers", "ProductSubscription.servers", "InvoiceLine.servers"])
async def test_under_a_key_or_a_subscription_a_row_is_about_one_registration(
    lists: Lists, expected: Expected, coordinate: str
) -> None:
    start, row = expected.start(coordinate)
    page = await lists.page(coordinate, start, EDGES, first=100)
    about = {
        row_key(edge["node"]["id"]): edge["installedProduct"] and row_key(edge["installedProduct"]["id"])
        for edge in page["edges"]
    }
    assert about == {one["id"]: one["registration_id"] for one in expected.rows(coordinate, row)}
    assert len(page["nodes"]) == page["totalCount"] == len(about)


@pytest.mark.parametrize("coordinate", ["Account.servers", "Customer.servers", "ServerGroup.servers"])
async def test_under_an_account_or_a_group_a_row_is_about_the_server(
    lists: Lists, expected: Expected, coordinate: str
) -> None:
    page = await lists.page(coordinate, expected.start(coordinate)[0], EDGES, first=100)
    assert page["edges"]
    assert [edge["installedProduct"] for edge in page["edges"]] == [None] * len(page["edges"])


async def test_a_product_held_in_two_license_types_lists_its_server_once(lists: Lists, fleet: Fleet) -> None:
    held = Counter((one["server_id"], one["product_id"]) for one in fleet.of("registrations", "home"))
    server, product = next(pair for pair, count in held.items() if count > 1)
    subscriptions = fleet.of("product_subscriptions", "home")
    start = node_id("ProductSubscription", next(row for row in subscriptions if row["product_id"] == product))
    assert (await lists.keys("ProductSubscription.servers", start)).count(server) == 1


async def test_a_server_shows_all_its_products_whatever_the_way_to_it(lists: Lists, expected: Expected) -> None:
    installed = "nodes { id installedProducts { id } }"
    held = Counter(one["server_id"] for one in expected.fleet.of("registrations", "home"))
    for coordinate in (
        "Account.servers",
        "ActivationKey.servers",
        "ProductSubscription.servers",
        "ServerGroup.servers",
    ):
        page = await lists.page(coordinate, expected.start(coordinate)[0], installed, first=100)
        shown = {row_key(row["id"]): len(row["installedProducts"]) for row in page["nodes"]}
        assert shown == {server: held[server] for server in shown}
