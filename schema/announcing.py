"""What each place of a plan will ask the database, found by asking one that has no rows and remembers statements.

Every relation sends its real statement, so what is shown is what runs, with nothing executed. A list that is reached
through several parents is asked for two of them, as its statement for one may be another.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from graphql import is_list_type, is_non_null_type

from auth.actors import Actor
from auth.authority import Authority
from auth.credentials import Lifetimes
from models.db import Database, Reader
from models.entities.base import labels
from models.errors import PortalError
from models.queries import lookups
from models.queries.parents import Parent
from models.statements import Row, Statement
from resolvers.context import RequestContext
from schema.cursors import CursorSealer
from schema.execution import plans
from schema.execution.plans import ObjectPlan, Place
from schema.execution.running import Run

NOBODY = UUID(int=0)


class RecordingReader(Reader):
    """Remembers statements instead of sending them, and finds no rows."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(None)
        self._texts = texts

    async def rows(self, statement: Statement, _values: Mapping[str, Any]) -> list[Row]:
        """No rows."""
        return await self.fetch(statement.text)

    async def fetch(self, text: str, *_arguments: Any) -> list[Row]:
        """No rows."""
        self._texts.append(text)
        return []


class RecordingDatabase(Database):
    """A database without rows, connections or writers, that remembers what it was asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    @asynccontextmanager
    async def read(self, *, settled: bool = False) -> AsyncIterator[Reader]:  # noqa: ARG002 (the same for both)
        """A reader that remembers."""
        yield RecordingReader(self.texts)

    def taken(self) -> tuple[str, ...]:
        """What was asked since the last time."""
        texts = tuple(self.texts)
        self.texts.clear()
        return texts


@contextmanager
def nowhere(actor: Actor) -> Iterator[tuple[RequestContext, RecordingDatabase]]:
    """The context of a request that reaches no database, with the one that remembers instead."""
    db, secret = RecordingDatabase(), b"what is announced is sealed for nobody"
    authority = Authority(secret, Lifetimes(timedelta(), timedelta()))
    try:
        context = RequestContext(
            db=db, actor=actor, authority=authority, sealer=CursorSealer(secret), request_id="", public_url=""
        )
        yield context, db
    finally:
        authority.close()


@dataclass(frozen=True)
class Line:
    """One place of the response: how its value comes, the columns and statements it takes, and the places below it."""

    key: str
    coordinate: str
    how: str
    columns: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    below: tuple["Line", ...] = ()


class Announcer:
    """Walks a plan from its root, as a run would over rows. `sources` are the functions generated for its objects."""

    def __init__(self, run: Run, db: RecordingDatabase) -> None:
        self._run = run
        self._db = db
        self.sources: dict[str, str] = {}

    async def lines(self, plan: ObjectPlan, *, several: bool) -> tuple[Line, ...]:
        """The places of one object, of which there are several or one."""
        self._keep_source(plan)
        return await self._lines(plan.places, several)

    def _keep_source(self, plan: ObjectPlan) -> None:
        if plan.source not in self.sources.values():
            known = sum(name.split()[0] == plan.kind.name for name in self.sources)
            self.sources[f"{plan.kind.name} {known + 1}" if known else plan.kind.name] = plan.source

    async def _lines(self, places: Iterable[Place], several: bool) -> tuple[Line, ...]:
        return tuple([await self._line(place, several) for place in places])

    async def _line(self, place: Place, several: bool) -> Line:
        how = description_of(place.value)
        try:
            columns = await self._ask(place, several)
        except PortalError as error:
            how, columns = f"fails: {error.message}", ()
        statements = self._db.taken()
        below = await self._below(place, several)
        return Line(place.key, f"{place.parent.name}.{place.name}", how, columns, statements, below)

    async def _ask(self, place: Place, several: bool) -> tuple[str, ...]:
        """Send the statements of a place and return the columns they select."""
        parents = [Parent(NOBODY, NOBODY)] * (2 if several else 1)
        match place.value:
            case plans.Read(column):
                return (column,)
            case plans.Found(entity, brought=None):
                columns = self._run.plan.lookups.get(entity.name)
                async with self._db.read() as reader:
                    await lookups.find(reader, entity, [NOBODY], {}, columns)
                return labels(tuple(entity.columns) if columns is None else columns)
            case plans.Many(query, _, bind, _, columns):
                async with self._db.read() as reader:
                    await query.fetch(reader, parents, bind(self._run.arguments(place)), {}, columns)
                return labels(columns or ())
            case plans.Total(query):
                async with self._db.read() as reader:
                    await query.fetch(reader, parents, {})
            case plans.PagedList() as paged:
                return await self._ask_page(place, paged, parents)
        return ()

    async def _ask_page(self, place: Place, paged: plans.PagedList, parents: Sequence[Parent]) -> tuple[str, ...]:
        wanted, criteria = paged.kind.bind(self._run.context.sealer, self._run.arguments(place))
        parts = {part.value.name for part in paged.parts if isinstance(part.value, plans.Part)}
        for group, filters in await criteria.filters(self._run.context, parents):
            async with self._db.read() as reader:
                if not parts.isdisjoint({"nodes", "edges", "page_info"}):
                    await paged.kind.query.fetch(reader, group, wanted, filters, {}, paged.columns)
                if "count" in parts:
                    await paged.kind.query.count(reader, group, filters, {})
        return labels(paged.columns or ())

    async def _below(self, place: Place, several: bool) -> tuple[Line, ...]:
        match place.value:
            case plans.Inline(_, _, places) | plans.PagedList(_, places, _):
                return await self._lines(places, several)
            case plans.Held(_, places):
                return await self._lines(places, several=True)
            case plans.Told(possible):
                return await self._told(place, possible, several)
            case plans.Many(_, single, _, plan, _):
                return await self.lines(plan, several=several or not single)
            case plans.Part(name, plan) if plan is not None:
                return await self.lines(plan, several=several or name != "page_info")
        plan = getattr(place.value, "plan", None)
        return () if plan is None else await self.lines(plan, several=several)

    async def _told(self, place: Place, possible: Mapping[str, ObjectPlan], several: bool) -> tuple[Line, ...]:
        """The places of the object types that a story may return, under each type's name where there is a choice."""
        definition: Any = place.definition
        returned = definition.type.of_type if is_non_null_type(definition.type) else definition.type
        many = several or is_list_type(returned)
        below = {name: await self.lines(plan, several=many) for name, plan in possible.items()}
        if len(below) == 1:
            return next(iter(below.values()))
        return tuple(Line(name, name, "where it is one", below=lines) for name, lines in below.items())


def description_of(value: Any) -> str:
    """How a place gets its value, in a few words."""
    return DESCRIPTIONS[type(value)](value)


DESCRIPTIONS: Mapping[type, Callable[[Any], str]] = {
    plans.Constant: lambda value: "null, for it is refused" if value.value is None else "the type's name",
    plans.Read: lambda _: "column",
    plans.Attribute: lambda value: f"attribute {value.name}",
    plans.Held: lambda value: f"list of objects {value.name}",
    plans.GlobalId: lambda value: f"global id of {value.type_name}",
    plans.Inline: lambda value: f"the same row, columns {value.prefix}*",
    plans.Joined: lambda value: f"row of {value.entity.name} beside it, by {value.key}",
    plans.Nested: lambda value: f"the same row, columns {value.prefix}*",
    plans.SameRow: lambda _: "the same row",
    plans.EdgeCursor: lambda _: "sealed cursor",
    plans.Found: lambda value: (
        f"look-up of {value.entity.name} by {value.key}"
        if value.brought is None
        else f"beside a row of {value.brought.key}, looked up by {value.key} where there is none"
    ),
    plans.Many: lambda value: f"{'first row of' if value.single else 'list'} {value.query.name}",
    plans.Total: lambda value: f"computed by {value.query.name}",
    plans.PagedList: lambda value: f"page {value.kind.query.name}",
    plans.Part: lambda value: "counted" if value.name == "count" else "of the page",
    plans.Told: lambda _: "told by its resolver",
}
"""A sentence for each kind of value."""
