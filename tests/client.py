"""Talk to the API as a client does: over HTTP, with documents and tokens."""

from collections.abc import Mapping
from typing import Any

import httpx

DEMO_PASSWORD = "demo-portal-2026"
SIGN_IN = "mutation SignIn($input: SignInInput!) { signIn(input: $input) { token userErrors { code message } } }"


async def post(
    client: httpx.AsyncClient,
    document: str,
    variables: Mapping[str, Any] | None = None,
    *,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Send one operation and return the whole response."""
    sent = dict(headers or {})
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    return await client.post("/graphql", json={"query": document, "variables": variables or {}}, headers=sent)


async def ask(
    client: httpx.AsyncClient, document: str, variables: Mapping[str, Any] | None = None, *, token: str | None = None
) -> dict[str, Any]:
    """Send one operation that must succeed whole, and return its data."""
    answer = (await post(client, document, variables, token=token)).json()
    assert "errors" not in answer, answer["errors"]
    data: dict[str, Any] = answer["data"]
    return data


async def sign_in(client: httpx.AsyncClient, email: str, password: str = DEMO_PASSWORD) -> str:
    """Sign in and return the session's token; the client keeps no cookie, so that only the token speaks for it."""
    data = await ask(client, SIGN_IN, {"input": {"email": email, "password": password}})
    client.cookies.clear()
    assert data["signIn"]["userErrors"] == []
    token: str = data["signIn"]["token"]
    return token
