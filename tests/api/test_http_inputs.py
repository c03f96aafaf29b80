"""Values that no client should send, against the portal's own schema: each has a clear answer, and none is a defect."""

from typing import Any

import httpx
import pytest

from tests.client import post, sign_in

SERVERS = """
query ($first: Int, $after: String, $last: Int, $before: String, $filter: ServerFilter, $orderBy: ServerOrder) {
  viewer { account {
    servers(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
      nodes { id }
    }
  } }
}
"""
NINES = "9" * 5_000


@pytest.fixture
async def token(demo_client: httpx.AsyncClient) -> str:
    """The session of the demo's master."""
    return await sign_in(demo_client, "master@demo.example.com")


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ({"first": -1}, "first"),
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"first": 1.5}, "first"),
        ({"first": "10"}, "first"),
        ({"first": 2**31}, "first"),
        ({"first": 10**18}, "first"),
        ({"last": -1}, "last"),
        ({"last": 101}, "last"),
        ({"first": 1, "last": 1}, None),
        ({"after": ""}, "after"),
        ({"after": "nonsense"}, "after"),
        ({"after": "é" * 50}, "after"),
        ({"after": "\0"}, "after"),
        ({"before": "AAAA"}, "before"),
        ({"filter": {"search": "a\0b"}}, "filter.search"),
        ({"filter": {"search": 5}}, "filter.search"),
        ({"filter": {"nothing": 5}}, "filter.nothing"),
        ({"filter": {"productIds": ["\0"]}}, "filter.productIds.0"),
        ({"filter": []}, None),
        ({"orderBy": {"field": "NOTHING"}}, "orderBy.field"),
        ({"orderBy": {}}, "orderBy.field"),
    ],
)
async def test_bad_arguments_of_a_list_are_bad_user_input(
    demo_client: httpx.AsyncClient, token: str, variables: dict[str, Any], path: str | None
) -> None:
    response = await post(demo_client, SERVERS, variables, token=token)
    errors = response.json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}
    assert path is None or path in {error["extensions"].get("argumentPath") for error in errors}


@pytest.mark.parametrize(
    "argument",
    [
        f"first: {NINES}",
        f"first: -{NINES}",
        "first: 1e9",
        'after: "\\u0000"',
        'filter: {search: "\\u0000"}',
        "filter: {productIds: [1.5]}",
    ],
)
async def test_bad_literals_are_bad_user_input(demo_client: httpx.AsyncClient, token: str, argument: str) -> None:
    query = f"{{ viewer {{ account {{ servers({argument}) {{ nodes {{ id }} }} }} }} }}"
    errors = (await post(demo_client, query, token=token)).json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("key", ["", "x", "é", "%", "a" * 5_000, "U2VydmVyOjE=", "AAAA", 5, 2**63, NINES])
async def test_ids_that_are_none_find_nothing(demo_client: httpx.AsyncClient, token: str, key: str | int) -> None:
    document = "query ($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { id } }"
    response = await post(demo_client, document, {"id": key, "ids": [key]}, token=token)
    assert response.json() == {"data": {"node": None, "nodes": [None]}}


@pytest.mark.parametrize("text", ["", " ", "%", "_", "\\", "'", '"; DROP TABLE servers', "🏃", "é", "a" * 10_000])
async def test_any_text_can_be_searched_for(demo_client: httpx.AsyncClient, token: str, text: str) -> None:
    response = await post(demo_client, SERVERS, {"filter": {"search": text}}, token=token)
    body = response.json()
    assert response.status_code == 200
    assert {error["extensions"]["code"] for error in body.get("errors", [])} <= {"BAD_USER_INPUT"}


@pytest.mark.parametrize("role", ["master", "billing"])
async def test_introspection_tools_get_the_whole_schema(demo_client: httpx.AsyncClient, role: str) -> None:
    session = await sign_in(demo_client, f"{role}@demo.example.com")
    query = "{ __schema { queryType { name } types { name fields { name args { name type { ofType { name } } } } } } }"
    answer = (await post(demo_client, query, token=session)).json()
    assert "errors" not in answer
    assert answer["data"]["__schema"]["queryType"] == {"name": "Query"}
