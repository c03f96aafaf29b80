"""The slower ways to a response: what a story returned is completed as its type says, and a level that an unexpected
null has stopped is built again row by row.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphql import GraphQLOutputType, is_abstract_type, is_leaf_type, is_list_type, is_non_null_type

from schema.execution import plans
from schema.execution.levels import Errors, Level, Path, child_level, flattened, regrouped
from schema.execution.plans import ObjectPlan, Place
from schema.guards.verdicts import LIST, Cut
from schema.ids import encode
from schema.kinds import read

if TYPE_CHECKING:
    from schema.execution.running import Run


async def complete(
    run: "Run", place: Place, kind: GraphQLOutputType, plans_of: Mapping[str, ObjectPlan], level: Level
) -> list[Any]:
    """The level's values, results of a resolver or exceptions, as a type prints them."""
    quick = await _quick(run, kind.of_type if is_non_null_type(kind) else kind, plans_of, level)
    if quick is not None:
        return quick
    for index, value in enumerate(level.rows):
        if isinstance(value, Exception):
            run.errors.report(value, place.nodes, level.paths(index))
    failed = [isinstance(value, BaseException) for value in level.rows]
    values = [None if bad else value for bad, value in zip(failed, level.rows, strict=True)]
    if not is_non_null_type(kind):
        return await _nullable(run, place, kind, plans_of, values, level)
    for index, value in enumerate(values):
        if value is None and not failed[index]:
            coordinate = f"{place.parent.name}.{place.name}"
            run.errors.unexpected_null(coordinate, place.nodes, level.paths(index))
    return await _nullable(run, place, kind.of_type, plans_of, values, level)


async def _quick(run: "Run", kind: Any, plans_of: Mapping[str, ObjectPlan], level: Level) -> list[Any] | None:
    """What most stories return: objects that are all there, or lists that are all empty. None where it is neither."""
    values = level.rows
    if is_list_type(kind):
        return [[] for _ in values] if all(value == [] for value in values) else None
    if kind.name not in plans_of:
        return None
    for value in values:
        if value is None or isinstance(value, BaseException):
            return None
    return await run.objects(plans_of[kind.name], level)


async def _nullable(
    run: "Run", place: Place, kind: Any, plans_of: Mapping[str, ObjectPlan], values: list[Any], level: Level
) -> list[Any]:
    if is_list_type(kind):
        rows, owner_of = flattened(values, ())
        items = await complete(run, place, kind.of_type, plans_of, child_level(rows, owner_of, level.paths))
        return regrouped(values, items, items_nullable=not is_non_null_type(kind.of_type))
    if is_leaf_type(kind):
        return [_leaf(run, place, kind, value, level, index) for index, value in enumerate(values)]
    if is_abstract_type(kind):
        return await _abstract(run, place, plans_of, values, level)
    return await _objects(run, plans_of[kind.name], [*enumerate(values)], level)


def _leaf(run: "Run", place: Place, kind: Any, value: Any, level: Level, index: int) -> Any:
    try:
        return None if value is None else kind.coerce_output_value(value)
    except Exception as error:  # noqa: BLE001 (a value that does not print is an error of its place)
        run.errors.report(error, place.nodes, level.paths(index))
        return None


async def _objects(run: "Run", plan: ObjectPlan, indexed: Sequence[tuple[int, Any]], level: Level) -> list[Any]:
    present = [(index, value) for index, value in indexed if value is not None]
    below = child_level([value for _, value in present], lambda at: (present[at][0], ()), level.paths)
    outputs = await run.objects(plan, below)
    built: list[Any] = [None] * len(level.rows)
    for (index, _), output in zip(present, outputs, strict=True):
        built[index] = output
    return built


async def _abstract(
    run: "Run", place: Place, plans_of: Mapping[str, ObjectPlan], values: list[Any], level: Level
) -> list[Any]:
    """Objects of several types: each type's rows are built together. One of a refused type stays null."""
    by_type: dict[str, list[tuple[int, Any]]] = {}
    for index, value in enumerate(values):
        if value is not None:
            by_type.setdefault(value.type_name, []).append((index, value))
    built: list[Any] = [None] * len(values)
    for type_name, indexed in by_type.items():
        refusal = run.verdict.view.types.get(type_name)
        if refusal is not None:
            paths = [path for index, _ in indexed for path in level.paths(index)]
            run.errors.found.extend(Cut(_place(path), refusal, place.nodes).error() for path in paths)
            continue
        for index, output in enumerate(await _objects(run, plans_of[type_name], indexed, level)):
            built[index] = output if output is not None else built[index]
    return built


def _place(path: Path) -> tuple[str, ...]:
    return tuple(LIST if isinstance(step, int) else step for step in path)


def rebuild(
    plan: ObjectPlan, level: Level, values: Mapping[Place, Sequence[Any]], errors: Errors
) -> list[dict[str, Any] | None]:
    """Build a level's objects one by one: a row with a null where none may be becomes null, with an error there."""
    return [
        _row(plan.places, row, "", {place: found[index] for place, found in values.items()}, level.paths(index), errors)
        for index, row in enumerate(level.rows)
    ]


def _row(
    places: Sequence[Place], row: Any, prefix: str, values: Mapping[Place, Any], paths: list[Path], errors: Errors
) -> dict[str, Any] | None:
    built: dict[str, Any] = {}
    for place in places:
        known = place in values
        value = values[place] if known else _plain(place, row, prefix, paths, errors)
        if value is None and not place.nullable:
            if not known and not _told_below(place, row, prefix):
                coordinate = f"{place.parent.name}.{place.name}"
                errors.unexpected_null(coordinate, place.nodes, [(*path, place.key) for path in paths])
            return None
        built[place.key] = value
    return built


def _told_below(place: Place, row: Any, prefix: str) -> bool:
    """Whether a null has risen from within an object, where its error was told."""
    match place.value:
        case plans.Inline(_, null_if):
            return null_if is None or row[prefix + null_if] is not None
        case plans.Held(name):
            return read(row, name) is not None
    return False


def _plain(  # noqa: PLR0911 (a line for each kind)
    place: Place, row: Any, prefix: str, paths: list[Path], errors: Errors
) -> Any:
    match place.value:
        case plans.Constant(value):
            return value
        case plans.Read(column, serialize, or_text):
            value = row[prefix + column]
            if value is None or serialize is None or (or_text and value.__class__ is str):
                return value
            return serialize(value)
        case plans.Attribute(name, serialize):
            value = read(row, name)
            return None if value is None else serialize(value)
        case plans.GlobalId(type_name):
            return encode(type_name, row[f"{prefix}id"])
        case plans.Inline(below, null_if, places):
            if null_if is not None and row[prefix + null_if] is None:
                return None
            return _row(places, row, prefix + below, {}, [(*path, place.key) for path in paths], errors)
        case plans.Held() as held:
            return _items(place, held, read(row, held.name), paths, errors)
    raise TypeError(f"{place.value} is not plain")


def _items(place: Place, held: plans.Held, items: Sequence[Any] | None, paths: list[Path], errors: Errors) -> Any:
    """A held list, item by item; null where one of them is."""
    if items is None:
        return None
    built: list[Any] = []
    for index, item in enumerate(items):
        at = [(*path, place.key, index) for path in paths]
        built.append(None if item is None else _row(held.places, item, "", {}, at, errors))
        if item is None:
            errors.unexpected_null(f"{place.parent.name}.{place.name}", place.nodes, at)
    return None if None in built else built
