"""Pages of filtered lists: a cursor and a range over the very column that sorts bound the list together."""

from typing import Any

import pytest

from tests.rules.expected import Expected
from tests.rules.filtering import Meaning
from tests.rules.fleet import Fleet
from tests.rules.lists import Lists, row_keys
from tests.rules.made_filters import FilterMaker
from tests.rules.rows import ZONES

SIZE = 3
RANGES = [
    ("servers", "REGISTERED_AT", "registered"),
    ("servers", "LAST_CHECK_IN", "lastCheckIn"),
    ("servers", "LAST_CHECK_IN", "states"),
    ("servers", "GROUP", "groupIds"),
    ("servers", "HOSTNAME", "search"),
    ("servers", "IP", "search"),
    ("invoices", "CREATED_AT", "created"),
    ("activationKeys", "LIMIT", "limited"),
]
SAID = {("IP", "search"): [{"search": "2001:DB8::"}, {"search": ":"}, {"search": "::a"}]}
"""Filters that are not left to chance."""

COORDINATES = {
    "servers": ("Account.servers", "Customer.servers", "ActivationKey.servers", "ProductSubscription.servers"),
    "invoices": ("Account.invoices",),
    "activationKeys": ("Account.activationKeys", "ProductSubscription.activationKeys"),
}
CASES = [(coordinate, column, one) for name, column, one in RANGES for coordinate in COORDINATES[name]]


@pytest.fixture
def expected(fleet: Fleet) -> Expected:
    return Expected(fleet)


async def paged(lists: Lists, coordinate: str, start: str, ends: tuple[str, str, str, str], asked: Any) -> list[str]:
    """All pages of a list in the order in which they are reached."""
    size, place, cursor, more = ends
    seen: list[str] = []
    totals: set[int] = set()
    arguments = {size: SIZE, **asked}
    while True:
        page = await lists.page(coordinate, start, **arguments)
        keys = row_keys(page["nodes"])
        seen = [*seen, *keys] if size == "first" else [*keys, *seen]
        totals.add(page["totalCount"])
        if not page["pageInfo"][more]:
            assert totals == {len(seen)}
            return seen
        arguments[place] = page["pageInfo"][cursor]


@pytest.mark.parametrize(("coordinate", "column", "one"), CASES, ids=["-".join(case) for case in CASES])
async def test_pages_of_a_filtered_list_add_up_to_it(
    lists: Lists, expected: Expected, coordinate: str, column: str, one: str
) -> None:
    account = expected.account_of(coordinate)
    name, (start, row) = coordinate.partition(".")[2], expected.start(coordinate)
    maker = FilterMaker(expected.fleet, account, f"{coordinate} {column} {one} pages")
    for given in [*maker.alone(one, 5), *SAID.get((column, one), [])]:
        rows = Meaning(expected.fleet, ZONES[account]).listed(name, expected.rows(coordinate, row), given)
        for direction in ("ASC", "DESC"):
            order = {"field": column, "direction": direction}
            wanted = expected.sorted(coordinate, rows, order)
            asked = {"filter": given, "orderBy": order}
            forwards = ("first", "after", "endCursor", "hasNextPage")
            backwards = ("last", "before", "startCursor", "hasPreviousPage")
            assert await paged(lists, coordinate, start, forwards, asked) == wanted, given
            assert await paged(lists, coordinate, start, backwards, asked) == wanted, given
