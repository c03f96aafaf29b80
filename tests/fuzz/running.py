"""Runs generated operations through the engine, by both executors, and says where they disagree."""

from collections.abc import Callable
from dataclasses import dataclass

from schema.answers import GraphQLRequest, Outcome
from schema.build import build_schema, graphql_schema
from schema.execution import PlannedExecutor, StockExecutor
from schema.limits import Limits
from schema.operations import Engine
from tests.conftest import FIGURES
from tests.fuzz.callers import NOBODY
from tests.fuzz.comparing import Both, BothExecutors
from tests.fuzz.conftest import Ground
from tests.fuzz.coverage import Coverage
from tests.fuzz.making import Operation, make
from tests.fuzz.minimising import minimised


@dataclass(frozen=True)
class Compared:
    """How an operation went: how far it came, whether it had errors, and what the executors disagree on."""

    outcome: Outcome
    errors: bool
    differences: list[str]


class Comparison:
    """A run of operations over one ground."""

    def __init__(self, ground: Ground) -> None:
        schema = graphql_schema(build_schema())
        self.ground = ground
        self.planned = PlannedExecutor(schema)
        self.both = BothExecutors(self.planned, StockExecutor(schema))
        limits = Limits(cost=10**9)
        self.engine = Engine(schema, schema.extensions["guards"], limits, executor=self.both)
        self.coverage = Coverage()

    async def compare_seed(self, seed: int) -> None:
        """Make the operation of a seed, and compare its answers for one of the callers, who take turns."""
        names = self.ground.callers.names
        caller = names[seed % len(names)]
        operation = make(seed, self.ground.pool, public=caller == NOBODY)
        compared = await self.compare(operation, caller)
        if compared.differences or compared.outcome is not Outcome.EXECUTED:
            raise AssertionError(await self._told(operation, caller, compared))
        tree = self.engine.documents.read(operation.text).tree
        self.coverage.add(tree, caller, errors=compared.errors)

    async def compare(self, operation: Operation, caller: str) -> Compared:
        """Execute an operation both ways."""
        self.both.last = None
        request = GraphQLRequest(operation.text, operation.name, operation.variables)
        answer = await self.engine.run(request, self.ground.context(caller))
        last: Both | None = self.both.last
        return Compared(answer.outcome, bool(answer.errors), last.differences() if last else [])

    async def _told(self, operation: Operation, caller: str, compared: Compared) -> str:
        """A disagreement, with all that is needed to see it again, and the smallest operation that still shows it."""

        async def fails(smaller: Operation) -> bool:
            again = await self.compare(smaller, caller)
            return bool(again.differences) == bool(compared.differences) and again.outcome is compared.outcome

        smallest = await minimised(operation, fails)
        shown = await self.compare(smallest, caller)
        asked = f"seed {operation.seed} as {caller}, operation {operation.name}: {compared.outcome.name}"
        variables = f"variables: {operation.variables}"
        return "\n".join([asked, operation.text, variables, "in short:", smallest.text, *shown.differences])

    def finish(self, tell: Callable[[str, object], None]) -> None:
        """Tell what the run has touched, and fail where that was too little to mean anything."""
        names = self.ground.callers.names
        tell(FIGURES, self.coverage.report("Query"))
        assert self.coverage.missing("Query", names) == []
        assert self.coverage.deep * 4 >= self.coverage.operations
