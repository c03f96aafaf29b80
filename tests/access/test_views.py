"""Introspection and SDL over HTTP, for each role and for nobody: all that is allowed is told, and nothing else."""

import json
import re
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    get_introspection_query,
    validate_schema,
)
from pydantic import SecretStr

from gateway.app import create_app
from gateway.settings import Settings
from models.db import Database
from models.roles import RoleName
from schema.build import build_schema as our_schema
from tests.access.manual import HELD
from tests.access.people import make_account, make_login, make_master, make_secret_key, make_session
from tests.access.seen import ROLES, seen, told
from tests.access.ways import sdl_schema
from tests.client import post
from tests.conftest import SECRET, calling
from tests.databases import StatementLog

WHOLE = get_introspection_query(input_value_deprecation=True)
COMPOUND = re.compile(r"[a-z][A-Z]|[A-Z]_[A-Z]")
"""Names that no sentence uses as a word; `Invoice` and `note` are words too."""

BUILT_IN = {"String", "Boolean", "Int", "Float", "ID"}


async def token_of(db: Database, role: str | None) -> str | None:
    """A session of that role."""
    if role is None:
        return None
    person = await make_login(db, await make_account(db, f"A-{role}"), RoleName[role])
    return (await make_session(db, person)).text


def bearer(token: str | None) -> dict[str, str]:
    """The header that carries a token."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def hidden_names(role: str | None) -> set[str]:
    """The names that occur nowhere in what the role sees."""

    def names(coordinates: Iterable[str]) -> set[str]:
        return {name for coordinate in coordinates for name in re.findall(r"\w+", coordinate)}

    return names(told(sdl_schema())) - names(seen(role))


async def introspected(client: httpx.AsyncClient, token: str | None) -> tuple[GraphQLSchema, Any]:
    """The schema as introspection tells it, and the answer itself."""
    answer = (await post(client, WHOLE, token=token)).json()
    assert "errors" not in answer
    return build_client_schema(answer["data"]), answer["data"]


def assert_tells_what_the_role_sees(schema: GraphQLSchema, role: str | None) -> None:
    """No coordinate more, none less; and it is a schema that tools can work with."""
    assert validate_schema(schema) == []
    assert told(schema) - BUILT_IN == seen(role) - BUILT_IN


@pytest.mark.parametrize("role", ROLES)
async def test_introspection_tells_all_that_the_role_sees_and_nothing_else(
    client: httpx.AsyncClient, db: Database, statements: StatementLog, role: str | None
) -> None:
    token = await token_of(db, role)
    await introspected(client, token)
    statements.clear()
    schema, answer = await introspected(client, token)
    assert len(statements) == 0, "nothing is read"
    assert_tells_what_the_role_sees(schema, role)
    text = json.dumps(answer)
    words = {word for word in re.findall(r"\w+", text) if COMPOUND.search(word)}
    words |= {word for quoted in re.findall(r"`[^`]*`", text) for word in re.findall(r"\w+", quoted)}
    assert hidden_names(role) & words == set(), "not in descriptions either"


@pytest.mark.parametrize("role", ROLES)
async def test_the_text_tells_all_that_the_role_sees_and_nothing_else(
    client: httpx.AsyncClient, db: Database, statements: StatementLog, role: str | None
) -> None:
    token = await token_of(db, role)
    statements.clear()
    response = await client.get("/schema.graphql", headers=bearer(token))
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(statements) == 0
    assert_tells_what_the_role_sees(build_schema(response.text), role)


async def test_the_masters_text_is_the_full_schema_with_its_guards(client: httpx.AsyncClient, db: Database) -> None:
    response = await client.get("/schema.graphql", headers=bearer(await token_of(db, "MASTER")))
    assert response.text == f"{our_schema().as_str()}\n"
    assert "@requires(permission: MANAGE_ACCESS)" in response.text


def test_roles_differ_and_some_things_are_hidden_from_each_but_the_master() -> None:
    everything = told(sdl_schema())
    for role in ROLES:
        assert (everything - BUILT_IN == seen(role) - BUILT_IN) == (role == "MASTER")
    assert "Invoice" in seen("BILLING") - seen("SERVER_MANAGEMENT")
    assert "ReportKind.COSTS" in everything - seen("SERVER_MANAGEMENT")
    assert "CreateApiKeyInput" in everything - seen("FULL_ACCESS")
    assert "Query.node" not in seen(None)


async def test_node_is_narrowed_to_what_the_role_can_find(client: httpx.AsyncClient, db: Database) -> None:
    document = '{ __type(name: "Node") { possibleTypes { name } } hidden: __type(name: "Invoice") { name } }'
    answer = (await post(client, document, token=await token_of(db, "SERVER_MANAGEMENT"))).json()["data"]
    names = {item["name"] for item in answer["__type"]["possibleTypes"]}
    assert {"Server", "ActivationKey", "Viewer"} <= names
    assert names.isdisjoint({"Invoice", "Payment", "PaymentMethod", "Sublogin", "ApiKey", "AuditEvent"})
    assert answer["hidden"] is None


async def test_the_full_schema_stays_as_it_is(client: httpx.AsyncClient, db: Database) -> None:
    before = our_schema().as_str()
    await introspected(client, None)
    await client.get("/schema.graphql")
    assert our_schema().as_str() == before
    node = our_schema()._schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert len(our_schema()._schema.get_possible_types(node)) == len(sdl_schema().get_possible_types(node))


async def test_introspection_stands_beside_other_fields_in_the_operations_order(
    client: httpx.AsyncClient, db: Database, statements: StatementLog
) -> None:
    document = """query ($name: String!, $deep: Boolean!, $filter: ServerFilter) {
      a: __typename
      ...Told
      viewer { account { number invoices { totalCount } servers(filter: $filter) { totalCount } } }
      same: __type(name: $name) { kind }
      same: __type(name: $name) { ... on __Type { name } }
      roles @skip(if: $deep) { name }
      __schema @include(if: $deep) { mutationType { name } }
    }
    fragment Told on Query { told: __type(name: "Invoice") { name } viewer { role { name } } }"""
    token = await token_of(db, "SERVER_MANAGEMENT")
    for name, kind in (("Server", {"kind": "OBJECT", "name": "Server"}), ("Billing", None)):
        variables = {"name": name, "deep": True, "filter": {"search": "x"}}
        answer = (await post(client, document, variables, token=token)).json()
        assert list(answer["data"]) == ["a", "told", "viewer", "same", "__schema"]
        assert answer["data"]["told"] is None
        assert answer["data"]["same"] == kind
        assert answer["data"]["viewer"]["role"] == {"name": "SERVER_MANAGEMENT"}
        assert answer["data"]["viewer"]["account"]["servers"] == {"totalCount": 0}
        [error] = answer["errors"]
        assert error["extensions"]["place"] == "viewer.account.invoices"
    flat = (await post(client, document, {"name": "Server", "deep": False}, token=token)).json()["data"]
    assert list(flat) == ["a", "told", "viewer", "same", "roles"]


async def test_a_hidden_root_field_among_introspection_refuses_nobody_as_a_whole(client: httpx.AsyncClient) -> None:
    response = await post(client, '{ __schema { queryType { name } } node(id: "x") { id } }')
    assert response.status_code == 401
    assert "data" not in response.json()


async def test_one_document_is_told_to_each_role_by_its_own_view(client: httpx.AsyncClient, db: Database) -> None:
    account = await make_account(db)
    document = '{ __type(name: "Mutation") { fields { name } } }'
    people = {name: await make_login(db, account, RoleName[name]) for name in HELD}
    keys = {name: await make_session(db, person) for name, person in people.items()}
    for role in ("BILLING", "MASTER", "READ_ONLY_BILLING", "MASTER", "BILLING"):
        answer = (await post(client, document, token=keys[role].text)).json()["data"]["__type"]["fields"]
        names = {field["name"] for field in answer}
        assert ("createApiKey" in names) == (role == "MASTER")
        assert ("updateBillingContact" in names) == (role in {"MASTER", "BILLING"})


@pytest.mark.parametrize(
    "document",
    [
        "{ viewer { account { invoice } } }",
        "{ viewer { account { sublogin { id } } } }",
        '{ node(id: "x") { ... on Invoic { id } } }',
        "mutation { createApiKe(input: {}) { userErrors { code } } }",
        "query ($i: CreateApiKeyInpu!) { viewer { id } }",
    ],
)
async def test_no_error_suggests_a_hidden_name(client: httpx.AsyncClient, db: Database, document: str) -> None:
    response = await post(client, document, token=await token_of(db, "READ_ONLY_SERVER_MANAGEMENT"))
    messages = " ".join(error["message"] for error in response.json()["errors"])
    assert "Did you mean" not in messages
    words = set(re.findall(r"\w+", messages)) - set(re.findall(r"\w+", document))
    assert words.isdisjoint(hidden_names("READ_ONLY_SERVER_MANAGEMENT"))


async def test_the_text_is_kept_by_its_caller_alone(client: httpx.AsyncClient, db: Database) -> None:
    master, billing = [await token_of(db, role) for role in ("MASTER", "BILLING")]
    first = await client.get("/schema.graphql", headers=bearer(master))
    assert first.headers["cache-control"] == "private, no-cache"
    assert {name.strip() for name in first.headers["vary"].split(",")} >= {"Authorization", "Cookie", "X-View-As"}
    asked = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
    again = await client.get("/schema.graphql", headers={**bearer(master), **asked})
    assert (again.status_code, again.text, again.headers["etag"]) == (304, "", first.headers["etag"])
    other = await client.get("/schema.graphql", headers={**bearer(billing), **asked})
    assert (other.status_code, other.headers["etag"] == first.headers["etag"]) == (200, False)
    assert (await client.post("/schema.graphql")).status_code == 405


async def test_the_text_knows_its_caller_by_cookie_and_by_header(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    session = (await make_session(db, master)).text
    nobody = (await client.get("/schema.graphql")).text
    whole = (await client.get("/schema.graphql", headers={"Cookie": f"__Host-session={session}"})).text
    assert "createApiKey" in whole
    assert "createApiKey" not in nobody
    key = (await make_secret_key(db, master.account_id)).text
    assert "updateBillingContact" in (await client.get("/schema.graphql", headers=bearer(key))).text
    refused = await client.get("/schema.graphql", headers=bearer("nonsense"))
    assert refused.status_code == 401
    assert "type Query" not in refused.text
    stale = await client.get("/schema.graphql", headers={"Cookie": "__Host-session=gone"})
    assert stale.text == nobody
    assert "__Host-session=" in stale.headers["set-cookie"]


async def test_the_setting_closes_the_schema_and_leaves_names(
    dsn: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTROSPECTION", "off")
    closed = Settings(database_url=SecretStr(dsn), secret_key=SecretStr(SECRET))
    assert closed.introspection is False
    token = await token_of(db, "MASTER")
    async with calling(create_app(closed, db)) as client:
        assert (await client.get("/schema.graphql", headers=bearer(token))).status_code == 404
        for document in (WHOLE, "{ viewer { id } ...F } fragment F on Query { s: __schema { queryType { name } } }"):
            answer = (await post(client, document, token=token)).json()
            assert answer.get("data") is None
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
        answer = (await post(client, '{ __typename __type(name: "Role") { name } }', token=token)).json()
        assert answer == {"data": {"__typename": "Query", "__type": {"name": "Role"}}}
