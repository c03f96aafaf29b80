"""Running a plan: level by level, every relation of a level in one call for all of its rows."""

import asyncio
from collections.abc import Sequence
from inspect import isawaitable
from typing import Any, cast

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, get_argument_values
from graphql.execution.values import VariableValues
from strawberry import Schema

from models.errors import TooManyRows
from models.queries.parents import Parent
from models.usage import current_usage
from resolvers import relations
from resolvers.context import RequestContext
from schema.execution import plans
from schema.execution.arguments import Signature, signature
from schema.execution.building import UnexpectedNullError
from schema.execution.completing import complete, rebuild
from schema.execution.connections import connections
from schema.execution.levels import Errors, Level, below, child_level, flattened, regrouped, together
from schema.execution.named import found, named
from schema.execution.plans import ObjectPlan, Place, Plan
from schema.guards import Verdict
from schema.kinds import Prefixed, parent_of
from schema.paging import sealed_place


class Run:
    """One run of a plan, for one request. It has `gaps` once an unexpected null has taken an object with it."""

    def __init__(
        self,
        schema: GraphQLSchema,
        plan: Plan,
        context: RequestContext,
        variables: VariableValues,
        verdict: Verdict,
        operation: Any,
    ) -> None:
        self.schema = schema
        self.plan = plan
        self.context = context
        self.variables = variables
        self.verdict = verdict
        self.operation = operation
        self.errors = Errors()
        self.gaps = False

    async def result(self) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        """The data and the errors."""
        if self.plan.lookups:
            self.context.loaders.columns.update(self.plan.lookups)
        root = Level([None], lambda _index: [()])
        [data] = await self.objects(self.plan.root, root, serial=self.plan.serial)
        return data, self.errors.found

    async def objects(self, plan: ObjectPlan, level: Level, *, serial: bool = False) -> list[dict[str, Any] | None]:
        """The response objects of a level's rows; None for a row that an unexpected null has taken with it."""
        if not level.rows:
            return []
        self._stop_above_limit()
        places = plan.relations
        if serial or len(places) <= 1:
            values = [await self._relation(place, level) for place in places]
        else:
            values = await together(self._relation(place, level) for place in places)
        try:
            built: list[Any] = plan.build(level.rows, *values)
        except UnexpectedNullError:
            self.gaps = True
            built = rebuild(plan, level, dict(zip(places, values, strict=True)), self.errors)
        return built

    def _stop_above_limit(self) -> None:
        """Raise where more rows were read than may be: no further level is built, and none of their errors told."""
        usage = current_usage()
        if usage is not None:
            usage.check()

    async def _relation(self, place: Place, level: Level) -> list[Any]:
        """A place's value for each row of the level. Whatever fails is null there, with an error for each row."""
        try:
            return await self._values(place, level)
        except TooManyRows:
            raise
        except Exception as error:  # noqa: BLE001 (an error of one place leaves the others standing)
            for index in range(len(level.rows)):
                self.report(error, place, level, index)
            return [None] * len(level.rows)

    async def _values(self, place: Place, level: Level) -> list[Any]:  # noqa: PLR0911 (a line for each kind)
        match place.value:
            case plans.EdgeCursor():
                return [self._cursor(level, row) for row in level.rows]
            case plans.SameRow(plan):
                return await self.objects(plan, Level(level.rows, lambda index: below(level, index, place.key)))
            case plans.Nested():
                return await self._nested(place, place.value, level)
            case plans.Found():
                return await named(self, place, place.value, level)
            case plans.Many():
                return await self._many(place, place.value, level)
            case plans.Total():
                return await self._total(place, place.value, level)
            case plans.PagedList():
                return await connections(self, place, place.value, level)
            case plans.Told():
                return await self._told(place, place.value, level)
        raise TypeError(f"{place.value} is no relation")

    def _cursor(self, level: Level, row: Any) -> str:
        return sealed_place(self.context.sealer, level.purpose or "", row)

    async def _nested(self, place: Place, value: plans.Nested, level: Level) -> list[Any]:
        present = [
            (index, Prefixed(row, value.prefix))
            for index, row in enumerate(level.rows)
            if value.null_if is None or row[value.null_if] is not None
        ]
        return await self._scattered(place, level, present, value.plan)

    async def _scattered(
        self, place: Place, level: Level, present: Sequence[tuple[int, Any]], plan: ObjectPlan
    ) -> list[Any]:
        """Objects for some of a level's rows, None for the rest."""
        rows = child_level([row for _, row in present], lambda at: (present[at][0], (place.key,)), level.paths)
        outputs = await self.objects(plan, rows)
        values: list[Any] = [None] * len(level.rows)
        for (index, _), output in zip(present, outputs, strict=True):
            values[index] = output
        return values

    async def _many(self, place: Place, value: plans.Many, level: Level) -> list[Any]:
        lists = level.fetched.get(place)
        if lists is None:
            lists = await self.lists(place, value, [parent_of(row) for row in level.rows])
        if value.single:
            present = [(index, rows[0]) for index, rows in enumerate(lists) if rows]
            return await self._scattered(place, level, present, value.plan)
        rows, owner_of = flattened(lists, (place.key,))
        outputs = await self.objects(value.plan, child_level(rows, owner_of, level.paths))
        return regrouped(lists, outputs, items_nullable=False, gaps=self.gaps)

    async def lists(self, place: Place, value: plans.Many, parents: Sequence[Parent]) -> list[list[Any]]:
        """The rows of a plain list, for each parent."""
        filters = value.bind(self.arguments(place))
        return await relations.children(self.context, value.query, parents, filters, value.columns)

    async def _total(self, place: Place, value: plans.Total, level: Level) -> list[Any]:
        parents: list[Parent] = [parent_of(row) for row in level.rows]
        rows = await level.shared(value.query, lambda: relations.totals(self.context, value.query, parents))
        if value.column is None and value.plan is not None:
            present = [(index, row) for index, row in enumerate(rows) if row is not None]
            return await self._scattered(place, level, present, value.plan)
        columns = [None if row is None else row[value.column] for row in rows]
        if value.entity is not None and value.plan is not None:
            return await found(self, place, level, value.entity, columns, value.plan)
        for index, column in enumerate(columns):
            if column is None and not place.nullable:
                self.null(place, level, index)
        return columns

    async def _told(self, place: Place, value: plans.Told, level: Level) -> list[Any]:
        """Call the resolver for each row, await what is awaitable together, and complete the results."""
        definition: Any = place.definition
        called, info = self.signature(place), self._info(place)
        arguments = self.arguments(place)
        results = [_called(called, definition, row, info, arguments) for row in level.rows]
        await _settle(results)
        told = child_level(results, lambda index: (index, (place.key,)), level.paths)
        return await complete(self, place, definition.type, value.plans, told)

    def signature(self, place: Place) -> Signature:
        """How the resolver of a place is called."""
        definition: Any = place.definition
        return signature(
            definition.extensions["strawberry-definition"], cast(Schema, self.schema.extensions["strawberry"])
        )

    def arguments(self, place: Place) -> dict[str, Any]:
        """The arguments of a place, coerced and converted once for all of its rows."""
        definition: Any = place.definition
        if not definition.args:
            return {}
        values = get_argument_values(definition, place.nodes[0], self.variables, hide_suggestions=True)
        hidden = self.verdict.hidden(place.nodes[0])
        if hidden is not None:
            name = definition.args[hidden.argument].out_name or hidden.argument
            values[name] = ["" if at in hidden.positions else id_ for at, id_ in enumerate(values[name])]
        return self.signature(place).converted(values)

    def _info(self, place: Place) -> GraphQLResolveInfo[Any]:
        definition: Any = place.definition
        return GraphQLResolveInfo(
            field_name=place.name,
            field_nodes=list(place.nodes),
            return_type=definition.type,
            parent_type=place.parent,
            path=None,  # type: ignore[arg-type]
            schema=self.schema,
            fragments={},
            root_value=None,
            operation=self.operation,
            variable_values=self.variables.coerced,  # type: ignore[arg-type]
            context=self.context,
            is_awaitable=isawaitable,  # type: ignore[arg-type]
            abort_signal=None,
            async_helpers=None,  # type: ignore[arg-type]
        )

    def report(self, error: Exception, place: Place, level: Level, index: int) -> None:
        """Add an error at a place of a row."""
        self.errors.report(error, place.nodes, below(level, index, place.key))

    def null(self, place: Place, level: Level, index: int) -> None:
        """Add the error of a null that a place of a row cannot be."""
        coordinate = f"{place.parent.name}.{place.name}"
        self.errors.unexpected_null(coordinate, place.nodes, below(level, index, place.key))


def _called(
    called: Signature, definition: Any, row: Any, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]
) -> Any:
    """What a resolver returns for a row, or what it raises: told like what is raised when it is awaited."""
    try:
        return (
            definition.resolve(row, info) if called.field.base_resolver is None else called.call(row, info, arguments)
        )
    except Exception as error:  # noqa: BLE001 (an error of one row leaves the others standing)
        return error


async def _settle(results: list[Any]) -> None:
    """Put what they come to, results or exceptions, in the place of awaitables. A single one takes no task."""
    waiting = [index for index, result in enumerate(results) if isawaitable(result)]
    if len(waiting) == 1:
        (index,) = waiting
        try:
            results[index] = await results[index]
        except Exception as error:  # noqa: BLE001 (told like one of several)
            results[index] = error
    elif waiting:
        settled = await asyncio.gather(*(results[index] for index in waiting), return_exceptions=True)
        for index, result in zip(waiting, settled, strict=True):
            results[index] = result
