"""Every filter of every list, alone and together with others, compared with plain Python over the rows."""

from typing import Any

import pytest

from tests.rules.comparing import Comparison
from tests.rules.expected import Expected
from tests.rules.fleet import Fleet
from tests.rules.lists import Lists
from tests.rules.schema_walk import connections, filter_fields, orders_of

FILTERED = [name for name, field in sorted(connections().items()) if filter_fields(field)]
ALONE = [(name, one) for name in FILTERED for one in filter_fields(connections()[name])]


@pytest.fixture
def expected(fleet: Fleet) -> Expected:
    return Expected(fleet)


@pytest.mark.parametrize(("coordinate", "one"), ALONE, ids=[f"{name}-{one}" for name, one in ALONE])
async def test_a_filter_alone(lists: Lists, expected: Expected, coordinate: str, one: str) -> None:
    comparison = Comparison(lists, expected, coordinate)
    for given in comparison.maker(one).alone(one, 12):
        await comparison.agree(given)
    assert len(set(comparison.found)) > 1


@pytest.mark.parametrize("coordinate", FILTERED)
async def test_filters_together_in_every_order(lists: Lists, expected: Expected, coordinate: str) -> None:
    comparison = Comparison(lists, expected, coordinate)
    field = connections()[coordinate]
    made = comparison.maker("together").together(list(filter_fields(field)), 40)
    for place, given in enumerate(made):
        columns = orders_of(field)
        order = None
        if columns:
            direction = ("ASC", "DESC")[place // len(columns) % 2]
            order = {"field": columns[place % len(columns)], "direction": direction}
        await comparison.agree(given, order)
    assert len(set(comparison.found)) > 2


@pytest.mark.parametrize("login", ["BILLING", "READ_ONLY_SERVER_MANAGEMENT", "SERVER_MANAGEMENT"])
@pytest.mark.parametrize(
    "coordinate", [name for name in FILTERED if name.partition(".")[2] in {"servers", "activationKeys"}]
)
async def test_search_as_each_role_sees_keys(lists: Lists, expected: Expected, coordinate: str, login: str) -> None:
    comparison = Comparison(lists, expected, coordinate, login)
    for given in comparison.maker("search").alone("search", 15):
        await comparison.agree(given)


@pytest.mark.parametrize("coordinate", FILTERED)
async def test_a_filter_that_says_nothing_leaves_the_list_whole(
    lists: Lists, expected: Expected, coordinate: str
) -> None:
    fields = filter_fields(connections()[coordinate])
    start, row = expected.start(coordinate)
    whole = expected.sorted(coordinate, expected.rows(coordinate, row), None)
    ranges: dict[str, Any] = {name: {} for name, field in fields.items() if str(field.type) == "DateRange"}
    open_ranges = {name: {"from": None, "to": None} for name in ranges}
    for given in (None, {}, dict.fromkeys(fields), ranges, open_ranges):
        assert await lists.keys(coordinate, start, filter=given) == whole


@pytest.mark.parametrize("coordinate", FILTERED)
async def test_an_empty_list_of_values_matches_nothing(lists: Lists, expected: Expected, coordinate: str) -> None:
    fields = filter_fields(connections()[coordinate])
    start, _ = expected.start(coordinate)
    for name in (name for name, field in fields.items() if str(field.type).startswith("[")):
        assert await lists.keys(coordinate, start, filter={name: []}) == []
