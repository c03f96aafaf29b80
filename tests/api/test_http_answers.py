"""Media types, status codes and headers of answers."""

import httpx
import pytest

from tests.api import protocol

RESPONSE = "application/graphql-response+json"
PLAIN = "application/json"
DRAFT = f"{RESPONSE}; profile=2026-08"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, PLAIN),
        ("*/*", PLAIN),
        ("application/*", PLAIN),
        (PLAIN, PLAIN),
        ("Application/JSON", PLAIN),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}; charset=utf-8", RESPONSE),
        (f"{RESPONSE}, {PLAIN}", RESPONSE),
        (f"{PLAIN}, {RESPONSE}", PLAIN),
        (f"{PLAIN};q=0.9, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0.5, {PLAIN};q=0.6", PLAIN),
        (f"{RESPONSE};q=0, {PLAIN}", PLAIN),
        (f"{PLAIN};q=0, */*", RESPONSE),
        (f"{RESPONSE}, */*", RESPONSE),
        (f"{PLAIN}, */*;q=0.1", PLAIN),
        (f"text/html, text/event-stream, {PLAIN}", PLAIN),
        (f"text/event-stream, multipart/mixed, {RESPONSE}", RESPONSE),
        (f'text/x; a="b, {RESPONSE}", {PLAIN}', PLAIN),
        (f"nonsense;;;q=, {PLAIN}", PLAIN),
    ],
)
async def test_the_media_type_is_negotiated(http: httpx.AsyncClient, accept: str | None, media_type: str) -> None:
    request = http.build_request("POST", "/graphql", json={"query": "{hello}"})
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept
    response = await http.send(request)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.json() == {"data": {"hello": "Hello world"}}


@pytest.mark.parametrize(
    "accept", ["text/csv", "text/event-stream", "multipart/mixed", f"{PLAIN};q=0", "*/*;q=0", f"{PLAIN};q=x", "text/*"]
)
async def test_other_media_types_are_406_and_nothing_runs(http: httpx.AsyncClient, accept: str) -> None:
    response = await http.post("/graphql", json={"query": "mutation { touch }"}, headers={"Accept": accept})
    assert response.status_code == 406
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert RESPONSE in response.json()["errors"][0]["message"]
    assert protocol.touched == []


FAULTS = {
    "parse": {"query": "{"},
    "validation": {"query": "{ nothing }"},
    "variables": {"query": "query ($to: Int!) { count(to: $to) }", "variables": {"to": None}},
    "limit": {"query": "{ a: hello " * 16 + "}" * 16},
    "choice": {"query": "{hello}", "operationName": "Other"},
    "partial": {"query": '{ hello asks(what: "input") }'},
    "credential": {"query": "{ account { id } }"},
}


@pytest.mark.parametrize(
    ("accept", "statuses"),
    [
        (PLAIN, {"parse": 200, "validation": 200, "variables": 200, "limit": 200, "choice": 200, "partial": 200}),
        (RESPONSE, {"parse": 400, "validation": 400, "variables": 400, "limit": 400, "choice": 400, "partial": 200}),
        (DRAFT, {"parse": 400, "validation": 422, "variables": 422, "limit": 422, "choice": 422, "partial": 294}),
    ],
)
async def test_status_codes_follow_the_media_type(
    http: httpx.AsyncClient, accept: str, statuses: dict[str, int]
) -> None:
    expected = {**statuses, "credential": 401}
    found = {
        name: (await http.post("/graphql", json=body, headers={"Accept": accept})).status_code
        for name, body in FAULTS.items()
    }
    assert found == expected


async def test_a_setting_makes_the_draft_the_usual_profile() -> None:
    async with protocol.calling(protocol.protocol_app(status_profile="2026-08")) as http:
        invalid = await http.post("/graphql", json=FAULTS["validation"], headers={"Accept": RESPONSE})
        partial = await http.post("/graphql", json=FAULTS["partial"], headers={"Accept": RESPONSE})
        whole = await http.post("/graphql", json={"query": "{hello}"})
    assert (invalid.status_code, partial.status_code, whole.status_code) == (422, 294, 200)


@pytest.mark.parametrize("name", ["parse", "validation", "variables", "limit", "choice", "credential"])
async def test_what_was_not_executed_has_no_data(http: httpx.AsyncClient, name: str) -> None:
    body = (await http.post("/graphql", json=FAULTS[name])).json()
    assert set(body) == {"errors"}
    assert all(error["extensions"]["code"] for error in body["errors"])


async def test_executed_answers_keep_their_data_beside_errors(http: httpx.AsyncClient) -> None:
    body = (await http.post("/graphql", json=FAULTS["partial"])).json()
    assert body["data"] == {"hello": "Hello world", "asks": None}
    assert [error["path"] for error in body["errors"]] == [["asks"]]


@pytest.mark.parametrize("body", [{"query": "{hello}"}, {"query": "{"}, 5])
async def test_no_cache_keeps_an_answer(http: httpx.AsyncClient, body: object) -> None:
    headers = (await http.post("/graphql", json=body)).headers
    assert headers["cache-control"] == "private, no-store"
    assert headers["vary"] == "Accept, Authorization, Cookie"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert "strict-transport-security" not in headers


async def test_over_tls_browsers_are_told_to_stay_there() -> None:
    async with protocol.calling(protocol.protocol_app(), "https://gateway.test") as http:
        response = await http.post("/graphql", json={"query": "{hello}"})
    assert response.headers["strict-transport-security"] == "max-age=31536000"


async def test_a_missing_credential_is_challenged(http: httpx.AsyncClient) -> None:
    response = await http.post("/graphql", json=FAULTS["credential"])
    assert response.headers["www-authenticate"] == 'Bearer realm="gateway"'
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("query", ["{ __typename }", '{ __type(name: "Thing") { name } }', "{ hello }"])
async def test_public_roots_need_no_credential(http: httpx.AsyncClient, query: str) -> None:
    response = await http.post("/graphql", json={"query": query})
    assert (response.status_code, "errors" in response.json()) == (200, False)


async def test_the_answer_to_an_operation_that_takes_too_long_is_504() -> None:
    async with protocol.calling(protocol.protocol_app(request_seconds=0.05)) as http:
        response = await http.post("/graphql", json={"query": "{ sleeps(seconds: 30) }"})
    assert response.status_code == 504
    assert response.json()["errors"][0]["extensions"] == {"code": "TIMEOUT"}
