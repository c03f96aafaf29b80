"""The executor under a verdict: what is refused is null in its place and never resolved."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

from auth.actors import Actor
from models.roles import RoleName
from tests.access.small import DATA, Judged, actor, small_guards

SERVERS = actor(RoleName.SERVER_MANAGEMENT)

ACCOUNT: Mapping[str, Any] = {
    "id": "Account:1",
    "number": "A-1",
    "servers": [{"id": "Server:1", "host": "a", "price": 3}, {"id": "Server:2", "host": "b", "price": 4}],
    "invoices": [{"id": "Invoice:1", "total": 7}],
    "latest": {"id": "Invoice:1", "total": 7},
    "owner": {"id": "Secret:1", "value": "hidden"},
    "log": [{"target": {"id": "Server:1", "host": "a"}}, {"target": {"id": "Secret:1", "value": "hidden"}}],
    "report": {"name": "costs"},
}


def rows(ids: list[str]) -> list[dict[str, Any] | None]:
    """Found by their ids, as a resolver would."""
    return [{"id": text, "host": "a", "total": 7} if ":" in text else None for text in ids]


def row(id: str) -> dict[str, Any] | None:  # noqa: A002 (the argument's name in the schema)
    """Found by its id."""
    return rows([id])[0]


ROOT = {**DATA, "viewer": {"account": ACCOUNT}, "node": row, "nodes": rows}


def run(text: str, caller: Actor | None = SERVERS, **variables: Any) -> tuple[Judged, Any, list[GraphQLError]]:
    judged = Judged(small_guards(), text, caller, **variables)
    result = judged.run(ROOT)
    return judged, result.data, result.errors or []


def test_refused_fields_are_null_in_their_place_and_their_resolvers_never_run() -> None:
    judged, data, errors = run(
        "{ viewer { account { latest { total } number b: invoices { id } servers { price host } } } }"
    )
    assert errors == []
    assert list(data["viewer"]["account"]) == ["latest", "number", "b", "servers"]
    assert data["viewer"]["account"] == {
        "latest": None,
        "number": "A-1",
        "b": None,
        "servers": [{"price": None, "host": "a"}, {"price": None, "host": "b"}],
    }
    assert not {"latest", "invoices", "total", "price"} & set(judged.resolved)


def test_whoever_may_gets_it_all() -> None:
    _, data, errors = run("{ viewer { account { latest { total } servers { price } } } }", actor(RoleName.MASTER))
    assert errors == []
    assert data["viewer"]["account"] == {"latest": {"total": 7}, "servers": [{"price": 3}, {"price": 4}]}


def test_a_field_with_a_guarded_enum_value_is_not_resolved_and_its_namesake_is() -> None:
    judged, data, _ = run(
        "query ($k: Kind!) { viewer { account { a: report(kind: $k) { name } b: report(kind: SERVERS) { name } } } }",
        k="COSTS",
    )
    assert data["viewer"]["account"] == {"a": None, "b": {"name": "costs"}}
    assert judged.resolved.count("report") == 1


def test_refused_mutations_do_nothing_and_the_others_run() -> None:
    judged, data, _ = run("mutation { changePassword signOut subscribe(kinds: [COSTS]) topUp }")
    assert data == {"changePassword": None, "signOut": True, "subscribe": None, "topUp": None}
    assert judged.resolved == ["signOut"]


def test_a_hidden_node_is_null_and_not_looked_up() -> None:
    judged, data, _ = run('{ node(id: "Invoice:1") { id } other: node(id: "Server:1") { id } }')
    assert data == {"node": None, "other": {"id": "Server:1"}}
    assert judged.resolved.count("node") == 1


def test_hidden_nodes_are_null_in_their_positions_and_their_ids_never_arrive() -> None:
    asked: list[list[str]] = []

    def nodes(ids: list[str]) -> Any:
        asked.append(ids)
        return rows(ids)

    ids = ["Invoice:1", "Server:1", "Secret:2", "junk", "Account:1"]
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Invoice { total } ... on Server { price host } } }"
    judged = Judged(small_guards(), text, SERVERS, ids=ids)
    result = judged.run({**ROOT, "nodes": nodes})
    assert result.errors is None
    assert result.data == {
        "nodes": [None, {"id": "Server:1", "price": None, "host": "a"}, None, None, {"id": "Account:1"}]
    }
    assert asked == [["", "Server:1", "", "junk", "Account:1"]]


def test_merged_and_aliased_selections_of_nodes_keep_their_fields() -> None:
    text = """{
        x: nodes(ids: ["Invoice:1", "Server:1"]) { id }
        ... on Query { x: nodes(ids: ["Invoice:1", "Server:1"]) { ... on Server { host } } }
    }"""
    _, data, _ = run(text)
    assert data == {"x": [None, {"id": "Server:1", "host": "a"}]}


def test_an_object_that_an_interface_turned_up_stays_hidden() -> None:
    _, data, errors = run(
        "{ viewer { account { log { target { id ... on Secret { value } ... on Server { host } } } } } }"
    )
    assert data["viewer"]["account"]["log"] == [{"target": {"id": "Server:1", "host": "a"}}, {"target": None}]
    (error,) = errors
    assert error.extensions is not None
    assert error.extensions["code"] == "FORBIDDEN"
    assert error.extensions["place"] == "viewer.account.log.@.target"
    assert error.extensions["coordinate"] == "Secret"


def test_without_a_credential_guarded_fields_below_a_public_one_are_null() -> None:
    _, data, errors = run("{ roles viewer { account { number latest { total } } } }", None)
    assert errors == []
    assert data == {"roles": ["a"], "viewer": {"account": {"number": "A-1", "latest": None}}}
