"""Sessions over HTTP: the cookie, the header, which of them counts, and what foreign pages cannot do with either."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from tests.api.protocol import calling
from tests.client import DEMO_PASSWORD, SIGN_IN, post

MASTER, BILLING = "master@demo.example.com", "billing@demo.example.com"
OWN, FOREIGN = "https://gateway.test", "https://evil.example.net"
WHO = "{ viewer { login } }"
SIGN_OUT = "mutation { signOut(input: {}) { userErrors { code } } }"
NAME = "__Host-session"


@pytest.fixture
async def browser(demo_app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks TLS and keeps cookies, as a browser does."""
    async with calling(demo_app, OWN) as client:
        yield client


async def sign_in(client: httpx.AsyncClient, email: str = MASTER, password: str = DEMO_PASSWORD) -> httpx.Response:
    """The response to a sign-in."""
    return await post(client, SIGN_IN, {"input": {"email": email, "password": password}})


async def who(client: httpx.AsyncClient, headers: dict[str, str] | None = None) -> Any:
    """Whom the portal takes the client for."""
    response = await post(client, WHO, headers=headers)
    viewer = response.json()["data"]["viewer"]
    return None if viewer is None else viewer["login"]


async def test_signing_in_hands_the_browser_a_cookie_out_of_reach(browser: httpx.AsyncClient) -> None:
    response = await sign_in(browser)
    attributes = response.headers["set-cookie"].split("; ")
    assert attributes[0] == f"{NAME}={response.json()['data']['signIn']['token']}"
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=strict"} <= set(attributes)
    assert any(part.startswith("expires=") for part in attributes)
    assert not any(part.lower().startswith("domain") for part in attributes)
    assert await who(browser) == MASTER


async def test_on_loopback_plain_http_signs_in_too(demo_app: Starlette) -> None:
    async with calling(demo_app, "http://127.0.0.1:8000") as client:
        response = await sign_in(client)
        assert response.headers["set-cookie"].startswith("session-8000=")
        assert "Secure" not in response.headers["set-cookie"]
        assert await who(client) == MASTER


async def test_a_failed_sign_in_sets_no_cookie(browser: httpx.AsyncClient) -> None:
    response = await sign_in(browser, password="wrong-password")
    assert response.json()["data"]["signIn"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    assert "set-cookie" not in response.headers
    assert await who(browser) is None


async def test_signing_out_ends_the_session_and_clears_the_cookie(browser: httpx.AsyncClient) -> None:
    token = (await sign_in(browser)).json()["data"]["signIn"]["token"]
    response = await post(browser, SIGN_OUT)
    assert response.json() == {"data": {"signOut": {"userErrors": []}}}
    assert response.headers["set-cookie"].startswith(f'{NAME}="";')
    assert not browser.cookies
    assert (await post(browser, WHO, token=token)).status_code == 401


async def test_the_header_has_the_last_word(browser: httpx.AsyncClient) -> None:
    token = (await sign_in(browser, BILLING)).json()["data"]["signIn"]["token"]
    browser.cookies.clear()
    await sign_in(browser, MASTER)
    assert await who(browser) == MASTER
    assert await who(browser, {"Authorization": f"Bearer {token}"}) == BILLING
    mistyped = token[:-1] + ("a" if token[-1] != "a" else "b")
    refused = await post(browser, WHO, headers={"Authorization": f"Bearer {mistyped}"})
    assert (refused.status_code, set(refused.json())) == (401, {"errors"})


async def test_an_ended_cookie_counts_as_none_and_is_cleared(browser: httpx.AsyncClient) -> None:
    token = (await sign_in(browser)).json()["data"]["signIn"]["token"]
    await post(browser, SIGN_OUT)
    stale = {"Cookie": f"{NAME}={token}"}
    response = await post(browser, WHO, headers=stale)
    assert response.json() == {"data": {"viewer": None}}
    assert response.headers["set-cookie"].startswith(f'{NAME}="";')
    guarded = await post(browser, '{ node(id: "x") { id } }', headers=stale)
    assert guarded.status_code == 401


FORGERIES: list[dict[str, str]] = [
    {"Origin": FOREIGN, "Content-Type": "application/json"},
    {"Origin": "null", "Content-Type": "application/json"},
    {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "multipart/form-data; boundary=x"},
]


@pytest.mark.parametrize("headers", FORGERIES)
async def test_forged_requests_do_nothing_with_the_cookie(browser: httpx.AsyncClient, headers: dict[str, str]) -> None:
    await sign_in(browser)
    body = httpx.Request("POST", OWN, json={"query": SIGN_OUT}).content
    response = await browser.post("/graphql", content=body, headers=headers)
    assert (response.status_code, set(response.json())) == (403, {"errors"})
    assert await who(browser) == MASTER


async def test_a_forged_sign_in_plants_no_session(browser: httpx.AsyncClient) -> None:
    variables = {"input": {"email": MASTER, "password": DEMO_PASSWORD}}
    response = await post(browser, SIGN_IN, variables, headers={"Origin": FOREIGN})
    assert response.status_code == 403
    assert "set-cookie" not in response.headers
    assert await who(browser) is None


async def test_by_get_the_cookie_needs_a_proof(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    bare = await browser.get("/graphql", params={"query": WHO})
    proven = await browser.get("/graphql", params={"query": WHO}, headers={"X-Requested-With": "fetch"})
    assert bare.status_code == 403
    assert proven.json() == {"data": {"viewer": {"login": MASTER}}}


async def test_one_document_signs_in_once(browser: httpx.AsyncClient) -> None:
    field = f'signIn(input: {{email: "{MASTER}", password: "{DEMO_PASSWORD}"}}) {{ token }}'
    response = await post(browser, f"mutation {{ a: {field} b: {field} }}")
    assert response.json()["errors"][0]["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "authenticationFields",
        "value": 1,
    }
    assert "set-cookie" not in response.headers
    assert await who(browser) is None


async def test_a_malformed_address_is_told_without_the_password(browser: httpx.AsyncClient) -> None:
    response = await post(browser, SIGN_IN, {"input": {"email": "nobody", "password": "top-secret"}})
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argumentPath"] == "input.email"
    assert "top-secret" not in response.text


async def test_what_a_role_may_not_see_is_refused_whole_on_request(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "read-only-server-management@demo.example.com")
    query = "{ viewer { login account { billing { email } invoices { totalCount } } } }"
    partly = await post(browser, query)
    whole = await post(browser, query, headers={"X-Reject-Unauthorized": "1"})
    assert partly.json()["data"]["viewer"]["account"] == {"billing": None, "invoices": None}
    assert (whole.status_code, set(whole.json())) == (403, {"errors"})
    assert [error["extensions"]["code"] for error in whole.json()["errors"]] == ["FORBIDDEN", "FORBIDDEN"]
