"""What filters cost: one statement where ids or keys become facets, one where days need a time zone, however much is
asked of the list. One list alone costs one more where last check-ins count: its page, and its count beside other
filters, first see what is the shortest way.
"""

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
ALONE = {"states": (1, 1), "days": (1, 1)}
"""What a page of one list alone costs beside, and what a page with its count does."""
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


def customers(crowd: Crowd, how_many: int) -> list[str]:
    found = [row for row in crowd.rows["accounts"] if row["reseller_id"]]
    return [ids.encode("Customer", UUID(row["id"])) for row in found[:how_many]]


@pytest.mark.parametrize("name", FILTERS)
async def test_filters_cost_the_same_for_one_list_and_for_fifty(meter: Meter, crowd: Crowd, name: str) -> None:
    given, more = FILTERS[name]
    for how_many in (1, PARENTS):
        variables = {"ids": customers(crowd, how_many), "filter": given}
        page, both = ALONE.get(name, (0, 0)) if how_many == 1 else (0, 0)
        assert await meter.cost(LISTS % "", variables) == 2 + more + page, meter.statements.texts
        assert await meter.cost(LISTS % "totalCount", variables) == 3 + more + both, meter.statements.texts


async def test_lists_in_two_time_zones_are_read_in_one_statement_for_each_zone(meter: Meter, crowd: Crowd) -> None:
    variables = {"ids": customers(crowd, PARENTS + 1), "filter": {"registered": DAY}}
    assert await meter.cost(LISTS % "", variables) == 2 + 1 + 1
