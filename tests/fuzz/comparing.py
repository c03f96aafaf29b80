"""Both executors on the same data: what each answers, and what is not the same in the answers."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import ExecutionResult, GraphQLError

from models.db import Database
from resolvers.context import RequestContext
from schema.errors import present
from schema.execution import Judged, PlannedExecutor, StockExecutor

Place = tuple[str | int, ...]
Fault = tuple[Place, str]


@dataclass(frozen=True)
class Both:
    """What the two executors answered."""

    planned: ExecutionResult
    stock: ExecutionResult

    def differences(self) -> list[str]:
        """What differs: data with the order of keys, and errors by path and code; none where all is well."""
        planned, stock = json.dumps(self.planned.data), json.dumps(self.stock.data)
        found = [] if planned == stock else [f"data by plan: {planned}", f"data by stock: {stock}"]
        return found or list(_different_errors(self.stock.data, _faults(self.planned), _faults(self.stock)))


class BothExecutors:
    """Executes by plan and again by the reference, each in a context of its own, and keeps the two results.

    `borrowed` are the connections that each plan's run has not given back. The reference may leave a batch running
    where a null has bubbled; it is stopped.
    """

    def __init__(self, planned: PlannedExecutor, stock: StockExecutor) -> None:
        self.planned = planned
        self.stock = stock
        self.last: Both | None = None
        self.borrowed: list[int] = []

    async def execute(self, judged: Judged, context: RequestContext) -> ExecutionResult:
        """The plan's result; both are kept as the last."""
        by_plan = await self.planned.execute(judged, replace(context))
        self.borrowed.append(borrowed(context.db))
        reference = replace(context)
        by_stock = await self.stock.execute(judged, reference)
        await reference.stop_reading()
        self.last = Both(by_plan, by_stock)
        return by_plan


def borrowed(db: Database) -> int:
    """How many connections of the readers' pools are lent out."""
    return sum(int(pool.get_size() - pool.get_idle_size()) for pool in (db._pool, db._settled))


def _faults(result: ExecutionResult) -> set[Fault]:
    return faults_of(result.errors or ())


def faults_of(errors: Sequence[GraphQLError]) -> set[Fault]:
    """The errors as a client sees them, by path and code."""
    shown = present(list(errors), "a request")
    return {(tuple(error.get("path", ())), str(error["extensions"]["code"])) for error in shown}


def _different_errors(data: Any, planned: set[Fault], stock: set[Fault]) -> Iterator[str]:
    """Where the errors differ. Below a null that bubbled, some error must stand in both, whichever it is."""
    by_plan, by_stock = _by_null(data, planned), _by_null(data, stock)
    for null in sorted({*by_plan, *by_stock}, key=str):
        ours, theirs = by_plan.get(null, set()), by_stock.get(null, set())
        bubbled = any(len(path) > len(null) for path, _ in ours | theirs)
        if not (ours and theirs) if bubbled else ours != theirs:
            yield f"errors at {null}: by plan {sorted(ours, key=str)}, by stock {sorted(theirs, key=str)}"


def _by_null(data: Any, faults: set[Fault]) -> dict[Place, set[Fault]]:
    """The errors by the null that each is the reason of."""
    found: dict[Place, set[Fault]] = {}
    for path, code in faults:
        found.setdefault(_null_above(data, path), set()).add((path, code))
    return found


def _null_above(data: Any, path: Place) -> Place:
    value = data
    for length, step in enumerate(path):
        if value is None:
            return path[:length]
        value = value[step]
    return path
