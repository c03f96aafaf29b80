"""Malformed scalars in the arguments of lists: refused at the argument's own path, as variable and as literal alike."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.client import ask, post, sign_in

SERVERS = "servers(first: $first, filter: $filter, orderBy: $orderBy)"
INVOICES = "invoices(first: $first, filter: $filter, orderBy: $orderBy)"
TYPES = {
    SERVERS: "($first: Int, $filter: ServerFilter, $orderBy: ServerOrder)",
    INVOICES: "($first: Int, $filter: InvoiceFilter, $orderBy: InvoiceOrder)",
}

DATES: tuple[Any, ...] = (
    "",
    "today",
    "2026-1-1",
    "2026-02-30",
    "2026-13-01",
    "20260101",
    "2026-01-01T00:00:00Z",
    " 2026-01-01",
)
NOT_DATES: tuple[Any, ...] = (
    *DATES,
    "\u0662\u0660\u0662\u0666-01-01",
    "0000-01-01",
    "10000-01-01",
    "-2026-01-01",
    20260101,
    1.5,
    True,
    [],
    {},
)
NOT_NUMBERS: tuple[Any, ...] = ("1", "", 1.5, 2**31, -(2**31) - 1, True, [], {}, "NaN")
NOT_IDS: tuple[Any, ...] = (1.5, True, {}, "a\0b")
NOT_FLAGS: tuple[Any, ...] = ("true", "", 0, 1, 1.0, {}, "yes")
NOT_NAMES: tuple[Any, ...] = ("active", "", "NOTHING", 0, True, {}, "__proto__")
NOT_TEXTS: tuple[Any, ...] = (5, 1.5, True, {}, "\0", "web\0")

CASES: list[tuple[str, str, tuple[Any, ...], str]] = [
    (SERVERS, "first", NOT_NUMBERS, "expected a whole number between -2147483648 and 2147483647."),
    (SERVERS, "filter.registered.from", NOT_DATES, "Expected a date, such as 2026-01-31"),
    (SERVERS, "filter.lastCheckIn.to", NOT_DATES, "Expected a date, such as 2026-01-31"),
    (SERVERS, "filter.productIds.0", NOT_IDS, ""),
    (SERVERS, "filter.activationKeyIds.0", NOT_IDS, ""),
    (SERVERS, "filter.limited", NOT_FLAGS, "expected true or false."),
    (SERVERS, "filter.states.0", NOT_NAMES, "expected a value of the enum ServerState."),
    (SERVERS, "filter.search", NOT_TEXTS, ""),
    (SERVERS, "orderBy.field", NOT_NAMES, "expected a value of the enum ServerOrderField."),
    (SERVERS, "orderBy.direction", NOT_NAMES, "expected a value of the enum OrderDirection."),
    (INVOICES, "filter.created.from", NOT_DATES, "Expected a date, such as 2026-01-31"),
    (INVOICES, "filter.types.0", NOT_NAMES, "expected a value of the enum InvoiceType."),
]


@pytest.fixture
async def token(demo_client: httpx.AsyncClient) -> str:
    return await sign_in(demo_client, "master@demo.example.com")


def document(selection: str, definitions: str = "") -> str:
    return f"query {definitions} {{ viewer {{ account {{ {selection} {{ nodes {{ id }} }} }} }} }}"


def at(path: str, value: Any) -> dict[str, Any]:
    """The arguments that hold a value at a path, and what is required beside it."""
    for step in reversed(path.split(".")):
        value = [value] if step == "0" else {step: value}
    arguments: dict[str, Any] = value
    if "orderBy" in arguments:
        arguments["orderBy"].setdefault("field", Name("HOSTNAME"))
    return arguments


class Name(str):
    """The name of an enum's value, which a literal writes without quotes."""

    __slots__ = ()


def literal(value: Any) -> str:
    """A value as GraphQL writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return str(value) if isinstance(value, Name) else json.dumps(value)


def refusals(case: tuple[str, str, tuple[Any, ...], str]) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """Each malformed value, in the variables and as a literal."""
    field, path, values, _ = case
    for value in values:
        yield value, document(field, TYPES[field]), at(path, value)
        arguments = ", ".join(f"{name}: {literal(given)}" for name, given in at(path, value).items())
        yield value, document(f"{field.partition('(')[0]}({arguments})"), {}


@pytest.mark.parametrize("case", CASES, ids=[f"{field.partition('(')[0]}-{path}" for field, path, *_ in CASES])
async def test_a_malformed_value_is_refused_at_its_own_path(
    demo_client: httpx.AsyncClient, token: str, case: tuple[str, str, tuple[Any, ...], str]
) -> None:
    path, said = case[1], case[3]
    for value, asked, variables in refusals(case):
        response = await post(demo_client, asked, variables, token=token)
        (error,) = response.json()["errors"]
        assert response.status_code < 500
        assert error["extensions"]["code"] == "BAD_USER_INPUT", (value, asked)
        assert error["extensions"]["argumentPath"] == path, (value, asked)
        assert error["message"].startswith(f"{path}: {said}"), (value, error["message"])


SURROGATES = ("\\ud800", "\\udfff", "\\ude00\\ud83d", "web\\ud800")
"""Halves of characters, as JSON and GraphQL spell them."""


@pytest.mark.parametrize("path", ["filter.search", "filter.productIds.0", "filter.registered.from", "after"])
async def test_a_lone_surrogate_is_refused_wherever_a_string_can_be(
    demo_client: httpx.AsyncClient, token: str, path: str
) -> None:
    query = json.dumps(document("servers(after: $after, filter: $filter)", "($after: String, $filter: ServerFilter)"))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    given = ", ".join(f"{name}: {literal(item)}" for name, item in at(path, "@").items())
    for value in SURROGATES:
        body = f'{{"query": {query}, "variables": {json.dumps(at(path, "@"))}}}'.replace("@", value)
        response = await demo_client.post("/graphql", content=body, headers=headers)
        assert response.status_code == 400
        assert {error["extensions"]["code"] for error in response.json()["errors"]} == {"BAD_USER_INPUT"}
        response = await post(demo_client, document(f"servers({given.replace('@', value)})"), token=token)
        assert response.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


async def test_what_is_well_formed_is_taken(demo_client: httpx.AsyncClient, token: str) -> None:
    for path, value in (
        ("filter.registered.from", "0001-01-01"),
        ("filter.registered.to", "9999-12-31"),
        ("filter.productIds.0", 2**63),
        ("filter.limited", False),
        ("filter.states", "ACTIVE"),
        ("filter.search", "\U0001f3c3"),
        ("orderBy.direction", "DESC"),
        ("first", 100),
    ):
        await ask(demo_client, document(SERVERS, TYPES[SERVERS]), at(path, value), token=token)
