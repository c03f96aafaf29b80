"""A walk over what the demo's master reaches: each type's fields, from node to node, until nothing is new."""

import random
from collections.abc import Iterator
from typing import Any

import httpx
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from tests.client import ask
from tests.rules.schema_walk import api

MOST_OF_A_TYPE = 200
AT_ONCE = 10
ARGUMENTS = {
    "can": '(coordinates: ["Invoice.total", "Mutation.signIn"])',
    "costs": "(period: {}, by: PRODUCT)",
    "report": "(kind: COSTS, period: {})",
}


def is_node(kind: Any) -> bool:
    """Whether objects of the type can be found again by their ids."""
    return isinstance(kind, GraphQLObjectType) and any(one.name == "Node" for one in kind.interfaces)


def reachable() -> list[GraphQLObjectType]:
    """The types that a question can reach, root and interface aside."""
    found: dict[str, GraphQLObjectType] = {}
    root = api().query_type
    assert root is not None
    waiting: list[Any] = [root]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, GraphQLInterfaceType):
            waiting += api().get_possible_types(kind)
        elif isinstance(kind, GraphQLObjectType) and kind.name not in found:
            found[kind.name] = kind
            waiting += [get_named_type(field.type) for field in kind.fields.values()]
    return [kind for kind in found.values() if kind is not root]


def selection(kind: GraphQLObjectType) -> str:
    """All fields of a type: what is no node whole, and of nodes what it takes to go on from them."""
    return " ".join(_selected(name, field) for name, field in kind.fields.items()) + " __typename"


def _selected(name: str, field: GraphQLField) -> str:
    kind: Any = get_named_type(field.type)
    if is_leaf_type(kind):
        return name
    arguments = "(first: 100)" if "first" in field.args else ARGUMENTS.get(name, "")
    inner = "id __typename" if is_node(kind) else selection(kind)
    return f"{name}{arguments} {{ {inner} }}"


class Walk:
    """What was seen: fields that were not null, and values of enums."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client, self.token = client, token
        self.filled: set[str] = set()
        self.values: set[str] = set()
        self._chance = random.Random(1)  # noqa: S311 (which rows are looked at is no secret)
        self._known: dict[str, dict[str, bool]] = {}
        self._keys: set[str] = set()

    async def everything(self) -> None:
        """Begin at the caller, the roles and the catalogue, and follow every relation."""
        root = api().query_type
        assert root is not None
        start = " ".join(_selected(name, root.fields[name]) for name in ("viewer", "roles", "products"))
        self._see(root, await ask(self.client, f"{{ {start} }}", token=self.token))
        while batch := self._next():
            kind, ids = batch
            document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind.name} {{ {selection(kind)} }} }} }}"
            for row in (await ask(self.client, document, {"ids": ids}, token=self.token))["nodes"]:
                self._see(kind, row)
        await self._registrations()
        await self._costs()

    async def _costs(self) -> None:
        """Sum up costs in every way."""
        kind = api().type_map["Cost"]
        assert isinstance(kind, GraphQLObjectType)
        for by in ("LICENSE_TYPE", "MONTH"):
            costs = f"costs(period: {{}}, by: {by}) {{ {selection(kind)} }}"
            answer = await ask(self.client, f"{{ viewer {{ account {{ billing {{ {costs} }} }} }} }}", token=self.token)
            for row in answer["viewer"]["account"]["billing"]["costs"]:
                self._see(kind, row)

    async def _registrations(self) -> None:
        """Judge a registration with each key that was seen, and with none that there is."""
        root = api().query_type
        assert root is not None
        check = get_named_type(root.fields["registrationCheck"].type)
        assert isinstance(check, GraphQLObjectType)
        document = f"query ($key: String!) {{ registrationCheck(activationKey: $key) {{ {selection(check)} }} }}"
        for key in (*sorted(self._keys), "none"):
            self._see(root, await ask(self.client, document, {"key": key}, token=self.token))

    def _next(self) -> tuple[GraphQLObjectType, list[str]] | None:
        """Some that were not asked yet, chosen by chance, of the type that was asked for least."""
        for name, ids in sorted(self._known.items(), key=lambda known: sum(known[1].values())):
            fresh = [id_ for id_, asked in ids.items() if not asked]
            if fresh and sum(ids.values()) < MOST_OF_A_TYPE:
                fresh = self._chance.sample(fresh, min(AT_ONCE, len(fresh)))
                ids.update(dict.fromkeys(fresh, True))
                kind = api().type_map[name]
                assert isinstance(kind, GraphQLObjectType)
                return kind, fresh
        return None

    def _see(self, kind: GraphQLObjectType, row: dict[str, Any]) -> None:
        for name, field in kind.fields.items():
            for value in _flat(row.get(name)):
                self.filled.add(f"{kind.name}.{name}")
                self._see_value(get_named_type(field.type), value)
                if (kind.name, name) == ("ActivationKey", "key"):
                    self._keys.add(value)

    def _see_value(self, kind: Any, value: Any) -> None:
        if isinstance(kind, GraphQLEnumType):
            self.values.add(f"{kind.name}.{value}")
        elif is_node(kind):
            self._known.setdefault(kind.name, {}).setdefault(value["id"], False)
        elif isinstance(kind, GraphQLObjectType):
            self._see(kind, value)


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif value is not None:
        yield value


def printed_values() -> set[str]:
    """Every value of the enums that fields within reach return."""
    enums = (get_named_type(field.type) for kind in reachable() for field in kind.fields.values())
    return {f"{enum.name}.{value}" for enum in enums if isinstance(enum, GraphQLEnumType) for value in enum.values}
