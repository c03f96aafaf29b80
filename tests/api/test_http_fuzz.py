"""Whatever bytes come in, the answer is clear: a status below 500, and the shape of GraphQL."""

import asyncio
import json
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.errors import CODES
from tests.api import protocol

JSON = {"Content-Type": "application/json"}
TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
VOCABULARY = """
{ } ( ) [ ] : ! $a @skip ... query mutation fragment on Query hello thing person email name count to
1 -0 1e400 null true "x" \"\"\"y\"\"\" \0 \ud800
"""
WORDS = st.sampled_from(VOCABULARY.split())
DOCUMENTS = st.one_of(
    TEXT,
    st.lists(WORDS, max_size=25).map(" ".join),
    st.sampled_from(
        [
            "query ($a: Person!) { person(person: $a) }",
            "query ($a: Int = 3) { strict(size: $a) }",
            "query ($a: [ID!]) { ids(ids: $a) }",
            "query ($a: String) { hello(name: $a) }",
        ]
    ),
)
PERSON = st.fixed_dictionaries({"email": ANY_JSON}, optional={"age": ANY_JSON, "tags": ANY_JSON, "password": ANY_JSON})
REQUESTS = st.fixed_dictionaries(
    {"query": DOCUMENTS},
    optional={
        "variables": ANY_JSON | st.fixed_dictionaries({"a": ANY_JSON | PERSON}),
        "operationName": ANY_JSON,
        "extensions": ANY_JSON,
    },
)


def answer(method: str, body: bytes = b"", headers: dict[str, str] | None = None, query: str = "") -> httpx.Response:
    """Send one request to an application of its own."""

    async def send() -> httpx.Response:
        async with protocol.calling(APP) as http:
            url = f"/graphql?{query}" if query else "/graphql"
            return await http.request(method, url, content=body, headers=headers)

    return asyncio.run(send())


APP: Any = None


def setup_module() -> None:
    """Make the application once: what is fuzzed are requests."""
    global APP  # noqa: PLW0603 (hypothesis calls the tests without fixtures of their own)
    APP = protocol.protocol_app()


def assert_clear(response: httpx.Response) -> None:
    """The answer is one that a client can read, and no defect."""
    body = response.json()
    assert response.status_code < 500
    assert set(body) <= {"data", "errors", "extensions"}
    for error in body.get("errors", []):
        assert error["message"]
        assert error["extensions"]["code"] in CODES - {"INTERNAL"}


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    assert_clear(answer("POST", body, JSON))


@settings(max_examples=150, deadline=None)
@given(ANY_JSON)
def test_any_json(value: Any) -> None:
    assert_clear(answer("POST", json.dumps(value).encode(), JSON))


@settings(max_examples=300, deadline=None)
@given(REQUESTS)
def test_any_parameters(value: dict[str, Any]) -> None:
    assert_clear(answer("POST", json.dumps(value).encode(), JSON))


@settings(max_examples=100, deadline=None)
@given(st.text('abcdefquryvains=&%+0123456789{}"', max_size=80))
def test_any_query_string(query: str) -> None:
    assert_clear(answer("GET", query=query))


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_any_accept_and_content_type(value: str) -> None:
    headers = {"Accept": value.strip(), "Content-Type": "application/json"}
    assert_clear(answer("POST", b'{"query": "{hello}"}', headers))
    assert_clear(answer("POST", b'{"query": "{hello}"}', {"Content-Type": value.strip()}))
