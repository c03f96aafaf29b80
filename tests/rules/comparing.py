"""A list over HTTP, held beside what plain Python makes of the fleet's rows."""

from typing import Any

from tests.rules.expected import Expected
from tests.rules.filtering import Filter, Meaning
from tests.rules.lists import Lists, row_keys
from tests.rules.made_filters import FilterMaker
from tests.rules.rows import ZONES

WITHOUT_KEY_USE = ("BILLING", "READ_ONLY_BILLING", "READ_ONLY_SERVER_MANAGEMENT")


class Comparison:
    """One list as a login sees it, filter after filter, beside what Python makes of its rows."""

    def __init__(self, lists: Lists, expected: Expected, coordinate: str, login: str = "MASTER") -> None:
        self.lists, self.expected, self.coordinate, self.login = lists, expected, coordinate, login
        self.account = expected.account_of(coordinate)
        self.name = coordinate.partition(".")[2]
        self.meaning = Meaning(expected.fleet, ZONES[self.account], whole_keys=login not in WITHOUT_KEY_USE)
        self.found: list[int] = []

    def maker(self, seed: str) -> FilterMaker:
        return FilterMaker(self.expected.fleet, self.account, f"{self.coordinate} {self.login} {seed}")

    async def agree(self, given: Filter, order: dict[str, str] | None = None) -> None:
        """Hold that the filtered list is the same, in the same order, and counted right, by its first row, too."""
        start, row = self.expected.start(self.coordinate)
        rows = self.meaning.listed(self.name, self.expected.rows(self.coordinate, row), given)
        asked: dict[str, Any] = {"filter": given, **({"orderBy": order} if order else {})}
        keys = await self.lists.keys(self.coordinate, start, login=self.login, **asked)
        assert keys == self.expected.sorted(self.coordinate, rows, order), (given, order)
        first = await self.lists.page(
            self.coordinate, start, "nodes { id } totalCount", login=self.login, first=1, **asked
        )
        assert (row_keys(first["nodes"]), first["totalCount"]) == (keys[:1], len(keys)), (given, order)
        self.found.append(len(keys))
