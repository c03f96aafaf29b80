"""The walk against the executor, on random documents: what stays null is what was said, no more and no less."""

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from models.roles import RoleName
from schema.guards import Guards
from tests.access.small import Judged, actor, small_guards

IDS = ("Server:1", "Account:1", "Invoice:1", "Secret:1")
NODES_TYPES = ("Server", "Account", "Invoice", "Secret")
VARIABLES = {"$yes": "Boolean", "$no": "Boolean", "$kind": "Kind"}
LEFT_OUT = {"log"}  # its rows' types are not known before they are read


@cache
def guards() -> Guards:
    """The guards of the small schema, which all documents here share."""
    return small_guards()


class Writer:
    """Writes valid documents: fields under aliases of their own, fragments of every kind, conditions."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 (a test's dice)
        self.schema = guards().map.schema
        self.fragments: list[str] = []
        self.aliases = 0

    def document(self) -> str:
        """A query with its fragments."""
        text = " ".join([self.selections("Query", 4), *self.fragments])
        declared = [f"{name}: {kind}!" for name, kind in VARIABLES.items() if name in text]
        return f"query ({', '.join(declared)}) {text}" if declared else text

    def selections(self, parent: str, depth: int) -> str:
        """A selection set on a type, the same fragment now and then twice."""
        chosen = ["__typename", *(self.selection(parent, depth) for _ in range(self.random.randint(1, 4)))]
        return "{ " + " ".join([*chosen, *self.random.choices(chosen, k=1)]) + " }"

    def selection(self, parent: str, depth: int) -> str:
        """A field, or a fragment that holds fields."""
        shape = self.random.random()
        if shape < 0.65 or depth <= 1:
            return self.field(parent, depth)
        inner = self.selections(parent, depth - 1)
        if shape < 0.85:
            on = self.random.choice(["", f"on {parent}"])
            return f"... {on} {self.condition()} {inner}"
        name = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {parent} {inner}")
        return f"...{name} {self.condition()}"

    def condition(self) -> str:
        """Nothing, or a condition with a variable."""
        conditions = ["", "", "@skip(if: $yes)", "@skip(if: $no)", "@include(if: $yes)", "@include(if: $no)"]
        return self.random.choice(conditions)

    def field(self, parent: str, depth: int) -> str:
        """A field under an alias that no other has, so that any two can stand together."""
        kind = self.schema.type_map[parent]
        assert isinstance(kind, GraphQLObjectType)
        names = [name for name in kind.fields if name not in LEFT_OUT]
        names = [name for name in names if depth > 1 or not self.composite(kind, name)] or ["__typename"]
        name = self.random.choice(names)
        self.aliases += 1
        if name == "__typename":
            return f"a{self.aliases}: __typename"
        below = self.below(kind, name, depth) if self.composite(kind, name) else ""
        return f"a{self.aliases}: {name}{self.arguments(name)} {self.condition()} {below}"

    def composite(self, kind: GraphQLObjectType, name: str) -> bool:
        """Whether a field needs selections."""
        return is_composite_type(get_named_type(kind.fields[name].type))

    def below(self, kind: GraphQLObjectType, name: str, depth: int) -> str:
        """What is selected of a field's objects; of an interface's, a fragment for each type."""
        returned = get_named_type(kind.fields[name].type).name
        if returned != "Node":
            return self.selections(returned, depth - 1)
        parts = [f"... on {one} {self.selections(one, depth - 1)}" for one in self.random.sample(NODES_TYPES, 3)]
        return "{ id " + " ".join(parts) + " }"

    def arguments(self, name: str) -> str:
        """Arguments, some of them with guarded values."""
        ids = ", ".join(f'"{one}"' for one in self.random.choices(IDS, k=3))
        kinds = [
            "",
            "(kind: SERVERS)",
            "(kind: COSTS)",
            "(kind: $kind)",
            "(kind: SERVERS, filter: {kinds: [BALANCES]})",
        ]
        written = {"node": f'(id: "{self.random.choice(IDS)}")', "nodes": f"(ids: [{ids}])"}
        return self.random.choice(kinds) if name == "report" else written.get(name, "")


class Full:
    """A world without nulls: every field has a value, every list two items."""

    def resolve(self, source: Any, info: Any, **arguments: Any) -> Any:
        """The value of a field."""
        if "id" in arguments:
            return {"id": arguments["id"]}
        if "ids" in arguments:
            return [{"id": id_} if id_ else None for id_ in arguments["ids"]]
        if info.field_name == "id":
            return source["id"]
        return self.value(info.return_type)

    def value(self, kind: Any) -> Any:
        """A value of a type."""
        if is_non_null_type(kind):
            return self.value(kind.of_type)
        if is_list_type(kind):
            return [self.value(kind.of_type)] * 2
        return (
            {"id": f"{kind.name}:1"} if is_composite_type(kind) else {"Int": 1, "Boolean": True}.get(kind.name, "text")
        )


def nulls(data: Any, place: tuple[str, ...] = ()) -> Iterator[str]:
    """The places that are null in an answer."""
    if data is None:
        yield ".".join(place)
    elif isinstance(data, list):
        for item in data:
            yield from nulls(item, (*place, "@"))
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from nulls(value, (*place, key))


def agrees(full: Any, cut: Any) -> bool:
    """Whether an answer is another with some places null: the same keys in the same order."""
    if cut is None:
        return True
    if isinstance(full, list):
        return isinstance(cut, list) and all(map(agrees, full, cut)) and len(full) == len(cut)
    if isinstance(full, dict):
        return isinstance(cut, dict) and list(full) == list(cut) and all(agrees(full[key], cut[key]) for key in full)
    return bool(full == cut)


@pytest.mark.parametrize("seed", range(0, 60, 15))
def test_what_stays_null_is_what_the_walk_said(seed: int) -> None:
    refused = 0
    for number in range(seed, seed + 15):
        text = Writer(number).document()
        variables = {"yes": True, "no": False, "kind": "COSTS"}
        full = Judged(guards(), text, actor(RoleName.MASTER), **variables).run_with(Full().resolve)
        assert list(nulls(full.data)) == [], text
        for role in (RoleName.SERVER_MANAGEMENT, RoleName.READ_ONLY_BILLING, RoleName.BILLING):
            judged = Judged(guards(), text, actor(role), **variables)
            assert len(set(judged.places)) == len(judged.places), text
            answer = judged.run_with(Full().resolve)
            assert answer.errors is None, text
            assert set(nulls(answer.data)) == set(judged.places), text
            assert agrees(full.data, answer.data), text
            refused += len(judged.places)
    assert refused > 0
