"""The way of one operation: read, judge, execute, present.

parse → limits → validation   (kept by the document's text)
→ choice of the operation → variables → guards → cost → execution → answer
"""

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues

from auth.actors import Actor
from models.errors import TooManyRows
from models.usage import Counting
from schema.answers import Answer, GraphQLRequest, Outcome, Refused
from schema.cost import Bill, Costs
from schema.documents import Documents, Operation, text_hash
from schema.errors import ErrorCode, fault, masked, present
from schema.execution import Executor, Judged, StockExecutor
from schema.guards import Guards, Verdict
from schema.limits import Limits
from schema.views import Introspection, Views
from schema.watching import Abandoned, Watch


class OperationContext(Protocol):
    """What the engine itself reads of the context it hands to resolvers."""

    @property
    def actor(self) -> Actor | None:
        """Who is calling; None without a credential."""

    @property
    def request_id(self) -> str:
        """The name of the request in logs."""


class Engine:
    """Runs operations against one schema. Shared by all requests of a process."""

    def __init__(
        self,
        schema: GraphQLSchema,
        guards: Guards,
        limits: Limits,
        deadline: float | None = None,
        executor: Executor | None = None,
        *,
        introspection: bool = True,
    ) -> None:
        self.schema = schema
        self.executor = executor or StockExecutor(schema)
        self.guards = guards
        self.views = Views(guards)
        self.introspection = Introspection(schema, self.views)
        self.documents = Documents(schema, guards, limits, introspection=introspection)
        self.costs = Costs(schema, limits.cost)
        self.deadline = deadline

    async def run(
        self,
        request: GraphQLRequest,
        context: OperationContext,
        *,
        method: str = "POST",
        reject_unauthorized: bool = False,
        report_cost: bool = False,
        viewing: bool = False,
        abandoned: Abandoned | None = None,
    ) -> Answer:
        """Answer one request. Never raises for anything a client can send.

        `abandoned` returns once nobody waits for the answer any more: a query is then stopped. A mutation is not, for
        its client could not know what was done. With `viewing` the caller only looks on as its actor's role would, and
        no mutation runs.
        """
        names: dict[str, Any] = {"operation_name": None}
        try:
            document = self.documents.read(request.query)
            names["document_hash"] = document.digest
            operation = document.operation(request.operation_name)
            names["operation_name"] = operation.name
            _refuse_by_kind(operation.node, method)
            _refuse_while_viewing(operation.node, context.actor if viewing else None)
            variables = _variables(operation, request.variables)
            verdict = operation.guard.judge(variables, context.actor)
            _refuse_by_verdict(verdict, reject_unauthorized)
            bill = self.costs.bill(document.tree, operation.node, variables, verdict)
            _refuse(bill.refusal())
            stop = abandoned if operation.node.operation is OperationType.QUERY else None
            judged = Judged(document.tree, operation.node, variables, request.variables, verdict)
            result = await self._counted(self._execution(operation, judged, context), stop, bill)
        except Refused as refused:
            names["document_hash"] = names.get("document_hash") or text_hash(request.query)
            return Answer(refused.outcome, errors=present(refused.errors, context.request_id), **names)
        except Exception as error:  # noqa: BLE001 (a defect in the pipeline is answered like one in a resolver)
            digest = names["document_hash"] = names.get("document_hash") or text_hash(request.query)
            defect = masked(error, context.request_id, document=digest)
            return Answer(Outcome.FAILED, errors=present([defect], context.request_id), **names)
        extensions = {"cost": bill.report(result.data)} if report_cost else {}
        return _answer(result, verdict, context.request_id, {**names, "extensions": extensions})

    def _execution(self, operation: Operation, judged: Judged, context: OperationContext) -> Awaitable[ExecutionResult]:
        if operation.introspects:
            return self.introspection.execute(self.executor, judged, context)
        return self.executor.execute(judged, context)

    async def _counted(
        self, execution: Awaitable[ExecutionResult], abandoned: Abandoned | None, bill: Bill
    ) -> ExecutionResult:
        """The result, unless more rows were read for it than may be: whatever is left of it then is dropped."""
        with Counting(bill.usage):
            try:
                async with Watch(self.deadline, abandoned):
                    result = await execution
            except TooManyRows:
                result = ExecutionResult(None)
        _refuse(bill.excess())
        return result


def _variables(operation: Operation, values: Mapping[str, Any]) -> VariableValues:
    coerced = operation.variables.coerced(values)
    if isinstance(coerced, VariableValues):
        return coerced
    raise Refused(Outcome.BAD_VARIABLES, coerced)


def _refuse_by_kind(operation: OperationDefinitionNode, method: str) -> None:
    """Mutations never run by GET, where a link could cause them; subscriptions need a transport that stays open."""
    if operation.operation is OperationType.SUBSCRIPTION:
        message = "A subscription needs a connection that stays open; a single request cannot answer it."
        raise Refused(Outcome.INVALID, [fault(ErrorCode.BAD_USER_INPUT, message, nodes=operation)])
    if operation.operation is OperationType.MUTATION and method != "POST":
        message = "A mutation runs by POST only."
        raise Refused(Outcome.MUTATION_BY_GET, [fault(ErrorCode.BAD_USER_INPUT, message, nodes=operation)])


def _refuse_while_viewing(operation: OperationDefinitionNode, viewer: Actor | None) -> None:
    """Whoever looks on as another role would changes nothing."""
    if viewer is not None and operation.operation is OperationType.MUTATION:
        message = f"No mutation runs while you view the API as {viewer.role.name}. Leave out X-View-As to run it."
        raise Refused(Outcome.FORBIDDEN, [fault(ErrorCode.FORBIDDEN, message, nodes=operation, role=viewer.role.name)])


def _refuse(error: GraphQLError | None) -> None:
    if error is not None:
        raise Refused(Outcome.INVALID, [error])


def _refuse_by_verdict(verdict: Verdict, reject_unauthorized: bool) -> None:
    errors = [verdict.whole] if verdict.whole else verdict.errors() if reject_unauthorized else []
    if errors:
        raise Refused(_refusal_of(errors), errors)


def _refusal_of(errors: list[GraphQLError]) -> Outcome:
    code = (errors[0].extensions or {}).get("code")
    outcomes = {"UNAUTHENTICATED": Outcome.UNAUTHENTICATED, "FORBIDDEN": Outcome.FORBIDDEN}
    return outcomes.get(str(code), Outcome.INVALID)


def _answer(result: ExecutionResult, verdict: Verdict, request_id: str, names: Mapping[str, Any]) -> Answer:
    errors = [*verdict.errors(), *(result.errors or ())]
    return Answer(Outcome.EXECUTED, result.data, present(errors, request_id), **names)
