"""Every connection in every order: pages, from either end, add up to the whole list and to nothing else."""

from typing import Any

import pytest

from tests.rules.expected import NULLABLE, Expected
from tests.rules.fleet import Fleet
from tests.rules.lists import ROUTES, Lists, node_id, row_keys
from tests.rules.schema_walk import connections, ordered_connections

ORDERED = ordered_connections()
NAMES = [f"{name}-{order['field']}-{order['direction']}" if order else name for name, order in ORDERED]
SIZE = 4

every_order = pytest.mark.parametrize(("coordinate", "order"), ORDERED, ids=NAMES)
every_list = pytest.mark.parametrize("coordinate", sorted(ROUTES))


@pytest.fixture
def expected(fleet: Fleet) -> Expected:
    return Expected(fleet)


def ordering(order: dict[str, str] | None) -> dict[str, Any]:
    return {} if order is None else {"orderBy": order}


async def walk(lists: Lists, coordinate: str, start: str, towards: str, order: dict[str, str] | None) -> list[str]:
    """Read a list page by page, checking what each page says of itself."""
    forwards = towards == "forwards"
    size, place, edge, more, back = (
        ("first", "after", "endCursor", "hasNextPage", "hasPreviousPage")
        if forwards
        else ("last", "before", "startCursor", "hasPreviousPage", "hasNextPage")
    )
    seen: list[str] = []
    arguments = {size: SIZE, **ordering(order)}
    while True:
        page = await lists.page(coordinate, start, **arguments)
        keys, info, cursors = row_keys(page["nodes"]), page["pageInfo"], [one["cursor"] for one in page["edges"]]
        assert keys == row_keys([one["node"] for one in page["edges"]])
        assert [info["startCursor"], info["endCursor"]] == [cursors[0], cursors[-1]]
        assert info[back] is bool(seen)
        seen = [*seen, *keys] if forwards else [*keys, *seen]
        assert info[more] is (len(seen) < page["totalCount"])
        if not info[more]:
            assert len(keys) <= SIZE
            return seen
        assert len(keys) == SIZE
        arguments[place] = info[edge]


def test_the_table_of_routes_names_every_connection_of_the_schema() -> None:
    assert set(ROUTES) == set(connections())


def test_the_fleet_has_ties_and_nulls_in_what_it_is_sorted_by(expected: Expected) -> None:
    for coordinate, order in ORDERED:
        if order is None or coordinate.partition(".")[0] not in {"Account", "Customer"}:
            continue
        name = coordinate.partition(".")[2]
        value = expected.orders[name][order["field"]]
        values = [value(row) for row in expected.rows(coordinate, expected.start(coordinate)[1])]
        assert (None in values) is ((name, order["field"]) in NULLABLE), coordinate
        assert len(set(values)) < len(values) or order["field"] in {"KEY", "NUMBER"}, (coordinate, order)


@every_order
async def test_pages_from_either_end_add_up_to_the_sorted_list(
    lists: Lists, expected: Expected, coordinate: str, order: dict[str, str] | None
) -> None:
    start, row = expected.start(coordinate)
    wanted = expected.sorted(coordinate, expected.rows(coordinate, row), order)
    assert len(wanted) > SIZE
    assert await lists.keys(coordinate, start, **ordering(order)) == wanted
    assert await walk(lists, coordinate, start, "forwards", order) == wanted
    assert await walk(lists, coordinate, start, "backwards", order) == wanted


@every_list
async def test_every_cursor_of_a_page_cuts_the_list_at_its_row(
    lists: Lists, expected: Expected, coordinate: str
) -> None:
    start, row = expected.start(coordinate)
    wanted = expected.sorted(coordinate, expected.rows(coordinate, row), None)
    edges = (await lists.page(coordinate, start, first=100))["edges"]
    for place, edge in list(enumerate(edges))[:: max(1, len(edges) // 8)]:
        after = await lists.page(coordinate, start, after=edge["cursor"], first=100)
        before = await lists.page(coordinate, start, before=edge["cursor"], last=100)
        assert row_keys(after["nodes"]) == wanted[place + 1 :]
        assert row_keys(before["nodes"]) == wanted[:place]
        assert after["totalCount"] == before["totalCount"] == len(wanted)
        assert after["pageInfo"]["hasPreviousPage"] is before["pageInfo"]["hasNextPage"] is True
        assert after["pageInfo"]["hasNextPage"] is before["pageInfo"]["hasPreviousPage"] is False


@every_list
async def test_two_cursors_enclose_what_lies_between_them_from_either_end(
    lists: Lists, expected: Expected, coordinate: str
) -> None:
    start, row = expected.start(coordinate)
    wanted = expected.sorted(coordinate, expected.rows(coordinate, row), None)
    edges = (await lists.page(coordinate, start, first=100))["edges"]
    between: dict[str, Any] = {"after": edges[0]["cursor"], "before": edges[-1]["cursor"]}
    sizes: list[dict[str, Any]] = [{"first": 100}, {"last": 100}, {}, {"first": 1}, {"last": 1}]
    for size in sizes:
        page = await lists.page(coordinate, start, **between, **size)
        inside = wanted[1:-1][: page_size(size)] if "last" not in size else wanted[1:-1][-page_size(size) :]
        assert row_keys(page["nodes"]) == inside
        assert page["pageInfo"]["hasNextPage"] is page["pageInfo"]["hasPreviousPage"] is True


def page_size(arguments: dict[str, int]) -> int:
    return next(iter(arguments.values()), 20)


@every_list
async def test_an_empty_list_is_an_empty_page(lists: Lists, expected: Expected, coordinate: str) -> None:
    for login, start in empty_lists(expected, coordinate):
        page = await lists.page(coordinate, start, login=login)
        assert page == {
            "nodes": [],
            "edges": [],
            "totalCount": 0,
            "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
        }


def empty_lists(expected: Expected, coordinate: str) -> list[tuple[str, str]]:
    """Who finds the list empty: the account of its own for what only an account has."""
    if ROUTES[coordinate].start == "Account":
        account = expected.fleet.accounts["idle"]
        return [("idle", node_id("Account", account))]
    return [("MASTER", expected.empty_start(coordinate))]


async def test_twenty_rows_where_no_size_is_given_and_a_hundred_where_the_most_is(
    lists: Lists, expected: Expected
) -> None:
    start, row = expected.start("Account.servers")
    wanted = expected.sorted("Account.servers", expected.rows("Account.servers", row), None)
    assert row_keys((await lists.page("Account.servers", start))["nodes"]) == wanted[:20]
    assert row_keys((await lists.page("Account.servers", start, first=None, last=None))["nodes"]) == wanted[:20]
    assert row_keys((await lists.page("Account.servers", start, last=7))["nodes"]) == wanted[-7:]
