"""Lists of servers by every way that there is to them: each is taken where a list is long enough, and finds the same.

The fleet is small, so what is few, narrow or wide is said anew: how long a list is decides the way, and nothing else.
"""

from typing import Any

import pytest

from models.queries import activations, finding, ways
from resolvers import server_criteria
from tests.rules.comparing import Comparison
from tests.rules.expected import Expected
from tests.rules.fleet import Fleet
from tests.rules.lists import Lists
from tests.rules.schema_walk import connections, filter_fields, orders_of

MANY, NONE, SOME = 100_000, 0, 4
LIMITS = {
    "the few of narrow ranges": {"LOOK_UPS": (NONE, MANY), "MOST": (MANY, MANY, MANY), "FEW": SOME, "SORTED": NONE},
    "narrow ranges read as sets": {"LOOK_UPS": (MANY, MANY), "MOST": (MANY, MANY, MANY), "FEW": NONE, "SORTED": NONE},
    "wide ranges by look-ups": {"LOOK_UPS": (NONE, NONE), "MOST": (NONE, NONE, NONE), "FEW": NONE, "SORTED": NONE},
    "days that may lie together": {"LOOK_UPS": (NONE, NONE), "MOST": (MANY, NONE, MANY), "FEW": NONE, "SORTED": NONE},
    "short ranges, sorted first": {"LOOK_UPS": (MANY, MANY), "MOST": (MANY, MANY, NONE), "FEW": NONE, "SORTED": MANY},
    "short ranges, and long ones beside them": {
        "LOOK_UPS": (MANY, 1),
        "MOST": (MANY, MANY, NONE),
        "FEW": NONE,
        "SORTED": MANY,
    },
    "the few of two ranges": {"LOOK_UPS": (MANY, MANY), "MOST": (MANY, MANY, NONE), "FEW": SOME, "SORTED": MANY},
}
"""By the ways that are taken under them: look-ups for a row of a page in an account's list and in a key's or product's;
how long ranges of days, sets, and ranges of days in the orders of time may be; what is few; and how long a range may be
that is sorted before its rows are looked up."""

SERVERS = ("Account.servers", "ActivationKey.servers", "ProductSubscription.servers")
BY_TIME = ("registered", "lastCheckIn", "states")


@pytest.fixture
def expected(fleet: Fleet) -> Expected:
    return Expected(fleet)


@pytest.fixture(params=LIMITS)
def limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Limits under which a small list is read as a long one would be."""
    said: dict[str, Any] = LIMITS[request.param]
    for module, look_ups in zip((ways, activations), said["LOOK_UPS"], strict=True):
        monkeypatch.setattr(module, "LOOK_UPS", look_ups)
    ranges, sets, by_time = said["MOST"]
    monkeypatch.setattr(ways, "MOST_OF_A_RANGE", ranges)
    monkeypatch.setattr(activations, "MOST_OF_A_SET", sets)
    monkeypatch.setattr(activations, "MOST_BY_TIME", by_time)
    monkeypatch.setattr(ways, "FEW", said["FEW"])
    monkeypatch.setattr(activations, "FEW_IN_THREE_TABLES", said["FEW"])
    monkeypatch.setattr(activations, "MOST_IN_ORDER", said["SORTED"])
    return str(request.param)


@pytest.mark.parametrize("coordinate", SERVERS)
async def test_every_way_finds_the_same(lists: Lists, expected: Expected, limits: str, coordinate: str) -> None:
    comparison, field = Comparison(lists, expected, coordinate), connections()[coordinate]
    maker, columns = comparison.maker(limits), orders_of(field)
    others = [name for name in filter_fields(field) if name not in BY_TIME]
    for place in range(30):
        (given,) = maker.alone(BY_TIME[place % 3], 1)
        if place % 2:
            given |= maker.alone(BY_TIME[place // 2 % 3], 1)[0]
        if place // 2 % 2:
            given |= maker.alone(maker.chance.choice(others), 1)[0]
        order = {"field": columns[place % len(columns)], "direction": maker.chance.choice(("ASC", "DESC"))}
        await comparison.agree(given, order)
    assert len(set(comparison.found)) > 3


@pytest.mark.parametrize("coordinate", SERVERS)
@pytest.mark.parametrize("login", ["MASTER", "READ_ONLY_SERVER_MANAGEMENT"])
async def test_a_search_that_many_keys_answer(
    lists: Lists, expected: Expected, monkeypatch: pytest.MonkeyPatch, coordinate: str, login: str
) -> None:
    monkeypatch.setattr(server_criteria, "MANY_KEYS", 0)
    comparison = Comparison(lists, expected, coordinate, login)
    columns = orders_of(connections()[coordinate])
    keys = [row["key"] for row in expected.fleet.of("activation_keys", comparison.account)]
    for place, search in enumerate((keys[1], keys[2][:3], keys[3][-3:].lower(), keys[4][4:7], "-", "web", "example")):
        order = {"field": columns[place % len(columns)], "direction": ("ASC", "DESC")[place % 2]}
        await comparison.agree({"search": search}, order)
    assert len(set(comparison.found)) > 1


@pytest.mark.parametrize("coordinate", ["Account.servers", "ServerGroup.servers"])
async def test_walks_to_addresses_that_a_search_is_the_beginning_of(
    lists: Lists, expected: Expected, monkeypatch: pytest.MonkeyPatch, coordinate: str
) -> None:
    monkeypatch.setattr(finding, "FOR_A_ROW", 0)
    comparison = Comparison(lists, expected, coordinate)
    for search in (
        "192.0.2.",
        "192.0.2.1",
        "192.0.9",
        "192.",
        "192.0",
        "192.0.",
        "92.0.2.",
        "192.0.2.256",
        "203.0.113.",
    ):
        for direction in ("ASC", "DESC"):
            await comparison.agree({"search": search}, {"field": "IP", "direction": direction})
    assert len(set(comparison.found)) > 3


@pytest.mark.parametrize("for_a_row", [0, 6])
async def test_long_pages_find_days_with_the_rest(
    lists: Lists, expected: Expected, monkeypatch: pytest.MonkeyPatch, for_a_row: int
) -> None:
    monkeypatch.setattr(finding, "LONG", 0)
    monkeypatch.setattr(finding, "FOR_A_ROW", for_a_row)
    comparison, field = Comparison(lists, expected, "Account.servers"), connections()["Account.servers"]
    maker, columns = comparison.maker("long"), orders_of(field)
    others = [name for name in filter_fields(field) if name not in BY_TIME]
    for place in range(30):
        given = maker.alone("registered", 1)[0] | maker.alone(others[place % len(others)], 1)[0]
        await comparison.agree(given, {"field": columns[place % len(columns)], "direction": ("ASC", "DESC")[place % 2]})
    assert len(set(comparison.found)) > 3
