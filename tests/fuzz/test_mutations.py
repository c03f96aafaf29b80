"""Mutations do and answer the same by plan and by the reference executor, each on a copy of its own of one database."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from graphql import ExecutionResult

from auth.authority import Authority
from gateway.postgres import EmbeddedPostgres
from resolvers.context import RequestContext, ResponseEffects
from schema import ids
from schema.answers import GraphQLRequest, Outcome
from schema.build import build_schema, graphql_schema
from schema.execution import Executor, Judged, PlannedExecutor, StockExecutor
from schema.limits import Limits
from schema.operations import Engine
from tests.conftest import opened
from tests.databases import StatementLog, throw_away
from tests.fuzz.callers import NOBODY
from tests.fuzz.comparing import Both
from tests.fuzz.conftest import Ground, prepared
from tests.fuzz.coverage import Coverage
from tests.fuzz.making import Operation, make

OPERATIONS = 500
SECRET = re.compile(r"^(sp[a-z]+_|/exports/|otpauth://|<svg|[A-Z2-7]{32}$)")
KEY = re.compile(r"^([A-Z0-9_]{1,20}-)?([A-Za-z0-9]{16,24}|[A-Za-z0-9]{4}…[A-Za-z0-9]{4})$")
CURSOR = re.compile(r"^A[\w-]{50,}$")

COUNTS = "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM api_keys), (SELECT count(*) FROM invitations)"
LOG = """SELECT action, actor, credential_kind, target_type, changes - 'apiSecretKey.prefix' AS changes
    FROM audit_events ORDER BY at, id"""
ACCOUNTS = """SELECT to_jsonb(a) - '{id, autopayment_method_id, registered_at}'::text[] AS account
    FROM accounts a ORDER BY number"""
KEPT = "SELECT field, key, user_errors FROM idempotency_keys ORDER BY account_id, actor_id, field, key"


class Side:
    """An executor over its own copy of the database."""

    def __init__(self, ground: Ground, executor: Executor) -> None:
        schema = graphql_schema(build_schema())
        self.ground = ground
        self.executor = executor
        self.engine = Engine(schema, schema.extensions["guards"], Limits(cost=10**9), executor=self)
        self.result = ExecutionResult()

    async def execute(self, judged: Judged, context: RequestContext) -> ExecutionResult:
        """Execute, and keep the result."""
        self.result = await self.executor.execute(judged, context)
        return self.result

    async def run(self, operation: Operation, caller: str) -> tuple[Outcome, ResponseEffects]:
        """Run an operation as far as it comes. Throttles go by the real clock, so no earlier try counts."""
        self.result = ExecutionResult()
        await self.rows("DELETE FROM throttles")
        context = self.ground.context(caller)
        answer = await self.engine.run(GraphQLRequest(operation.text, operation.name, operation.variables), context)
        return answer.outcome, context.response

    def shown(self) -> ExecutionResult:
        """The result without what is another each time."""
        known = {id_ for of_type in self.ground.pool.ids.values() for id_ in of_type}
        return ExecutionResult(levelled(self.result.data, known), self.result.errors)

    async def rows(self, statement: str) -> list[Any]:
        """What the database holds now."""
        async with self.ground.db.read() as reader:
            return await reader.fetch(statement)


def levelled(value: Any, known: set[str]) -> Any:
    """A value of an answer: secrets, cursors and the ids of new rows are replaced by what they are."""
    if isinstance(value, dict):
        return {key: levelled(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [levelled(item, known) for item in value]
    if not isinstance(value, str):
        return value
    decoded = None if value in known else ids.decode(value)
    if decoded is not None:
        return decoded[0]
    return "sealed" if any(pattern.match(value) for pattern in (SECRET, CURSOR, KEY)) else value


@pytest.fixture
async def sides(
    postgres: EmbeddedPostgres, fixed_template: str, authority: Authority, statements: StatementLog
) -> AsyncIterator[tuple[Side, Side]]:
    """The plan's side and the reference's."""
    schema = graphql_schema(build_schema())
    async with AsyncExitStack() as stack:
        grounds = []
        for _ in range(2):
            address = await stack.enter_async_context(throw_away(postgres, fixed_template))
            database = await stack.enter_async_context(opened(address, statements))
            grounds.append(await prepared(database, authority))
        planned, stock = Side(grounds[0], PlannedExecutor(schema)), Side(grounds[1], StockExecutor(schema))
        stock.engine.documents = planned.engine.documents  # what is read and validated does not depend on the side
        yield planned, stock


async def test_both_executors_change_and_answer_alike(sides: tuple[Side, Side]) -> None:
    planned, stock = sides
    coverage, names = Coverage(), planned.ground.callers.names
    for seed in range(OPERATIONS):
        caller = names[seed % len(names)]
        operation = make(seed, planned.ground.pool, root="mutation", public=caller == NOBODY)
        ours, theirs = await planned.run(operation, caller), await stock.run(operation, caller)
        differences = Both(planned.shown(), stock.shown()).differences()
        assert differences == [], (seed, caller, operation)
        assert ours[0] is theirs[0] is Outcome.EXECUTED, (seed, caller, operation)
        assert alike(ours[1], theirs[1])
        if "@idempotent" in operation.text:
            await planned.run(operation, caller), await stock.run(operation, caller)
            assert Both(planned.shown(), stock.shown()).differences() == [], ("again", seed, caller, operation)
        tree = planned.engine.documents.read(operation.text).tree
        coverage.add(tree, caller, errors=bool(planned.result.errors))
    assert coverage.missing("Mutation", names) == []
    for statement in (COUNTS, LOG, ACCOUNTS, KEPT):
        assert await planned.rows(statement) == await stock.rows(statement)


def alike(ours: ResponseEffects, theirs: ResponseEffects) -> bool:
    """Whether two responses set or clear the session's cookie alike; tokens are never the same."""
    begun = (ours.set_session_token is None, ours.session_expires_at, ours.clear_session)
    return begun == (theirs.set_session_token is None, theirs.session_expires_at, theirs.clear_session)
