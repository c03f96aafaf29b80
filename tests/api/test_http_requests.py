"""What a request must look like, and what a malformed one is told."""

import json
from typing import Any

import httpx
import orjson
import pytest

from tests.api import protocol

JSON = {"Content-Type": "application/json"}


def only_error(response: httpx.Response) -> dict[str, Any]:
    """The one entry of `errors` of an answer that holds nothing else."""
    body = response.json()
    assert set(body) == {"errors"}
    assert len(body["errors"]) == 1
    error: dict[str, Any] = body["errors"][0]
    return error


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"5", "must be a JSON object"),
        (b'"a"', "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"true", "must be a JSON object"),
        (b"{", "not valid JSON"),
        (b'{"query": "{hello}"', "not valid JSON"),
        (b'\xff{"query": "{hello}"}', "not valid JSON"),
        (b'{"query": "{ hello(name: \\"\xff\\") }"}', "not valid JSON"),
        (b'\xef\xbb\xbf{"query": "{hello}"}', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"query": "{hello}", "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}", "not valid JSON"),
        (b'{"query": "{hello}", "variables": {"a": NaN}}', "not valid JSON"),
        (b'{"query": "{hello}", "variables": {"a": Infinity}}', "not valid JSON"),
        (b'{"query": "{hello}", "variables": {"a": ' + b"9" * 5_000 + b"}}", "not valid JSON"),
        (b'{"query": "{hello}", "variables": {"a": 1e999}}', "not valid JSON"),
        (b'{"query": "{hello}", "variables": {"a": "\\ud800"}}', "not valid JSON"),
        (b'{"query": "{ hello(name: \\"\\udfff\\") }"}', "not valid JSON"),
        (b"{}", "query is required"),
        (b'{"query": null}', "query is required"),
        (b'{"query": 0}', "query is required"),
        (b'{"query": ["{hello}"]}', "query is required"),
        (b'{"query": "{hello}", "operationName": 1}', "operationName must be a string"),
        (b'{"query": "{hello}", "variables": []}', "variables must be a JSON object"),
        (b'{"query": "{hello}", "variables": "{}"}', "variables must be a JSON object"),
        (b'{"query": "{hello}", "extensions": 0}', "extensions must be a JSON object"),
    ],
)
async def test_malformed_bodies_are_refused_with_a_reason(http: httpx.AsyncClient, body: bytes, says: str) -> None:
    response = await http.post("/graphql", content=body, headers=JSON)
    error = only_error(response)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert says in error["message"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("body", [[1, 2], [], [{"query": "{hello}"}], [{"query": "mutation { touch }"}] * 2])
async def test_batches_are_refused(http: httpx.AsyncClient, body: Any) -> None:
    response = await http.post("/graphql", json=body)
    assert response.status_code == 400
    assert only_error(response)["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "operationsPerRequest",
        "value": 1,
    }
    assert protocol.touched == []


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/jsonp",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "",
    ],
)
async def test_other_content_types_are_415(http: httpx.AsyncClient, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    response = await http.post("/graphql", content=b'{"query": "mutation { touch }"}', headers=headers)
    assert response.status_code == 415
    assert "application/json" in only_error(response)["message"]
    assert protocol.touched == []


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; Charset=UTF-8", 'application/json;charset="utf-8"']
)
async def test_json_content_types_are_read(http: httpx.AsyncClient, content_type: str) -> None:
    body = '{"query": "{ hello(name: \\"Ünï🏃\\") }"}'.encode()
    response = await http.post("/graphql", content=body, headers={"Content-Type": content_type})
    assert response.json() == {"data": {"hello": "Hello Ünï🏃"}}


async def test_compressed_bodies_are_415(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", content=b"\x1f\x8b", headers={**JSON, "Content-Encoding": "gzip"})
    assert response.status_code == 415
    assert "Content-Encoding" in only_error(response)["message"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
async def test_other_methods_are_405_with_allow(http: httpx.AsyncClient, method: str) -> None:
    response = await http.request(method, "/graphql", headers=JSON)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST, OPTIONS"
    assert "not allowed" in only_error(response)["message"]


async def test_head_is_405_too_without_a_body(http: httpx.AsyncClient) -> None:
    response = await http.head("/graphql", params={"query": "{hello}"})
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST, OPTIONS")
    assert response.content == b""


async def test_options_names_the_methods(http: httpx.AsyncClient) -> None:
    response = await http.options("/graphql")
    assert response.status_code == 204
    assert response.headers["allow"] == "GET, POST, OPTIONS"


async def test_get_reads_the_query_string(http: httpx.AsyncClient) -> None:
    query = "query A($name: String) { hello(name: $name) } query B { thing { id } }"
    parameters = {"query": query, "operationName": "A", "variables": '{"name": "Zoë"}', "extensions": "{}"}
    response = await http.get("/graphql", params=parameters)
    assert response.json() == {"data": {"hello": "Hello Zoë"}}


@pytest.mark.parametrize(
    ("query_string", "says"),
    [
        ("", "query is required"),
        ("query=", "query is required"),
        ("query=%7Bhello%7D&variables=%7B", "variables is not valid JSON"),
        ("query=%7Bhello%7D&variables=%5B%5D", "variables must be a JSON object"),
        ("query=%7Bhello%7D&variables=NaN", "variables is not valid JSON"),
        ("query=%7Bhello%7D&extensions=1", "extensions must be a JSON object"),
        ("query=%7Bhello%7D&query=%7Bhello%7D", "given twice"),
        ("query=%FF", "cannot be read"),
        ("query=%ED%A0%80", "cannot be read"),
        ("&".join(f"a{n}=1" for n in range(30)), "cannot be read"),
    ],
)
async def test_malformed_query_strings_are_400(http: httpx.AsyncClient, query_string: str, says: str) -> None:
    response = await http.get(f"/graphql?{query_string}")
    assert response.status_code == 400
    assert says in only_error(response)["message"]


async def test_a_mutation_by_get_is_405_and_does_nothing(http: httpx.AsyncClient) -> None:
    response = await http.get("/graphql", params={"query": "mutation { touch }"})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert only_error(response)["message"] == "A mutation runs by POST only."
    assert protocol.touched == []


async def test_by_get_the_chosen_operation_counts(http: httpx.AsyncClient) -> None:
    query = "query Read { hello } mutation Write { touch }"
    read = await http.get("/graphql", params={"query": query, "operationName": "Read"})
    write = await http.get("/graphql", params={"query": query, "operationName": "Write"})
    assert read.json() == {"data": {"hello": "Hello world"}}
    assert (write.status_code, protocol.touched) == (405, [])


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_by_a_plain_request_is_told_why_not(http: httpx.AsyncClient, method: str) -> None:
    parameters = {"query": "subscription { ticks }"}
    sent = {"params": parameters} if method == "GET" else {"json": parameters}
    response = await http.request(method, "/graphql", **sent)  # type: ignore[arg-type]
    assert "stays open" in only_error(response)["message"]


async def test_a_body_past_the_limit_is_413_whatever_its_length_says() -> None:
    body = orjson.dumps({"query": "mutation { touch }", "extensions": {"padding": "x" * 2_000}})

    async def chunks() -> Any:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    protocol.touched.clear()
    async with protocol.calling(protocol.protocol_app(max_body_bytes=1_024)) as http:
        whole = await http.post("/graphql", content=body, headers=JSON)
        streamed = await http.post("/graphql", content=chunks(), headers=JSON)
        lying = await http.post("/graphql", content=body, headers={**JSON, "Content-Length": "10"})
        absurd = await http.post("/graphql", content=body, headers={**JSON, "Content-Length": "9" * 5_000})
    for response in (whole, streamed, lying, absurd):
        assert response.status_code == 413
        assert only_error(response)["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "bodyBytes", "value": 1_024}
        assert "1024" in only_error(response)["message"]
    assert protocol.touched == []


async def test_the_longest_allowed_body_is_read() -> None:
    body = orjson.dumps({"query": "{ hello }", "extensions": {"padding": ""}})
    body = body.replace(b'""', b'"' + b"x" * (1_024 - len(body)) + b'"')
    async with protocol.calling(protocol.protocol_app(max_body_bytes=1_024)) as http:
        response = await http.post("/graphql", content=body, headers=JSON)
    assert len(body) == 1_024
    assert response.json() == {"data": {"hello": "Hello world"}}


async def test_unknown_members_and_extensions_are_let_pass(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", json={"query": "{hello}", "id": 7, "extensions": {"some": ["thing"]}})
    assert response.json() == {"data": {"hello": "Hello world"}}


async def test_an_empty_operation_name_counts_as_none(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", json={"query": "{hello}", "operationName": ""})
    assert response.json() == {"data": {"hello": "Hello world"}}


async def test_paths_that_are_not_there_answer_in_the_same_shape(http: httpx.AsyncClient) -> None:
    response = await http.get("/nothing/here?secret=1")
    assert response.status_code == 404
    assert only_error(response)["extensions"]["code"] == "BAD_USER_INPUT"
    assert json.loads(response.content)
