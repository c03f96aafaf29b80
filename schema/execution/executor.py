"""The two executors, which give the same answers: by plan, and graphql-core's own as the reference."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
)
from graphql.execution.values import VariableValues

from schema.execution.planner import Planner
from schema.execution.plans import Plan
from schema.execution.running import Run
from schema.guards import GuardedExecutionContext, Verdict

KEPT_PLANS = 300
"""A plan holds its operation, whose document may have been dropped meanwhile: more of them than documents would keep
those in memory."""


class Judged(NamedTuple):
    """An operation that may run: validated, its variables coerced, its selections judged."""

    tree: DocumentNode
    operation: OperationDefinitionNode
    variables: VariableValues
    values: Mapping[str, Any]
    verdict: Verdict

    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        """The document's fragments by name."""
        return {node.name.value: node for node in self.tree.definitions if isinstance(node, FragmentDefinitionNode)}


class Executor(Protocol):
    """What executes judged operations."""

    async def execute(self, judged: Judged, context: Any) -> ExecutionResult:
        """The data, and the errors but for those of the verdict."""


class StockExecutor:
    """graphql-core's executor, which walks an answer field by field."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    async def execute(self, judged: Judged, context: Any) -> ExecutionResult:
        """The data and errors, as the specification's own algorithm finds them."""
        name = judged.operation.name
        result = execute(
            self._schema,
            judged.tree,
            context_value=context,
            variable_values=dict(judged.values),
            operation_name=None if name is None else name.value,
            executor_class=GuardedExecutionContext,
            hide_suggestions=True,
            verdict=judged.verdict,
        )
        return result if isinstance(result, ExecutionResult) else await result


class PlannedExecutor:
    """Runs plans, kept by operation and verdict. What an operation asks about the schema is answered elsewhere."""

    def __init__(self, schema: GraphQLSchema, kept: int = KEPT_PLANS) -> None:
        self._schema = schema
        self._kept = kept
        self._plans: OrderedDict[tuple[int, int], tuple[OperationDefinitionNode, Verdict, Plan]] = OrderedDict()

    async def execute(self, judged: Judged, context: Any) -> ExecutionResult:
        """The data and errors, found level by level. However it ends, so does what its loaders do for it."""
        try:
            return await self._executed(judged, context)
        finally:
            await context.stop_reading()

    async def _executed(self, judged: Judged, context: Any) -> ExecutionResult:
        run = Run(self._schema, self.plan(judged), context, judged.variables, judged.verdict, judged.operation)
        data, errors = await run.result()
        return ExecutionResult(data, errors or None)

    def plan(self, judged: Judged) -> Plan:
        """The plan for an operation under a verdict, which stands for the caller's role and all conditions' values.

        A kept entry holds both, so that their identities cannot be given to others.
        """
        key = (id(judged.operation), id(judged.verdict))
        kept = self._plans.get(key)
        if kept is not None:
            self._plans.move_to_end(key)
            return kept[2]
        planner = Planner(self._schema, judged.operation, judged.fragments(), judged.variables, judged.verdict)
        plan = planner.plan()
        self._plans[key] = (judged.operation, judged.verdict, plan)
        if len(self._plans) > self._kept:
            self._plans.popitem(last=False)
        return plan
