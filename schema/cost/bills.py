"""What one operation is charged: its cost against the limit before it runs, and what it came to after that."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues

from models.usage import Usage
from schema.cost.estimates import Estimate
from schema.cost.estimator import Estimator
from schema.cost.weights import Weights
from schema.errors import ErrorCode, fault
from schema.guards import Verdict

KEPT_ESTIMATES = 300
GREATEST = 2**53 - 1
"""The greatest number that every reader of JSON reads right: a cost beyond it is told as this one."""


class Bill(NamedTuple):
    """One operation with its variables. A query's rows are limited, a mutation's only counted: it is done whole."""

    estimate: Estimate
    variables: VariableValues
    operation: OperationDefinitionNode
    requested: int
    limit: int
    usage: Usage

    def refusal(self) -> GraphQLError | None:
        """The error of an operation that asks for too much."""
        if self.requested <= self.limit:
            return None
        message = f"The operation costs {self.requested:,}; the limit is {self.limit:,}. Ask for shorter lists."
        code = ErrorCode.COST_LIMIT_EXCEEDED
        return fault(code, message, nodes=self.operation, requested=self.requested, limit=self.limit)

    def excess(self) -> GraphQLError | None:
        """The error of an operation that has read too much: its plain lists were longer than they usually are."""
        if not self.usage.exceeded:
            return None
        rows = self.usage.rows
        message = f"The operation was stopped after {rows:,} rows; the limit is {self.limit:,}. Ask for less at once."
        code = ErrorCode.COST_LIMIT_EXCEEDED
        return fault(code, message, nodes=self.operation, requested=self.requested, rows=rows, limit=self.limit)

    def report(self, data: Mapping[str, Any] | None) -> dict[str, int]:
        """What was asked for, and what it took."""
        return {
            "requested": self.requested,
            "actual": self.estimate.actual(data, self.variables),
            "statements": self.usage.statements,
            "rows": self.usage.rows,
            "limit": self.limit,
        }


class Costs:
    """Estimates of one schema's operations, kept by operation and verdict as plans are."""

    def __init__(self, schema: GraphQLSchema, limit: int, kept: int = KEPT_ESTIMATES) -> None:
        self.limit = limit
        self._weights = Weights(schema)
        self._room = kept
        self._kept: OrderedDict[tuple[int, int], tuple[OperationDefinitionNode, Verdict, Estimate]] = OrderedDict()

    def bill(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        verdict: Verdict,
    ) -> Bill:
        """The bill of an operation that is about to run."""
        estimate = self._estimate(document, operation, variables, verdict)
        requested = min(estimate.requested(variables), GREATEST)
        usage = Usage(None if operation.operation is OperationType.MUTATION else self.limit)
        return Bill(estimate, variables, operation, requested, self.limit, usage)

    def _estimate(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        verdict: Verdict,
    ) -> Estimate:
        """A kept entry holds operation and verdict, so that their identities cannot be given to others."""
        key = (id(operation), id(verdict))
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept[2]
        definitions = document.definitions
        fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
        estimate = Estimator(self._weights, operation, fragments, variables, verdict).estimate()
        self._kept[key] = (operation, verdict, estimate)
        if len(self._kept) > self._room:
            self._kept.popitem(last=False)
        return estimate
