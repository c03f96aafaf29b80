"""X-View-As: a master's session sees what a sublogin of the role would see, changes nothing, and nobody else may."""

import httpx
import pytest

from models.db import Database
from models.roles import RoleName
from tests.access.manual import HELD, ROLES
from tests.access.people import make_account, make_api_key, make_login, make_master, make_secret_key, make_session
from tests.access.seen import seen
from tests.access.test_every_field import Caller, assert_refused, caller, email_of, expected
from tests.access.unchanged import everything
from tests.access.ways import ways_to_fields
from tests.client import ask, post, sign_in
from tests.databases import StatementLog

__all__ = ["caller"]

VIEWER = "{ viewer { id login credential role { name } permissions account { number sublogins { id } } } }"


class Viewing:
    """Sends each request with the header, and else as the client under it does."""

    def __init__(self, client: httpx.AsyncClient, role: str) -> None:
        self.client, self.role = client, role

    async def post(self, url: str, *, json: object, headers: dict[str, str]) -> httpx.Response:
        """The response to the request as the role."""
        return await self.client.post(url, json=json, headers={**headers, "X-View-As": self.role})


@pytest.fixture
async def master(client: httpx.AsyncClient, db: Database) -> str:
    """The token of a master's session."""
    return (await make_session(db, await make_master(db))).text


@pytest.mark.parametrize("role", ROLES)
async def test_viewing_as_a_role_gives_the_verdicts_of_being_it(caller: Caller, role: str) -> None:
    token = await sign_in(caller.client, email_of("MASTER"))
    own = await sign_in(caller.client, email_of(role))
    viewing = Viewing(caller.client, role)
    places = 0
    for way, fields in ways_to_fields():
        document = way.selecting(fields, caller.arguments)
        if document.startswith("mutation"):
            continue
        caller.statements.clear()
        response = await post(viewing, document, token=token)  # type: ignore[arg-type]
        cost = len(caller.statements)
        refused = expected(way, fields, HELD[role])
        assert_refused(response, refused, role)
        caller.statements.clear()
        being = await post(caller.client, document, token=own)
        assert response.json().get("errors") == being.json().get("errors")
        assert cost == len(caller.statements), "as many statements as the role itself takes"
        places += len(refused)
    assert places > 0


@pytest.mark.parametrize("role", ROLES)
async def test_account_and_login_stay_and_the_role_is_another(
    client: httpx.AsyncClient, master: str, role: str
) -> None:
    own = (await ask(client, VIEWER, token=master))["viewer"]
    answer = (await post(client, VIEWER, token=master, headers={"X-View-As": role})).json()
    seen_as = answer["data"]["viewer"]
    assert seen_as["role"] == {"name": role}
    assert set(seen_as["permissions"]) == HELD[role]
    assert {**seen_as["account"], "sublogins": []} == own["account"]
    assert [seen_as[name] for name in ("id", "login", "credential")] == [
        own[name] for name in ("id", "login", "credential")
    ]
    [error] = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["permission"]) == ("FORBIDDEN", "MANAGE_ACCESS")


@pytest.mark.parametrize(
    "document",
    [
        'mutation { updatePersonalInformation(input: { phone: "+49 30 123456" }) { userErrors { code } } }',
        'mutation { createApiKey(input: { name: "key", role: BILLING }) { userErrors { code } } }',
        "mutation { signOut(input: { everywhere: true }) { userErrors { code } } }",
        'mutation { signIn(input: { email: "Master@Example.com", password: "a password for tests" }) { token } }',
    ],
)
async def test_no_mutation_runs_while_viewing(
    client: httpx.AsyncClient, db: Database, statements: StatementLog, master: str, document: str
) -> None:
    before = await everything(db)
    statements.clear()
    response = await post(client, document, token=master, headers={"X-View-As": "FULL_ACCESS"})
    assert len(statements) == 0, "nothing is read"
    assert response.status_code == 403
    assert "data" not in response.json()
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN", "role": "FULL_ACCESS"}
    assert "FULL_ACCESS" in error["message"]
    assert "set-cookie" not in response.headers
    assert await everything(db) == before


@pytest.mark.parametrize("name", ["MASTER", "billing", "NOBODY", "", "BILLING, FULL_ACCESS"])
@pytest.mark.parametrize("path", ["/graphql", "/schema.graphql"])
async def test_a_name_that_is_no_sublogins_role_is_told_the_roles(
    client: httpx.AsyncClient, statements: StatementLog, master: str, name: str, path: str
) -> None:
    statements.clear()
    headers = {"Authorization": f"Bearer {master}", "X-View-As": name}
    sent = {"json": {"query": VIEWER}} if path == "/graphql" else {}
    response = await client.request("POST" if sent else "GET", path, headers=headers, **sent)  # type: ignore[arg-type]
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert all(role in error["message"] for role in ROLES)
    assert "MASTER" not in error["message"]
    assert len(statements) == 0


async def test_two_roles_at_once_are_none(client: httpx.AsyncClient, master: str) -> None:
    headers = [("Authorization", f"Bearer {master}"), ("X-View-As", "BILLING"), ("X-View-As", "BILLING")]
    response = await client.post("/graphql", json={"query": VIEWER}, headers=headers)
    assert response.status_code == 400


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["session", "key"])
async def test_no_other_caller_may_view_as_anybody(
    client: httpx.AsyncClient, db: Database, statements: StatementLog, role: str, kind: str
) -> None:
    account = await make_account(db)
    if kind == "session":
        token = await make_session(db, await make_login(db, account, RoleName[role]))
    else:
        token = await make_api_key(db, account, RoleName[role])
    await assert_forbidden(client, statements, token.text)


async def test_the_secret_key_may_not_either(client: httpx.AsyncClient, db: Database, statements: StatementLog) -> None:
    token = await make_secret_key(db, await make_account(db))
    await assert_forbidden(client, statements, token.text)


async def assert_forbidden(client: httpx.AsyncClient, statements: StatementLog, token: str) -> None:
    """Refused whatever role is named, on both ways to the schema, before anything but the credential is read."""
    for named in ("READ_ONLY_BILLING", "NOBODY"):
        statements.clear()
        headers = {"Authorization": f"Bearer {token}", "X-View-As": named}
        answers = [
            await client.post("/graphql", json={"query": VIEWER}, headers=headers),
            await client.get("/schema.graphql", headers=headers),
        ]
        assert len(statements) == 0
        for response in answers:
            assert response.status_code == 403
            assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["FORBIDDEN"]
            assert "data" not in response.json()


async def test_without_a_credential_it_asks_for_one(client: httpx.AsyncClient, statements: StatementLog) -> None:
    response = await post(client, "{ roles { name } }", headers={"X-View-As": "BILLING"})
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert len(statements) == 0


@pytest.mark.parametrize("role", ROLES)
async def test_introspection_and_text_are_the_roles(
    client: httpx.AsyncClient, db: Database, master: str, role: str
) -> None:
    own = (await make_session(db, await make_login(db, await make_account(db, "A-2"), RoleName[role]))).text
    texts = [
        await client.get("/schema.graphql", headers={"Authorization": f"Bearer {token}", **more})
        for token, more in ((master, {"X-View-As": role}), (own, {}), (master, {}))
    ]
    assert texts[0].text == texts[1].text
    assert texts[0].headers["etag"] == texts[1].headers["etag"] != texts[2].headers["etag"]
    document = "{ __schema { types { name } } }"
    answer = (await post(client, document, token=master, headers={"X-View-As": role})).json()["data"]["__schema"]
    assert ("ApiKey" in {kind["name"] for kind in answer["types"]}) is False
    assert ("Invoice" in {kind["name"] for kind in answer["types"]}) == ("Invoice" in seen(role))
