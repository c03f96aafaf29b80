"""What stands before the endpoint: names of requests, origins, cookies, credentials, proxies, the access log."""

import re
from typing import Any

import httpx
import pytest
import structlog

from tests.api import protocol

OWN, FRIEND, FOREIGN = "http://gateway.test", "https://portal.example.com", "https://evil.example.net"
COOKIE = {"Cookie": "__Host-session=whatever"}
TOUCH = {"query": "mutation { touch }"}
HELLO = {"query": "{ hello }"}


@pytest.fixture
async def friendly() -> Any:
    """A client of an application that has one friendly origin."""
    protocol.touched.clear()
    async with protocol.calling(protocol.protocol_app(cors_origins=FRIEND)) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Origin": OWN}, True),
        ({"Origin": FRIEND}, True),
        ({"Origin": FRIEND.upper()}, True),
        ({"Origin": "http://gateway.test:80"}, True),
        ({"Origin": "https://gateway.test"}, False),
        ({"Origin": "http://gateway.test:8000"}, False),
        ({"Origin": "http://gateway.test.evil.net"}, False),
        ({"Origin": FOREIGN}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://gateway.test:99999"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": FRIEND}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": FOREIGN}, False),
    ],
)
@pytest.mark.parametrize("cookie", [{}, COOKIE])
async def test_only_known_origins_get_through(
    friendly: httpx.AsyncClient, headers: dict[str, str], cookie: dict[str, str], allowed: bool
) -> None:
    response = await friendly.post("/graphql", json=TOUCH, headers={**headers, **cookie})
    assert response.status_code == (200 if allowed else 403)
    assert protocol.touched == (["touch"] if allowed else [])
    if not allowed:
        assert response.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 200),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"Content-Type": "text/plain"}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 403),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 403),
        ({}, 403),
        ({"Content-Type": "text/plain", "X-Requested-With": "fetch"}, 415),
        ({"Content-Type": "text/plain", "Apollo-Require-Preflight": "1"}, 415),
    ],
)
async def test_with_a_cookie_a_post_needs_what_no_form_can_send(
    http: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    body = b'{"query": "mutation { touch }"}'
    response = await http.post("/graphql", content=body, headers={**headers, **COOKIE})
    assert response.status_code == status
    assert protocol.touched == (["touch"] if status == 200 else [])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        (COOKIE, 403),
        ({**COOKIE, "X-Requested-With": "XMLHttpRequest"}, 200),
        ({**COOKIE, "Apollo-Require-Preflight": "true"}, 200),
        ({"Cookie": "theme=dark"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": FOREIGN}, 403),
    ],
)
async def test_get_runs_with_a_proof_or_without_a_cookie(
    http: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    response = await http.get("/graphql", params=HELLO, headers=headers)
    assert response.status_code == status
    assert ("data" in response.json()) == (status == 200)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_preflights_of_friends_are_answered_with_credentials(friendly: httpx.AsyncClient, method: str) -> None:
    response = await friendly.options("/graphql", headers={"Origin": FRIEND, "Access-Control-Request-Method": method})
    headers = response.headers
    assert response.status_code == 204
    assert headers["access-control-allow-origin"] == FRIEND
    assert headers["access-control-allow-credentials"] == "true"
    assert headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
    assert headers["access-control-allow-headers"].split(", ") == [
        "Content-Type",
        "Authorization",
        "X-Requested-With",
        "Apollo-Require-Preflight",
        "GraphQL-Cost",
        "X-View-As",
        "X-Reject-Unauthorized",
        "X-Request-Id",
    ]
    assert "Origin" in headers["vary"]


@pytest.mark.parametrize("origin", [FOREIGN, "null", OWN.replace("http:", "https:")])
async def test_preflights_of_others_are_refused(friendly: httpx.AsyncClient, origin: str) -> None:
    response = await friendly.options("/graphql", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert response.status_code == 403
    assert not [name for name in response.headers if name.startswith("access-control-")]


async def test_without_friends_no_preflight_is_answered(http: httpx.AsyncClient) -> None:
    response = await http.options("/graphql", headers={"Origin": FRIEND, "Access-Control-Request-Method": "POST"})
    assert response.status_code == 403


@pytest.mark.parametrize("body", [HELLO, {"query": "{"}, 5])
async def test_friends_may_read_every_answer(friendly: httpx.AsyncClient, body: object) -> None:
    response = await friendly.post("/graphql", json=body, headers={"Origin": FRIEND})
    assert response.headers["access-control-allow-origin"] == FRIEND
    assert response.headers["access-control-expose-headers"] == "X-Request-Id, RateLimit, Retry-After"
    assert response.headers["vary"] == "Accept, Authorization, Cookie, Origin"


async def test_other_paths_are_never_shared(friendly: httpx.AsyncClient) -> None:
    response = await friendly.get("/healthz", headers={"Origin": FRIEND})
    assert response.json() == {"status": "ok"}
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer not-a-token",
        "Basic dXNlcjpwYXNz",
        "spses_" + "a" * 49,
        "Bearer spses_" + "a" * 49,
        "me|1700000000|" + "a" * 40,
        "Bearer \xff",
    ],
)
@pytest.mark.parametrize("cookie", [{}, COOKIE])
async def test_a_bad_authorization_header_refuses_the_whole_request(
    http: httpx.AsyncClient, authorization: str, cookie: dict[str, str]
) -> None:
    headers = httpx.Headers({"Authorization": authorization, **cookie}, encoding="latin-1")
    response = await http.post("/graphql", json=TOUCH, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="gateway"'
    assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert set(response.json()) == {"errors"}
    assert protocol.touched == []


async def test_two_authorization_headers_are_one_too_many(http: httpx.AsyncClient) -> None:
    lines = [("Authorization", "Bearer a"), ("Authorization", "Bearer b")]
    assert (await http.post("/graphql", json=TOUCH, headers=lines)).status_code == 401
    assert protocol.touched == []


@pytest.mark.parametrize("value", ["whatever", "spses_" + "a" * 49, "spkey_" + "a" * 49, '"quoted"', "%00"])
async def test_a_bad_cookie_counts_as_none_and_is_cleared(http: httpx.AsyncClient, value: str) -> None:
    response = await http.post("/graphql", json=HELLO, headers={"Cookie": f"__Host-session={value}"})
    assert response.json() == {"data": {"hello": "Hello world"}}
    cleared = response.headers["set-cookie"]
    assert cleared.startswith('__Host-session="";')
    assert "Max-Age=0" in cleared
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=strict"} <= set(cleared.split("; "))
    assert "Domain" not in cleared


async def test_plain_http_on_loopback_has_a_cookie_of_its_own() -> None:
    async with protocol.calling(protocol.protocol_app(), "http://127.0.0.1:8000") as http:
        ours = await http.post("/graphql", json=HELLO, headers={"Cookie": "session-8000=whatever"})
        other = await http.post(
            "/graphql", json=HELLO, headers={"Cookie": "__Host-session=whatever; session-8001=whatever"}
        )
    assert ours.headers["set-cookie"].startswith('session-8000="";')
    assert "Secure" not in ours.headers["set-cookie"]
    assert "HttpOnly" in ours.headers["set-cookie"]
    assert "set-cookie" not in other.headers


@pytest.mark.parametrize("sent", ["7", "request-0001", "4bf92f3577b34da6a3ce929d0e0e4736", "a:b/c+d=e@f_g.h"])
async def test_a_sane_request_id_is_kept(http: httpx.AsyncClient, sent: str) -> None:
    response = await http.post("/graphql", json=HELLO, headers={"X-Request-Id": sent})
    assert response.headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", ["", "a b c d e f g", "x" * 129, "<script>alert</script>", "line\tline-line"])
async def test_any_other_request_id_is_replaced(http: httpx.AsyncClient, sent: str) -> None:
    ids = [(await http.get("/healthz", headers={"X-Request-Id": sent})).headers["x-request-id"] for _ in range(2)]
    assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in ids)
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    ("trusted", "forwarded", "peer"),
    [
        ("", "203.0.113.9", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.0/8", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1,10.0.0.0/8", "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("127.0.0.1,10.0.0.0/8", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("127.0.0.1", "rubbish", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, rubbish", "127.0.0.1"),
        ("127.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
async def test_the_peer_is_told_by_trusted_proxies_alone(trusted: str, forwarded: str, peer: str) -> None:
    async with protocol.calling(protocol.protocol_app(trusted_proxies=trusted)) as http:
        with structlog.testing.capture_logs() as lines:
            await http.post("/graphql", json=HELLO, headers={"X-Forwarded-For": forwarded})
    assert [line["peer"] for line in lines if line["event"] == "request"] == [peer]


@pytest.mark.parametrize(("trusted", "status"), [("127.0.0.1", 200), ("", 403)])
async def test_the_scheme_is_told_by_trusted_proxies_alone(trusted: str, status: int) -> None:
    headers = {"X-Forwarded-Proto": "https", "Origin": "https://gateway.test"}
    async with protocol.calling(protocol.protocol_app(trusted_proxies=trusted)) as http:
        response = await http.post("/graphql", json=HELLO, headers=headers)
    assert response.status_code == status
    assert ("strict-transport-security" in response.headers) == (status == 200)


async def test_one_line_is_logged_for_each_request(http: httpx.AsyncClient) -> None:
    query = 'query Greeting { hello(name: "literal") }'
    with structlog.testing.capture_logs() as lines:
        await http.post("/graphql?token=secret", json={"query": query}, headers={"X-Request-Id": "request-0001"})
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line.pop("duration_ms") >= 0
    assert re.fullmatch(r"[0-9a-f]{64}", line.pop("document"))
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "request_id": "request-0001",
        "peer": "127.0.0.1",
        "operation": "Greeting",
    }


async def test_defects_outside_of_operations_are_masked_too(http: httpx.AsyncClient) -> None:
    token = "Bearer spses_" + "A" * 43 + "0" * 6
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("auth.tokens._checksum", lambda _: "0" * 6)
        response = await http.post("/graphql", json=HELLO, headers={"Authorization": token})
    (error,) = response.json()["errors"]
    assert response.status_code == 500
    assert error["extensions"] == {"code": "INTERNAL", "requestId": response.headers["x-request-id"]}
    assert "attribute" not in response.text


async def test_health_does_not_need_the_database_but_readiness_does(http: httpx.AsyncClient) -> None:
    alive, ready = await http.get("/healthz"), await http.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (503, {"status": "unavailable"})
    assert alive.headers["cache-control"] == ready.headers["cache-control"] == "no-store"
