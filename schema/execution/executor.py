"""The executor: plans kept by operation and verdict, the stock executor for what plans leave to it."""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
)
from graphql.execution.values import VariableValues

from resolvers.context import RequestContext
from schema.execution.plans import Plan
from schema.execution.planner import Planner
from schema.execution.running import Run
from schema.guards import GuardedExecutionContext, Verdict

KEPT_PLANS = 2000
DELEGATED = frozenset({"__schema", "__type"})


class Executor:
    """Executes judged operations. `handed_over` counts those that the stock executor took, by reason."""

    def __init__(self, schema: GraphQLSchema, kept: int = KEPT_PLANS) -> None:
        self._schema = schema
        self._kept = kept
        self._plans: OrderedDict[tuple[int, int], tuple[Plan, OperationDefinitionNode, Verdict]] = OrderedDict()
        self.handed_over: Counter[str] = Counter()

    async def execute(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        raw_variables: Mapping[str, Any],
        verdict: Verdict,
        context: RequestContext,
    ) -> ExecutionResult:
        """The result of an operation: by plan, or by the stock executor where it introspects."""
        if _introspects(document):
            self.handed_over["introspection"] += 1
            return await self.stock(document, operation, raw_variables, verdict, context)
        plan = self.plan(document, operation, variables, verdict)
        data, errors = await Run(self._schema, plan, context, variables, verdict, operation).result()
        return ExecutionResult(data, errors or None)

    async def stock(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        raw_variables: Mapping[str, Any],
        verdict: Verdict,
        context: RequestContext,
    ) -> ExecutionResult:
        """The same by graphql-core's own executor: the reference."""
        result = execute(
            self._schema,
            document,
            context_value=context,
            variable_values=dict(raw_variables),
            operation_name=operation.name.value if operation.name else None,
            executor_class=GuardedExecutionContext,
            hide_suggestions=True,
            verdict=verdict,
        )
        return result if isinstance(result, ExecutionResult) else await result

    def plan(
        self, document: DocumentNode, operation: OperationDefinitionNode, variables: VariableValues, verdict: Verdict
    ) -> Plan:
        """The plan of an operation under a verdict, which holds the values of its conditions and the caller's role."""
        key = (id(operation), id(verdict))
        kept = self._plans.get(key)
        if kept is not None:
            self._plans.move_to_end(key)
            return kept[0]
        plan = Planner(self._schema, operation, _fragments(document), variables, verdict).plan()
        self._plans[key] = (plan, operation, verdict)
        if len(self._plans) > self._kept:
            self._plans.popitem(last=False)
        return plan


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


def _introspects(document: DocumentNode) -> bool:
    """Whether the document asks about the schema itself. Validation lets these fields stand at the root alone."""
    text = document.loc.source.body if document.loc else ""
    return any(name in text for name in DELEGATED)
