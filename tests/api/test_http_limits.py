"""The limits of one document: each is named with its value, and what multiplies itself is refused without the work."""

from typing import Any

import httpx
import pytest
from graphql import get_introspection_query, parse

from schema import limits as module
from schema.limits import Limits, excesses
from tests.api import protocol


def chain(links: int, inner: str = "") -> str:
    """Fragments of which each spreads the next one twice."""
    first = "{ thing { ...F0 } }"
    middle = [f"fragment F{n} on Thing {{ {inner} ...F{n + 1} ...F{n + 1} }}" for n in range(links)]
    return " ".join([first, *middle, f"fragment F{links} on Thing {{ id }}"])


def nested(depth: int) -> str:
    """Selections nested so deep."""
    return "{ thing " * (depth - 1) + "{ id }" + "}" * (depth - 1)


def introspection(levels: int) -> str:
    """Introspection that lists fields of types of fields so often."""
    return "{ __schema { types " + "{ fields { type " * levels + "{ name }" + "} }" * levels + "} }"


MUTATIONS = "mutation {" + " ".join(f"m{n}: touch" for n in range(11)) + "}"
ALIASED = "{ thing {" + " ".join(f"a{n}: id" for n in range(31)) + "} }"


@pytest.mark.parametrize(
    ("query", "limit", "value"),
    [
        (nested(16), "depth", 15),
        (nested(150), "depth", 15),
        ("{ thing { id " + "name " * 5_000 + "} }", "tokens", 5_000),
        ("#\n" * 5_001 + "{ hello }", "comments", 5_000),
        ("{ thing " * 300 + "{ id }" + "}" * 300, "nesting", 200),
        (ALIASED, "aliases", 30),
        ("{" + " ".join(f"a{n}: hello" for n in range(1_000)) + "}", "aliases", 30),
        ("{" + "hello " * 21 + "}", "rootFields", 20),
        ("{ hello " + "@skip(if: false) " * 51 + "}", "directives", 50),
        (MUTATIONS, "mutations", 10),
        ("{ thing { " + "id " * 300 + "} }", "repeats", 100),
        (chain(20), "selections", 5_000),
        (chain(20, "a: name"), "aliases", 30),
        (introspection(3), "introspectionLists", 2),
        ("{ __schema { types { fields { type " + "{ ofType " * 20 + "{ name }" + "}" * 20 + "} } } }",
         "introspectionDepth", 20),
        ('mutation { a: signIn(password: "1") b: signIn(password: "2") }', "authenticationFields", 1),
        ('mutation A { signIn(password: "1") } mutation B { signIn(password: "2") }', "authenticationFields", 1),
        ('mutation { ...M ... { ...M } } fragment M on Mutation { signIn(password: "1") }', "authenticationFields", 1),
    ],
)  # fmt: skip
async def test_each_limit_is_named_with_its_value(http: httpx.AsyncClient, query: str, limit: str, value: int) -> None:
    response = await http.post("/graphql", json={"query": query, "operationName": "A" if " A " in query else None})
    errors: list[dict[str, Any]] = response.json()["errors"]
    named = {error["extensions"].get("limit"): error for error in errors}
    assert {error["extensions"]["code"] for error in errors} == {"LIMIT_EXCEEDED"}
    assert named[limit]["extensions"]["value"] == value
    assert f"`{limit}` is {value}." in named[limit]["message"]
    assert protocol.touched == []


@pytest.mark.parametrize(
    "query",
    [
        nested(15),
        "{ thing {" + " ".join(f"a{n}: id" for n in range(30)) + "} }",
        "{" + "hello " * 20 + "}",
        "mutation {" + "touch " * 10 + "}",
        introspection(2),
        chain(8),
        get_introspection_query(descriptions=True, specified_by_url=True, input_value_deprecation=True),
        "{ __schema { types { fields { type " + "{ ofType " * 9 + "{ name }" + "}" * 9 + "} } } }",
        'mutation { signIn(password: "1") touch }',
    ],
)
async def test_what_keeps_to_the_limits_runs(http: httpx.AsyncClient, query: str) -> None:
    response = await http.post("/graphql", json={"query": query})
    assert "errors" not in response.json()


async def test_the_limits_are_settings() -> None:
    settings = {"max_depth": 2, "max_aliases": 0, "max_root_fields": 1, "max_tokens": 40, "max_mutations": 1}
    async with protocol.calling(protocol.protocol_app(**settings, max_directives=0)) as http:
        found = [
            (await http.post("/graphql", json={"query": query})).json()["errors"][0]["extensions"]
            for query in (nested(3), "{a: hello}", "{hello hello}", "{" + "hello " * 40, "{hello @skip(if: true)}")
        ]
    assert [(item["limit"], item["value"]) for item in found] == [
        ("depth", 2), ("aliases", 0), ("rootFields", 1), ("tokens", 40), ("directives", 0),
    ]  # fmt: skip


@pytest.mark.parametrize("links", [20, 400])
def test_a_fragment_is_walked_once_however_often_it_is_spread(links: int, monkeypatch: pytest.MonkeyPatch) -> None:
    walked = 0
    original = module._Pass.selection_set

    def counting(self: Any, node: Any) -> Any:
        nonlocal walked
        walked += node is not None
        return original(self, node)

    monkeypatch.setattr(module._Pass, "selection_set", counting)
    document = parse(chain(links))
    errors = excesses(document, Limits())
    assert [error.extensions["limit"] for error in errors if error.extensions] == ["selections"]
    assert walked == links + 3


@pytest.mark.parametrize(
    "query",
    [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { thing { name } ...A }",
        "{ ...A } fragment A on Query { ...B ...C } fragment B on Query { ...C } fragment C on Query { ...B hello }",
        "{ ...Missing }",
    ],
)
def test_cycles_and_gaps_are_left_to_validation(query: str) -> None:
    assert excesses(parse(query), Limits()) == []
