"""A level: all rows at one place of a response, wherever their parents stand, and where each of them is."""

from asyncio import ensure_future, gather
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any

from graphql import FieldNode, GraphQLError, located_error

Path = tuple[str | int, ...]
Paths = Callable[[int], list[Path]]
"""Where the row of an index stands: in several places where several parents share it. Asked for only by errors."""
OwnerOf = Callable[[int], tuple[int, Path]]
"""The parent of the row of an index, and the path from there. Asked for only by errors, too."""


async def together(works: Iterable[Awaitable[Any]]) -> list[Any]:
    """The results of all. What one raises is raised once all have ended: nothing runs on behind a failure or a stop."""
    results = await gather(*works, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


NOTHING: Mapping[Hashable, Any] = {}


class Level:
    """Rows that are built together. What some places have below them may have been `fetched` with the rows."""

    __slots__ = ("_shared", "fetched", "paths", "purpose", "rows")

    def __init__(
        self, rows: Sequence[Any], paths: Paths, purpose: str | None = None, fetched: Mapping[Hashable, Any] = NOTHING
    ) -> None:
        self.rows = rows
        self.paths = paths
        self.purpose = purpose
        self.fetched = fetched
        self._shared: dict[Hashable, Any] = {}

    def shared(self, key: Hashable, start: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
        """What several places of the level need, started once."""
        if key not in self._shared:
            self._shared[key] = ensure_future(start())
        return self._shared[key]  # type: ignore[no-any-return]


class Errors:
    """The errors of one run, each located at its path."""

    def __init__(self) -> None:
        self.found: list[GraphQLError] = []

    def report(self, error: Exception, nodes: Sequence[FieldNode], paths: Sequence[Path]) -> None:
        """Add an error for each of the places."""
        self.found.extend(located_error(error, list(nodes), list(path)) for path in paths)

    def unexpected_null(self, coordinate: str, nodes: Sequence[FieldNode], paths: Sequence[Path]) -> None:
        """Add the error of a place that must not be null and is, without any other reason."""
        self.report(TypeError(f"Cannot return null for non-nullable field {coordinate}."), nodes, paths)


def child_level(rows: Sequence[Any], owner_of: OwnerOf, parents: Paths, purpose: str | None = None) -> Level:
    """A level below another: each row has an owner there, and a path from it."""

    def paths(index: int) -> list[Path]:
        owner, below = owner_of(index)
        return [path + below for path in parents(owner)]

    return Level(rows, paths, purpose)


def flattened(lists: Sequence[Sequence[Any] | None], below: Path) -> tuple[list[Any], OwnerOf]:
    """The rows of all lists one after another, and where each came from."""
    starts = [0, *accumulate(len(items or ()) for items in lists)]

    def owner_of(index: int) -> tuple[int, Path]:
        owner = bisect_right(starts, index) - 1
        return owner, (*below, index - starts[owner])

    return [*chain.from_iterable(items for items in lists if items)], owner_of


def regrouped(
    lists: Sequence[Sequence[Any] | None], outputs: list[Any], *, items_nullable: bool, gaps: bool = True
) -> list[list[Any] | None]:
    """The outputs of flattened rows as lists again; a list that may not hold null and does is null itself.

    Without `gaps` no output is known to be null: to look for one takes as long as all the rest.
    """
    whole = items_nullable or not gaps or None not in outputs
    regrouped_: list[list[Any] | None] = []
    start = 0
    for items in lists:
        if items is None:
            regrouped_.append(None)
            continue
        chunk = outputs[start : start + len(items)]
        start += len(items)
        regrouped_.append(chunk if whole or None not in chunk else None)
    return regrouped_


def below(level: Level, index: int, key: str) -> list[Path]:
    """The paths of a key of a row."""
    return [(*path, key) for path in level.paths(index)]
