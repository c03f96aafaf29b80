"""The batch functions: for all parents of a level at once, one statement each.

The loaders stand before them where a single parent asks; a planned operation calls them with the parents of its level.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from models.entities.base import Columns
from models.queries.children import Children, Totals
from models.queries.pages import Page, Pages, Route, Slice
from models.queries.parents import Parent
from models.statements import Row
from resolvers.context import RequestContext
from resolvers.criteria import Split

NOT_FEW: Mapping[Parent, Route | None] = {}


async def children(
    context: RequestContext,
    query: Children,
    parents: Sequence[Parent],
    filters: Mapping[str, Any],
    columns: Columns = None,
) -> list[list[Row]]:
    """Each parent's rows of a plain list. How those of one are found is the same whoever it is."""
    async with context.db.read(settled=len(parents) == 1) as reader:
        return await query.fetch(reader, parents, filters, context.values, columns)


async def totals(context: RequestContext, query: Totals, parents: Sequence[Parent]) -> list[Row | None]:
    """Each parent's computed row."""
    async with context.db.read(settled=len(parents) == 1) as reader:
        return await query.fetch(reader, parents, context.values)


async def pages(
    context: RequestContext,
    query: Pages,
    parents: Sequence[Parent],
    wanted: Slice,
    split: Split,
    columns: Columns = None,
) -> list[Page]:
    """Each parent's page of a list. The criteria have split the parents into groups of one filter each."""
    found: dict[Parent, Page] = {}
    for group, filters in split:
        async with context.db.read() as reader:
            rows = await query.fetch(reader, group, wanted, filters, context.values, columns)
        found |= zip(group, rows, strict=True)
    return [found[parent] for parent in parents]


async def counts(
    context: RequestContext,
    query: Pages,
    parents: Sequence[Parent],
    split: Split,
    few: Mapping[Parent, Route | None] = NOT_FEW,
) -> list[int]:
    """How long each parent's list is. `few` are the ways of pages that have found all rows of theirs."""
    found: dict[Parent, int] = {}
    for group, filters in split:
        async with context.db.read() as reader:
            totals = await query.count(reader, group, filters, context.values, few.get(group[0]))
        found |= zip(group, totals, strict=True)
    return [found[parent] for parent in parents]
