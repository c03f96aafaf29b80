"""What goes wrong in the middle of an operation is answered alike by both executors, and leaves nothing behind."""

import asyncio
import gc
from random import Random
from typing import Any

import pytest

from models.db import Database
from models.errors import UserFault
from resolvers.loaders import Loaders
from schema import mutations
from schema.answers import GraphQLRequest, Outcome
from schema.execution import planner
from schema.execution.plans import ObjectPlan
from schema.types.user_errors import user_error
from tests.fuzz.callers import NOBODY
from tests.fuzz.comparing import borrowed
from tests.fuzz.conftest import Ground
from tests.fuzz.coverage import coordinates
from tests.fuzz.faults import (
    Endless,
    Fault,
    Late,
    columns,
    nulls_in,
    relation_with,
    relations,
    sleeping,
    until_sleeping,
)
from tests.fuzz.making import Operation, make
from tests.fuzz.running import Comparison
from tests.rules.schema_walk import connections

OPERATIONS = 150
TURNS = 5
"""So many turns of the loop end what has been cancelled before it began."""

LOOKS, BETWEEN_LOOKS = 300, 0.1
"""The database hears of a stop a moment later than we have given its connection back."""

REFERENCE_FORGETS = pytest.mark.filterwarnings(
    "ignore:coroutine '(.*_async_resolver|Executor\\..*)' was never awaited:RuntimeWarning"
)
"""Where a null bubbles, graphql-core drops what it has called and not awaited yet: resolvers, and its own completing of
what they gave. Which of the two it is depends on how far it got. Plans do neither."""

SEEDS = range(50_000, 50_000 + OPERATIONS)

DASHBOARD = """{ viewer { account {
  subscriptions {
    product { name prices { fromQuantity } } licenses { type { name } defaultActivationKey { key } } licenseCount
  }
  serverGroups {
    serverCount
    servers(first: 2) { nodes { hostname installedProducts { activationKey { key } } } totalCount }
  }
  billing { plan { name } payments(first: 1) { nodes { id } } }
} } }"""

REFUSED = """mutation {
  createReportConfig(input: {email: "name@example..com", kind: SERVERS, frequency: DAILY, productIds: ["x"]}) {
    userErrors { code message field }
  }
}"""
"""What is refused for two reasons."""


def made(comparison: Comparison, seed: int) -> tuple[Operation, str, set[str]]:
    """An operation, its caller, and what it selects."""
    names = comparison.ground.callers.names
    caller = names[seed % len(names)]
    operation = make(seed, comparison.ground.pool, public=caller == NOBODY)
    tree = comparison.engine.documents.read(operation.text).tree
    return operation, caller, coordinates(tree)


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has all rows that ids name looked up: beside others, or known without a look, they cannot fail by themselves."""
    monkeypatch.setattr(ObjectPlan, "leaves", False)
    monkeypatch.setattr(planner, "_belongs_to_accounts", lambda _place: False)
    monkeypatch.setattr(Loaders, "_own_account", lambda *_asked: None)


async def let_go(comparison: Comparison) -> None:
    """Have what the reference forgot found here, where it is forgiven: the last answer still holds some of it."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
    comparison.both.last = None
    gc.collect()


@REFERENCE_FORGETS
@pytest.mark.usefixtures("apart")
async def test_a_relation_that_fails_is_answered_alike(ground: Ground) -> None:
    comparison, known, struck = Comparison(ground), relations(), set()
    for seed in SEEDS:
        operation, caller, selected = made(comparison, seed)
        counts = {f"count: {known[one]}" for one in selected & connections().keys()}
        names = sorted({known[one] for one in selected & known.keys()} | counts)
        fault = Fault(Random(seed).choice(names) if names else "none")  # noqa: S311 (the same every time)
        with relation_with(fault):
            compared = await comparison.compare(operation, caller)
        assert compared.differences == [], (fault.relation, caller, operation)
        struck |= {fault.relation} if fault.met else set()
    await let_go(comparison)
    assert len(struck) > 15
    assert any(relation.startswith("count: ") for relation in struck)
    assert set(comparison.both.borrowed) == {0}


BROUGHT = """{ viewer { account {
  number subscriptions { id } again: subscriptions { licenseCount } serverGroups { name }
} } }"""
"""An account that its subscriptions bring."""


@REFERENCE_FORGETS
@pytest.mark.parametrize("relation", ["subscriptions_of_account", "groups_of_account"])
async def test_a_list_that_brings_its_account_fails_at_its_own_place(ground: Ground, relation: str) -> None:
    comparison, fault = Comparison(ground), Fault(relation)
    with relation_with(fault):
        compared = await comparison.compare(Operation(0, BROUGHT, None, {}), "MASTER")
    await let_go(comparison)
    assert (compared.differences, compared.errors) == ([], True)
    assert fault.met


@REFERENCE_FORGETS
async def test_a_null_in_a_place_that_cannot_be_null_is_answered_alike(ground: Ground) -> None:
    comparison, known, met = Comparison(ground), columns(), set()
    for seed in SEEDS:
        operation, caller, selected = made(comparison, seed)
        names = sorted({known[one] for one in selected & known.keys()})
        with nulls_in(Random(seed).choice(names) if names else "none") as found:  # noqa: S311 (the same every time)
            compared = await comparison.compare(operation, caller)
        assert compared.differences == [], (names, caller, operation)
        met |= set(found)
    await let_go(comparison)
    assert len(met) > 20
    assert set(comparison.both.borrowed) == {0}


@pytest.mark.parametrize(("wrong", "below"), [(None, ()), ({"message": None}, ("message",))], ids=str)
async def test_a_list_that_cannot_hold_what_it_does_is_answered_alike(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any] | None, below: tuple[str, ...]
) -> None:
    def second_is_wrong(fault: UserFault) -> Any:
        entry = user_error(fault)
        return entry if fault.field == ("email",) else None if wrong is None else entry | wrong

    monkeypatch.setattr(mutations, "user_error", second_is_wrong)
    comparison = Comparison(ground)
    compared = await comparison.compare(Operation(0, REFUSED, None, {}), "MASTER")
    assert compared.differences == []
    assert compared.outcome is Outcome.EXECUTED
    assert comparison.both.last is not None
    answer = comparison.both.last.planned
    assert answer.data == {"createReportConfig": None}
    assert [error.path for error in answer.errors or ()] == [["createReportConfig", "userErrors", 1, *below]]


async def test_a_plan_awaits_what_it_has_called(ground: Ground) -> None:
    comparison, known = Comparison(ground), columns()
    comparison.engine.executor = comparison.planned
    before = asyncio.all_tasks()
    for seed in SEEDS:
        operation, caller, selected = made(comparison, seed)
        names = sorted({known[one] for one in selected & known.keys()})
        request = GraphQLRequest(operation.text, operation.name, operation.variables)
        with nulls_in(Random(seed).choice(names) if names else "none"):  # noqa: S311 (the same every time)
            await comparison.engine.run(request, ground.context(caller))
        assert asyncio.all_tasks() == before
    gc.collect()


@pytest.mark.parametrize(
    "relation",
    [
        "subscriptions_of_account",
        "by id: Product",
        "licenses_of_subscription",
        "by id: ActivationKey",
        "server_count_of_group",
        "plan_of_account",
        "servers_of_group",
        "count: servers_of_group",
        "installed_products_of_server",
        "payments_of_account",
        "by id: Account",
    ],
)
@pytest.mark.usefixtures("apart")
async def test_who_stops_waiting_leaves_nothing_running(ground: Ground, relation: str) -> None:
    comparison, fault = Comparison(ground), Endless(relation)
    comparison.engine.executor = comparison.planned
    before = asyncio.all_tasks()

    async def abandoned() -> None:
        async with ground.db.read() as reader:
            await until_sleeping(reader)

    with relation_with(fault):
        context = ground.context("MASTER")
        answer = await comparison.engine.run(GraphQLRequest(DASHBOARD), context, abandoned=abandoned)
    assert answer.outcome is Outcome.ABANDONED
    await assert_nothing_runs(ground.db, before)


async def test_a_failure_ends_what_runs_beside_it(ground: Ground) -> None:
    comparison, fault = Comparison(ground), Late("by id: Server")
    comparison.engine.executor = comparison.planned
    before = asyncio.all_tasks()
    both = {"ids": [ground.pool.ids["Server"][0], ground.pool.ids["Product"][0]]}
    asked = GraphQLRequest("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", None, both)
    with relation_with(Endless("by id: Product")), relation_with(fault):
        answer = await comparison.engine.run(asked, ground.context("MASTER"))
    assert fault.met == 1
    assert (answer.outcome, answer.data) == (Outcome.EXECUTED, None)
    await assert_nothing_runs(ground.db, before)


async def test_an_operation_that_is_slower_than_its_deadline_leaves_nothing_running(ground: Ground) -> None:
    comparison, fault = Comparison(ground), Endless("by id: Product")
    comparison.engine.executor = comparison.planned
    before = asyncio.all_tasks()
    for deadline in (1.0, 30.0):
        comparison.engine.deadline = deadline
        with relation_with(fault):
            answer = await comparison.engine.run(GraphQLRequest(DASHBOARD), ground.context("MASTER"))
        assert answer.outcome is Outcome.TIMED_OUT
        assert [error["extensions"]["code"] for error in answer.errors] == ["TIMEOUT"]
        if fault.met:  # and not over before the machine had come so far
            break
    assert fault.met == 1
    await assert_nothing_runs(ground.db, before)


async def assert_nothing_runs(db: Database, before: set[asyncio.Task[object]]) -> None:
    """No task is left, no connection is borrowed, and the database is not at work on the endless statement."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - before
    assert left == set()
    assert borrowed(db) == 0
    async with db.read() as reader:
        for _ in range(LOOKS):
            if not await sleeping(reader):
                return
            await asyncio.sleep(BETWEEN_LOOKS)
    pytest.fail("the database is still at work")
