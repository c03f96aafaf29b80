"""The ways through the schema, read from its SDL alone: how to reach each field, and which guards stand on the way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from schema.build import build_schema as our_schema

LIST = "@"


@cache
def sdl_schema() -> GraphQLSchema:
    """The schema as a client could read it, with guards as directives of its syntax tree."""
    return build_schema(our_schema().as_str())


def guard_in_sdl(item: Any) -> str | None:
    """The permission named by `@requires` on a definition."""
    for directive in (item.ast_node.directives or ()) if item.ast_node else ():
        if directive.name.value == "requires":
            return str(directive.arguments[0].value.value)
    return None


def is_public_in_sdl(field: GraphQLField) -> bool:
    """Whether `@public` stands on a field."""
    return any(directive.name.value == "public" for directive in (field.ast_node.directives or ()))  # type: ignore[union-attr]


def list_marks(kind: Any) -> tuple[str, ...]:
    """A mark for each list that a type wraps."""
    if is_non_null_type(kind):
        return list_marks(kind.of_type)
    return (LIST, *list_marks(kind.of_type)) if is_list_type(kind) else ()


@dataclass(frozen=True)
class Step:
    """One field on a way."""

    parent: str
    field: str

    @property
    def coordinate(self) -> str:
        """Its schema coordinate."""
        return f"{self.parent}.{self.field}"

    @property
    def definition(self) -> GraphQLField:
        """What the SDL says of it."""
        kind = sdl_schema().type_map[self.parent]
        assert isinstance(kind, GraphQLObjectType)
        field: GraphQLField = kind.fields[self.field]
        return field

    @property
    def leaf(self) -> str:
        """The least that can be selected of what it returns."""
        return "{ __typename }" if is_composite_type(get_named_type(self.definition.type)) else ""

    @property
    def demands(self) -> list[str]:
        """The permissions that it asks for: its own guard, and that of the type it returns."""
        guards = (guard_in_sdl(self.definition), guard_in_sdl(get_named_type(self.definition.type)))
        return [guard for guard in guards if guard is not None]


@dataclass(frozen=True)
class Refused:
    """What is expected where a caller lacks a permission."""

    step: Step
    missing: list[str]
    place: tuple[str, ...]

    @property
    def path(self) -> list[str]:
        """Where its error points: the first list's field, or the field itself."""
        place = list(self.place)
        return place[: place.index(LIST)] if LIST in place else place


@dataclass(frozen=True)
class Way:
    """Fields that lead from a root type to an object, or to one field."""

    steps: tuple[Step, ...]

    @property
    def root(self) -> Step:
        """Its first field."""
        return self.steps[0]

    def then(self, step: Step) -> "Way":
        """The way one field further."""
        return Way((*self.steps, step))

    def document(self, arguments: Mapping[str, str]) -> str:
        """An operation that selects this way and nothing else. Arguments are given by coordinate."""
        return Way(self.steps[:-1]).selecting(self.steps[-1:], arguments)

    def selecting(self, fields: Iterable[Step], arguments: Mapping[str, str]) -> str:
        """An operation that goes this way and selects these fields there."""
        chosen = [f"{step.field}{arguments.get(step.coordinate, '')} {step.leaf}" for step in fields]
        text = "{ " + " ".join(["__typename", *chosen]) + " }"
        for step in reversed(self.steps):
            text = f"{{ {step.field}{arguments.get(step.coordinate, '')} {text} }}"
        first = self.steps[0] if self.steps else next(iter(fields))
        return f"mutation {text}" if first.parent == "Mutation" else text

    def refused(self, held: frozenset[str]) -> Refused | None:
        """The first field on the way that a caller with these permissions is refused."""
        place: tuple[str, ...] = ()
        for step in self.steps:
            place = (*place, step.field)
            missing = [guard for guard in step.demands if guard not in held]
            if missing:
                return Refused(step, missing, place)
            place = (*place, *list_marks(step.definition.type))
        return None


@cache
def ways_to_types() -> dict[str, Way]:
    """The shortest way to each object type: from Query, or else from Mutation."""
    found = {"Query": Way(())}
    _spread(found, ["Query"])
    found["Mutation"] = Way(())
    _spread(found, ["Mutation"])
    return found


def _spread(found: dict[str, Way], queue: list[str]) -> None:
    while queue:
        parent = queue.pop(0)
        kind = sdl_schema().type_map[parent]
        assert isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items():
            returned = get_named_type(field.type)
            if is_object_type(returned) and returned.name not in found:
                found[returned.name] = Way((*found[parent].steps, Step(parent, name)))
                queue.append(returned.name)


def ways_to_fields() -> Iterator[tuple[Way, list[Step]]]:
    """Each object type's fields with the way to it; those of a root type one by one."""
    for name, way in ways_to_types().items():
        kind = sdl_schema().type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        steps = [Step(name, field) for field in kind.fields]
        if way.steps:
            yield way, steps
        else:
            yield from ((way, [step]) for step in steps)


def values_at(data: Any, place: tuple[str, ...]) -> Iterator[Any]:
    """Every value that an answer has at a place; none where something above it is null."""
    if not place:
        yield data
    elif data is None:
        return
    elif place[0] == LIST:
        for item in data:
            yield from values_at(item, place[1:])
    else:
        yield from values_at(data[place[0]], place[1:])
