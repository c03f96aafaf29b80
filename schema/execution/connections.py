"""Connections in a plan: pages for all parents in one statement, counts in another, and only the parts selected."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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
    parents = [parent_of(row) for row in level.rows]
    names = {part.value.name for part in paged.parts if isinstance(part.value, plans.Part)}
    paging = not names.isdisjoint({"nodes", "edges", "page_info"})
    found = _pages(run, paged, parents, wanted, criteria, needed=paging)
    pages, counts = await together([found, _counts(run, paged, parents, criteria, needed="count" in names)])
    purpose = purpose_of(paged.kind.query, wanted.order)
    values = [await _part(run, place, part, level, pages, counts, purpose) for part in paged.parts]
    return [_object(paged.parts, [found[index] for found in values]) for index in range(len(parents))]


async def _pages(
    run: "Run", paged: plans.PagedList, parents: Sequence[Parent], wanted: Slice, criteria: Criteria, *, needed: bool
) -> Fetched:
    try:
        query, columns = paged.kind.query, paged.columns
        return await relations.pages(run.context, query, parents, wanted, criteria, columns) if needed else []
    except Exception as error:  # noqa: BLE001 (an error of the parts that need the page)
        return error


async def _counts(
    run: "Run", paged: plans.PagedList, parents: Sequence[Parent], criteria: Criteria, *, needed: bool
) -> Fetched:
    try:
        return await relations.counts(run.context, paged.kind.query, parents, criteria) if needed else []
    except Exception as error:  # noqa: BLE001 (an error of the count alone)
        return error


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
    rows, owners = flattened(lists, below)
    outputs = await run.objects(value.plan, child_level(rows, owners, level.paths, purpose))
    return regrouped(lists, outputs, items_nullable=False)


async def _page_infos(
    run: "Run", plan: plans.ObjectPlan, level: Level, pages: list[Page], below: Path, purpose: str
) -> list[Any]:
    sealer = run.context.sealer
    cursors = any(isinstance(p.value, plans.Read) and p.value.column.endswith("_cursor") for p in plan.places)
    rows = [page_info_of(page, sealer, purpose, cursors=cursors) for page in pages]
    owners: list[tuple[int, Path]] = [(index, below) for index in range(len(rows))]
    return await run.objects(plan, child_level(rows, owners, level.paths))


def _object(parts: Sequence[Place], values: Sequence[Any]) -> dict[str, Any] | None:
    if any(value is None and not part.nullable for part, value in zip(parts, values, strict=True)):
        return None
    return {part.key: value for part, value in zip(parts, values, strict=True)}
