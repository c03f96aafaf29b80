"""What a connection refuses: sizes out of range, both ends at once, and cursors that are none of its own."""

from typing import Any

import pytest

from schema.cursors import CursorSealer
from schema.paging import purpose_of
from tests.conftest import SECRET
from tests.rules.expected import Expected
from tests.rules.fleet import Fleet
from tests.rules.lists import ROUTES, Lists
from tests.rules.schema_walk import connections, orders_of

every_list = pytest.mark.parametrize("coordinate", sorted(ROUTES))
either_end = pytest.mark.parametrize("argument", ["after", "before"])


@pytest.fixture
def expected(fleet: Fleet) -> Expected:
    return Expected(fleet)


async def refused(lists: Lists, expected: Expected, coordinate: str, argument: str, **arguments: Any) -> str:
    """Ask for a list that must be refused for this argument, and return the reason."""
    start, _ = expected.start(coordinate)
    error = await lists.error(coordinate, start, **arguments)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argumentPath"] == argument
    assert error["path"][-1] == coordinate.partition(".")[2]
    return str(error["message"])


async def some_cursor(lists: Lists, expected: Expected, coordinate: str, **arguments: Any) -> str:
    """The cursor of a list's first row."""
    page = await lists.page(coordinate, expected.start(coordinate)[0], first=1, **arguments)
    return str(page["pageInfo"]["endCursor"])


@every_list
async def test_a_size_below_one_or_above_a_hundred_is_refused(
    lists: Lists, expected: Expected, coordinate: str
) -> None:
    for argument in ("first", "last"):
        for size in (0, -1, 101, 2**31 - 1, -(2**31)):
            message = await refused(lists, expected, coordinate, argument, **{argument: size})
            assert message == f"`{argument}` must be from 1 to 100."


@every_list
async def test_first_and_last_together_are_refused(lists: Lists, expected: Expected, coordinate: str) -> None:
    message = await refused(lists, expected, coordinate, "last", first=1, last=1)
    assert message == "Give `first` or `last`, not both."


@every_list
async def test_the_smallest_and_the_greatest_size_are_taken(lists: Lists, expected: Expected, coordinate: str) -> None:
    start, row = expected.start(coordinate)
    length = len(expected.rows(coordinate, row))
    for argument in ("first", "last"):
        for size in (1, 100):
            asked: dict[str, Any] = {argument: size}
            page = await lists.page(coordinate, start, "nodes { id }", **asked)
            assert len(page["nodes"]) == min(size, length)


@every_list
async def test_what_is_no_cursor_is_refused(lists: Lists, expected: Expected, coordinate: str) -> None:
    own = await some_cursor(lists, expected, coordinate)
    flipped = ("B" if own[20] == "A" else "A").join((own[:20], own[21:]))
    last_bits = own[:-1] + ("B" if own[-1] == "A" else "A")
    forgeries = ["", " ", "garbage", "0", "é", "…" * 40, "A" * 5000, "AQ", flipped, last_bits, own[:-4], own + "AAAA"]
    forgeries += [f"{own}=", f"{own}\n", f"!{own}", own[:5] + "*" + own[5:], own.swapcase()]
    for place, forged in enumerate(forgeries):
        argument = ("after", "before")[place % 2]
        await refused(lists, expected, coordinate, argument, **{argument: forged})


@either_end
async def test_a_cursor_of_another_list_is_refused(lists: Lists, expected: Expected, argument: str) -> None:
    cursors = {other: await some_cursor(lists, expected, other) for other in ROUTES}
    names = sorted(ROUTES)
    for place, coordinate in enumerate(names):
        for other in (*names[place + 1 :], *names[:place])[::4]:
            if shared(other) != shared(coordinate):
                await refused(lists, expected, coordinate, argument, **{argument: cursors[other]})


@every_list
async def test_a_cursor_sealed_under_another_secret_is_refused(
    lists: Lists, expected: Expected, coordinate: str
) -> None:
    own = await some_cursor(lists, expected, coordinate)
    purpose, text = opened(own, coordinate)
    assert CursorSealer(SECRET.encode()).seal(purpose, text) == own
    elsewhere = CursorSealer(b"another gateway's secret").seal(purpose, text)
    await refused(lists, expected, coordinate, "after", after=elsewhere)


def shared(coordinate: str) -> str:
    """A customer's lists are an account's own lists, seen by its reseller: what tells a list from others."""
    return coordinate.replace("Customer.", "Account.")


def opened(cursor: str, coordinate: str) -> tuple[str, str]:
    """What a cursor was sealed for, and the text inside."""
    query = connections()[coordinate].extensions["strawberry-definition"].metadata["kind"].query
    purpose = purpose_of(query, query.default)
    text = CursorSealer(SECRET.encode()).open(purpose, cursor)
    assert text is not None
    return purpose, text


@either_end
@pytest.mark.parametrize("coordinate", [name for name, field in sorted(connections().items()) if orders_of(field)])
async def test_a_cursor_of_another_order_is_refused_and_one_of_the_other_direction_is_not(
    lists: Lists, expected: Expected, coordinate: str, argument: str
) -> None:
    columns = orders_of(connections()[coordinate])
    cursors = {
        column: await some_cursor(lists, expected, coordinate, orderBy={"field": column, "direction": "ASC"})
        for column in columns
    }
    for column in columns:
        for other, cursor in cursors.items():
            asked: dict[str, Any] = {"orderBy": {"field": column, "direction": "DESC"}, argument: cursor}
            if other != column:
                await refused(lists, expected, coordinate, argument, **asked)
            else:
                page = await lists.page(coordinate, expected.start(coordinate)[0], "nodes { id }", first=100, **asked)
                rest = len(expected.rows(coordinate, expected.start(coordinate)[1])) - 1
                assert len(page["nodes"]) == (rest if argument == "before" else 0)


@every_list
async def test_a_cursor_shows_nothing_of_the_row_that_it_stands_for(
    lists: Lists, expected: Expected, coordinate: str
) -> None:
    start, _ = expected.start(coordinate)
    page = await lists.page(coordinate, start, first=100)
    cursors = [edge["cursor"] for edge in page["edges"]]
    assert len(set(cursors)) == len(cursors)
    for edge in page["edges"]:
        assert edge["node"]["id"] not in edge["cursor"]
        text = opened(edge["cursor"], coordinate)[1]
        assert text[:32] not in edge["cursor"]
        assert text[32:] not in edge["cursor"]
