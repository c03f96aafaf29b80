"""What filters cost: one statement where ids or keys become facets, one where days need a time zone, however much is
asked of the list. One list alone costs one more where last check-ins count: its page first sees what is the shortest
way. Its count costs a statement of its own only where neither the page is the whole list, nor few servers match.
"""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from schema import ids
from tests.counts.conftest import Meter
from tests.counts.crowd import PARENTS, Crowd

LISTS = """query ($ids: [ID!]!, $filter: ServerFilter) {
  nodes(ids: $ids) { ... on Customer { servers(filter: $filter) { nodes { hostname } %s } } }
}"""
SOME_KEY = ids.encode("ActivationKey", UUID(int=1))
DAY = {"from": "2026-10-25", "to": "2026-10-25"}
SEEN = {"states", "days"}
"""Where a page of one list alone costs one statement more."""
FILTERS: dict[str, tuple[dict[str, Any], int]] = {
    "none": ({}, 0),
    "states": ({"states": ["ACTIVE", "STALE"]}, 0),
    "limited": ({"limited": True}, 0),
    "nothing": ({"search": "two words"}, 0),
    "products": ({"productIds": [], "families": ["SECURITY"]}, 1),
    "keys and groups": ({"activationKeyIds": [SOME_KEY], "groupIds": []}, 1),
    "no keys": ({"activationKeyIds": ["garbage"], "groupIds": []}, 0),
    "days": ({"registered": DAY, "lastCheckIn": DAY}, 1),
    "all together": ({"families": ["SECURITY"], "registered": DAY, "search": "web"}, 2),
}

LARGE = """query ($first: Int, $last: Int, $after: String, $filter: ServerFilter, $orderBy: ServerOrder!) {
  viewer { account { servers(first: $first, last: $last, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes { hostname } pageInfo { endCursor } %s
  } } }
}"""
SOME, MANY = "some", "many"
"""Filters of a large list: few of its servers match, or more than are looked up one by one."""
COUNTED: dict[str, tuple[str, str, dict[str, Any], dict[str, Any], int]] = {
    "few": ("HOSTNAME", SOME, {}, {"first": 5}, 0),
    "few from the end": ("HOSTNAME", SOME, {}, {"last": 5}, 0),
    "few from a cursor on": ("HOSTNAME", SOME, {}, {"first": 5, "after": "one"}, 1),
    "many": ("HOSTNAME", MANY, {}, {"first": 5}, 1),
    "few by check-in": ("LAST_CHECK_IN", SOME, {}, {"first": 5}, 0),
    "few in some states": ("LAST_CHECK_IN", SOME, {"states": ["ACTIVE", "NEVER_SEEN"]}, {"first": 2}, 0),
    "few by check-in from a cursor on": ("LAST_CHECK_IN", SOME, {}, {"first": 5, "after": "one"}, 1),
    "many by check-in": ("LAST_CHECK_IN", MANY, {}, {"last": 5}, 1),
    "few looked up": ("IP", SOME, {"states": ["ACTIVE", "NEVER_SEEN"]}, {"first": 2}, 0),
    "few looked up from a cursor on": (
        "IP",
        SOME,
        {"states": ["ACTIVE", "NEVER_SEEN"]},
        {"first": 2, "after": "one"},
        1,
    ),
    "many in some states": ("IP", MANY, {"states": ["ACTIVE", "NEVER_SEEN"]}, {"first": 5}, 2),
}
"""By order, filter and page, how many statements more a page costs with its count than without."""


def customers(crowd: Crowd, how_many: int) -> list[str]:
    found = [row for row in crowd.rows["accounts"] if row["reseller_id"]]
    return [ids.encode("Customer", UUID(row["id"])) for row in found[:how_many]]


@pytest.mark.parametrize("name", FILTERS)
async def test_filters_cost_the_same_for_one_list_and_for_fifty(meter: Meter, crowd: Crowd, name: str) -> None:
    given, more = FILTERS[name]
    for how_many in (1, PARENTS):
        variables = {"ids": customers(crowd, how_many), "filter": given}
        alone = how_many == 1
        page = 2 + more + (alone and name in SEEN)
        assert await meter.cost(LISTS % "", variables) == page, meter.statements.texts
        whole = alone and bool(given)
        assert await meter.cost(LISTS % "totalCount", variables) == page + (not whole), meter.statements.texts


async def test_lists_in_two_time_zones_are_read_in_one_statement_for_each_zone(meter: Meter, crowd: Crowd) -> None:
    variables = {"ids": customers(crowd, PARENTS + 1), "filter": {"registered": DAY}}
    assert await meter.cost(LISTS % "", variables) == 2 + 1 + 1


def filters(crowd: Crowd) -> dict[str, dict[str, Any]]:
    """The filters of the large list."""
    servers = crowd.rows["servers"]
    ((account, _),) = Counter(server["account_id"] for server in servers).most_common(1)
    own = [server for server in servers if server["account_id"] == account]
    groups = sorted({server["group_id"] for server in own})[:2]
    return {
        SOME: {"search": own[0]["hostname"]},
        MANY: {"groupIds": [ids.encode("ServerGroup", UUID(group)) for group in groups]},
    }


@pytest.mark.parametrize("name", COUNTED)
async def test_a_page_counts_the_list_where_it_has_found_all_of_it(meter: Meter, crowd: Crowd, name: str) -> None:
    column, which, states, page, more = COUNTED[name]
    variables = {"filter": filters(crowd)[which] | states, "orderBy": {"field": column}, **page}
    if "after" in page:
        start = await meter.ask(LARGE % "", variables | {"first": 1, "after": None}, "large")
        variables["after"] = start["viewer"]["account"]["servers"]["pageInfo"]["endCursor"]
    cost = await meter.cost(LARGE % "", variables, "large")
    answer = await meter.ask(LARGE % "totalCount", variables, "large")
    assert len(meter.statements) == cost + more, meter.statements.texts
    whole = await meter.ask(LARGE % "totalCount", variables | {"first": 100, "last": None, "after": None}, "large")
    found = [page["viewer"]["account"]["servers"] for page in (answer, whole)]
    assert found[0]["totalCount"] == found[1]["totalCount"] > len(found[0]["nodes"])
