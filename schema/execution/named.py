"""Rows that an id names: looked up, each once in a request, or brought by the rows of a list that hangs on them."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from models.entities.base import ACCOUNT_ID, beside
from models.errors import TooManyRows
from models.queries.parents import Parent
from schema.execution import plans
from schema.execution.levels import NOTHING, Level, below
from schema.execution.plans import ObjectPlan, Place
from schema.kinds import Prefixed

if TYPE_CHECKING:
    from schema.execution.running import Run


async def named(run: "Run", place: Place, value: plans.Found, level: Level) -> list[Any]:
    """The row that each row of the level names by its key."""
    keys = [row[value.key] for row in level.rows]
    if value.brought is not None and keys == [run.context.values["me"]]:
        return await _brought(run, place, value, level, value.brought)
    return await found(run, place, level, value.entity, keys, value.plan)


async def found(
    run: "Run",
    place: Place,
    level: Level,
    entity: Any,
    keys: list[Any],
    plan: ObjectPlan,
    fetched: Mapping[Hashable, Any] = NOTHING,
) -> list[Any]:
    """Rows by id: each distinct one is built once, and stands wherever a row of the level names it."""
    distinct = dict.fromkeys(keys)
    wanted = [key for key in distinct if key is not None]
    rows = dict(zip(wanted, await run.context.loaders.many_by_id(entity, wanted), strict=True))
    known = [key for key, row in rows.items() if row is not None and not isinstance(row, Exception)]
    if len(known) < len(distinct):
        _tell_missing(run, place, level, keys, rows)

    holders: dict[Any, list[int]] = {}

    def paths(index: int) -> list[Any]:
        if not holders:
            for at, key in enumerate(keys):
                holders.setdefault(key, []).append(at)
        return [path for holder in holders[known[index]] for path in below(level, holder, place.key)]

    built = await run.objects(plan, Level([rows[key] for key in known], paths, fetched=fetched))
    outputs = dict(zip(known, built, strict=True))
    return [outputs.get(key) for key in keys]


def _tell_missing(run: "Run", place: Place, level: Level, keys: Sequence[Any], rows: Mapping[Any, Any]) -> None:
    """Report what the look-up of a row raised, and rows that are not there and must be."""
    for index, key in enumerate(keys):
        row = rows.get(key)
        if isinstance(row, Exception):
            run.report(row, place, level, index)
        elif row is None and not place.nullable:
            run.null(place, level, index)


async def _brought(run: "Run", place: Place, value: plans.Found, level: Level, bringing: Place) -> list[Any]:
    """The caller's own account, whose columns stand beside the rows of a list; looked up where that has none."""
    account_id = level.rows[0][value.key]
    fetched = await _fetched(run, bringing, Parent(account_id, account_id))
    rows = fetched[bringing][0] if fetched else []
    if not rows:
        return await found(run, place, level, value.entity, [account_id], value.plan, fetched)
    account = Prefixed(rows[0], beside(ACCOUNT_ID, value.entity))
    return await run.objects(
        value.plan, Level([account], lambda index: below(level, index, place.key), fetched=fetched)
    )


async def _fetched(run: "Run", place: Place, parent: Parent) -> Mapping[Hashable, Any]:
    """The rows of a parent's list, by its place. Nothing where it cannot be read: it is asked again, to fail there."""
    many: Any = place.value
    try:
        return {place: await run.lists(place, many, [parent])}
    except TooManyRows:
        raise
    except Exception:  # noqa: BLE001 (whatever it is, it is raised again and told where the list stands)
        return NOTHING
