"""How long the dashboard takes to plan when a process is asked for it the first time, its statements included."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from auth.actors import Actor, CredentialKind
from models.queries import children, lookups, pages
from models.roles import RoleName
from schema.announcing import NOBODY, Announcer, nowhere
from schema.execution import Judged, PlannedExecutor
from schema.execution.running import Run
from schema.limits import Limits
from schema.operations import Engine
from schema.serving import engine_for
from tests.bench.operations import DASHBOARD
from tests.bench.report import Planning

TIMES = 9
ACTOR = Actor(NOBODY, RoleName.MASTER, CredentialKind.SESSION, NOBODY, NOBODY)

COMPILED: tuple[Any, ...] = (
    children._statement,
    children._totals_statement,
    lookups.lookup,
    pages.page_statement,
    pages.count_statement,
)


def planned() -> Planning:
    """The medians of several first times: of the plan itself, and of what compiling its statements adds."""
    engine, judged = _judged(engine_for(Limits(), None))
    times = [_first_time(engine, judged) for _ in range(TIMES)]
    return Planning(median(plan_ms for plan_ms, _ in times), median(statements_ms for _, statements_ms in times))


def _first_time(engine: Engine, judged: Judged) -> tuple[float, float]:
    """With nothing kept: the time of the plan, and how much longer its statements take than when they are known."""
    executor = PlannedExecutor(engine.schema)
    plan_ms = _milliseconds(partial(executor.plan, judged))
    for cached in COMPILED:
        cached.cache_clear()
    announce = partial(_announce, engine, judged, executor)
    return plan_ms, _milliseconds(announce) - _milliseconds(announce)


def _judged(engine: Engine) -> tuple[Engine, Judged]:
    document = engine.documents.read(DASHBOARD)
    operation = document.operation(None)
    variables: Any = operation.variables.coerced({})
    verdict = operation.guard.judge(variables, ACTOR)
    return engine, Judged(document.tree, operation.node, variables, {}, verdict)


def _announce(engine: Engine, judged: Judged, executor: PlannedExecutor) -> None:
    """Ask for every statement of the plan, with none of them sent."""
    plan = executor.plan(judged)
    with nowhere(ACTOR) as (context, db):
        run = Run(engine.schema, plan, context, judged.variables, judged.verdict, judged.operation)
        asyncio.run(Announcer(run, db).lines(plan.root, several=False))


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
