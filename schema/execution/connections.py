"""Connections in a plan: pages for all parents in one statement, counts in another, and only the parts selected."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from models.errors import TooManyRows
from models.queries.pages import Page, Slice
from models.queries.parents import Parent
from resolvers import relations
from resolvers.criteria import Criteria
from schema.execution import plans
from schema.execution.levels import Level, Path, child_level, flattened, regrouped, together
from schema.execution.plans import Place
from schema.kinds import parent_of
from schema.paging import page_info_of, purpose_of

if TYPE_CHECKING:
    from schema.execution.running import Run

Fetched = list[Any] | Exception


async def connections(run: "Run", place: Place, paged: plans.PagedList, level: Level) -> list[Any]:
    """The connection of each row. Bad arguments are an error of the whole place, raised here."""
    wanted, criteria = paged.kind.bind(run.context.sealer, run.arguments(place))
    pages, counts = await _fetched(run, paged, [parent_of(row) for row in level.rows], wanted, criteria)
    purpose = purpose_of(paged.kind.query, wanted.order)
    values = [await _part(run, place, part, level, pages, counts, purpose) for part in paged.parts]
    return [_object(paged.parts, [found[index] for found in values]) for index in range(len(level.rows))]


async def _fetched(
    run: "Run", paged: plans.PagedList, parents: Sequence[Parent], wanted: Slice, criteria: Criteria
) -> list[Fetched]:
    """The pages and the counts, as far as parts are selected that need them. The criteria are resolved for both."""
    names = {part.value.name for part in paged.parts if isinstance(part.value, plans.Part)}
    if not names:
        return [[], []]
    split = await _or_error(partial(criteria.filters, run.context, parents))
    if isinstance(split, Exception):
        return [split, split]
    query, columns = paged.kind.query, paged.columns
    pages = partial(relations.pages, run.context, query, parents)
    counts = partial(relations.counts, run.context, query, parents, split)
    if len(parents) == 1 and names > {"count"} and any(filters.names for _, filters in split):
        return await _one_by_one(partial(pages, replace(wanted, counted=True), split, columns), counts, parents)
    pages = partial(pages, wanted, split, columns)
    wanted_pages, wanted_counts = pages if names - {"count"} else _none, counts if "count" in names else _none
    return await together([_or_error(wanted_pages), _or_error(wanted_counts)])


async def _one_by_one(
    pages: Callable[[], Awaitable[Any]], counts: Callable[..., Awaitable[Any]], parents: Sequence[Parent]
) -> list[Fetched]:
    """The page first, for it may know how long the list is, or which few rows have to be counted."""
    found = await _or_error(pages)
    if isinstance(found, Exception):
        return [found, await _or_error(counts)]
    (page,) = found
    return [found, await _or_error(partial(counts, {parents[0]: page.few})) if page.total is None else [page.total]]


async def _or_error(work: Callable[[], Awaitable[Any]]) -> Any:
    """What was read, or the error that each part which needs it tells.

    The work begins in here: a task that is given up before its first step leaves nothing begun behind.
    """
    try:
        return await work()
    except TooManyRows:
        raise
    except Exception as error:  # noqa: BLE001 (an error of some parts leaves the others standing)
        return error


async def _none() -> list[Any]:
    return []


async def _part(
    run: "Run", place: Place, part: Place, level: Level, pages: Fetched, counts: Fetched, purpose: str
) -> list[Any]:
    """One field of the connections, for each row of the level."""
    value = part.value
    if isinstance(value, plans.Constant):
        return [value.value] * len(level.rows)
    if not isinstance(value, plans.Part):
        raise TypeError(f"{value} is no part of a connection")
    fetched = counts if value.name == "count" else pages
    below: Path = (place.key, part.key)
    if isinstance(fetched, Exception):
        for index in range(len(level.rows)):
            run.errors.report(fetched, part.nodes, [path + below for path in level.paths(index)])
        return [None] * len(level.rows)
    if value.plan is None:
        return fetched
    if value.name == "page_info":
        return await _page_infos(run, value.plan, level, fetched, below, purpose)
    lists = [page.rows for page in fetched]
    rows, owner_of = flattened(lists, below)
    outputs = await run.objects(value.plan, child_level(rows, owner_of, level.paths, purpose))
    return regrouped(lists, outputs, items_nullable=False, gaps=run.gaps)


async def _page_infos(
    run: "Run", plan: plans.ObjectPlan, level: Level, pages: list[Page], below: Path, purpose: str
) -> list[Any]:
    sealer = run.context.sealer
    cursors = any(isinstance(p.value, plans.Read) and p.value.column.endswith("_cursor") for p in plan.places)
    rows = [page_info_of(page, sealer, purpose, cursors=cursors) for page in pages]
    return await run.objects(plan, child_level(rows, lambda index: (index, below), level.paths))


def _object(parts: Sequence[Place], values: Sequence[Any]) -> dict[str, Any] | None:
    if any(value is None and not part.nullable for part, value in zip(parts, values, strict=True)):
        return None
    return {part.key: value for part, value in zip(parts, values, strict=True)}
