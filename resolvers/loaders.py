"""The request's loaders: whoever asks for one row, or one parent's rows, is served with the others of its level."""

import asyncio
from asyncio import shield
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any
from uuid import UUID

from aiodataloader import DataLoader

from models.entities import ACCOUNT, Entity
from models.entities.base import Columns
from models.errors import TooManyRows
from models.queries import lookups
from models.queries.children import Children, Totals
from models.queries.pages import Page, Pages, Slice
from models.queries.parents import Parent
from models.statements import Row
from resolvers import relations
from resolvers.context import RequestContext
from resolvers.criteria import Criteria

OWN_IDS = {"id", "account_id"}

Batch = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]


class StoppedError(Exception):
    """A batch was given up: whoever has been left behind waiting for it need not wait on."""


class Loaders:
    """One aiodataloader for each relation and its arguments, made when first asked for.

    What several wait for is shielded: one of them may be given up, as below a null that bubbles, and the others not.
    `columns` narrows look-ups by id to the columns that a planned operation reads of an entity, by the entity's name.
    """

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}
        self.columns: dict[str, Columns] = {}
        self._batches: set[asyncio.Task[Any] | None] = set()
        self._stopped = False

    def _loader(self, key: Hashable, batch: Batch) -> DataLoader[Any, Any]:
        loader = self._loaders.get(key)
        if loader is None:

            async def load(keys: list[Any]) -> list[Any]:
                return list(await self._noted(batch, keys))

            loader = self._loaders[key] = DataLoader(load)
        return loader

    async def _noted(self, batch: Batch, keys: Sequence[Any]) -> Sequence[Any]:
        """Run a batch, which has a task of its own, where `stop` finds it."""
        task = asyncio.current_task()
        self._batches.add(task)
        try:
            if self._stopped:
                raise StoppedError
            return await batch(keys)
        except asyncio.CancelledError:
            raise StoppedError from None
        finally:
            self._batches.discard(task)

    async def stop(self) -> None:
        """Give up the batches under way, and return when their statements have ended: nobody waits for them now."""
        self._stopped = True
        running = [task for task in self._batches if task is not None]
        for task in running:
            task.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)

    def _rows(self, entity: Entity) -> DataLoader[Any, Any]:
        async def batch(ids: Sequence[UUID]) -> Sequence[Row | None]:
            columns = self.columns.get(entity.name)
            async with self._context.db.read() as reader:
                return await lookups.find(reader, entity, ids, self._context.values, columns)

        return self._loader(entity.name, batch)

    async def by_id(self, entity: Entity, id_: UUID | None) -> Row | None:
        """The row of an id, None where the caller reaches none."""
        return None if id_ is None else await shield(self._rows(entity).load(id_))

    async def many_by_id(self, entity: Entity, ids: Sequence[UUID]) -> list[Row | Exception | None]:
        """The rows of several distinct ids, in their order; what a look-up raised stands in the place of its row."""
        own = self._own_account(entity, ids)
        if own is not None:
            return [own]
        loader = self._rows(entity)
        found: list[Any] = await asyncio.gather(*(loader.load(id_) for id_ in ids), return_exceptions=True)
        for one in found:
            if isinstance(one, TooManyRows) or (isinstance(one, BaseException) and not isinstance(one, Exception)):
                raise one
        return found

    def _own_account(self, entity: Entity, ids: Sequence[UUID]) -> Row | None:
        """The caller's own account where nothing but its id is read: that it is there, the credential says."""
        if entity is not ACCOUNT or [self._context.values["me"]] != ids or self._context.actor is None:
            return None
        return {"id": ids[0], "account_id": ids[0]} if set(self.columns.get(entity.name) or "*") <= OWN_IDS else None

    async def children(self, query: Children, parent: Parent, **filters: Hashable) -> list[Row]:
        """A parent's rows. The filters are hashable, so that equal ones share a statement."""

        async def batch(parents: Sequence[Parent]) -> Sequence[list[Row]]:
            return await relations.children(self._context, query, parents, filters)

        rows: list[Row] = await shield(self._loader((query.name, *sorted(filters.items())), batch).load(parent))
        return rows

    async def total(self, query: Totals, parent: Parent) -> Row | None:
        """The row computed for a parent."""

        async def batch(parents: Sequence[Parent]) -> Sequence[Row | None]:
            return await relations.totals(self._context, query, parents)

        row: Row | None = await shield(self._loader(query.name, batch).load(parent))
        return row

    async def page(self, query: Pages, parent: Parent, wanted: Slice, criteria: Criteria) -> Page:
        """A parent's page of a list."""

        async def batch(parents: Sequence[Parent]) -> Sequence[Page]:
            split = await criteria.filters(self._context, parents)
            return await relations.pages(self._context, query, parents, wanted, split)

        page: Page = await shield(self._loader((query.name, wanted, criteria), batch).load(parent))
        return page

    async def count(self, query: Pages, parent: Parent, criteria: Criteria) -> int:
        """How long a parent's list is."""

        async def batch(parents: Sequence[Parent]) -> Sequence[int]:
            split = await criteria.filters(self._context, parents)
            return await relations.counts(self._context, query, parents, split)

        count: int = await shield(self._loader((query.name, "count", criteria), batch).load(parent))
        return count

    def clear(self) -> None:
        """Forget everything: a mutation has changed what was read."""
        self._loaders.clear()
