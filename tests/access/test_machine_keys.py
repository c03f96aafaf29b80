"""API keys and the API secret key over HTTP: made, shown once, replaced, revoked, and who may do so."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from auth.tokens import read_token
from gateway.app import create_app
from models.db import Database
from models.queries.machine_keys import MOST_API_KEYS
from models.roles import SUBLOGIN_ROLES, RoleName
from schema.ids import decode, encode
from tests.access.people import (
    Person,
    audit_of,
    make_api_key,
    make_login,
    make_master,
    make_secret_key,
    make_session,
    utc,
)
from tests.access.unchanged import everything
from tests.client import post
from tests.conftest import calling, settings_for
from tests.databases import StatementLog
from tests.hearing import is_out

CREATE = """mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  secret apiKey { id name prefix role { name } expiresAt lastUsedAt } account { apiKeys { id } }
  userErrors { code field message } } }"""
REVOKE = """mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
  deletedId account { apiKeys { id } } userErrors { code field } } }"""
ROTATE = """mutation ($input: RotateApiSecretKeyInput!) { rotateApiSecretKey(input: $input) {
  secret account { apiSecretKey { prefix rotatedAt lastUsedAt } } userErrors { code field } } }"""
WHO = "{ viewer { credential role { name } } }"


async def tell(client: httpx.AsyncClient, token: str, document: str, **given: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    answer = (await post(client, document, {"input": given}, token=token)).json()
    assert "errors" not in answer, answer
    (payload,) = answer["data"].values()
    found: dict[str, Any] = payload
    return found


async def status(client: httpx.AsyncClient, secret: str) -> int:
    """How a request with this credential is answered."""
    return (await post(client, WHO, token=secret)).status_code


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


async def test_a_key_is_created_and_works(client: httpx.AsyncClient, db: Database, token: str) -> None:
    expires = datetime(2100, 1, 1, tzinfo=UTC)
    given = {"name": " Nightly export ", "role": "BILLING", "expiresAt": expires.isoformat()}
    payload = await tell(client, token, CREATE, **given)
    secret, key = payload["secret"], payload["apiKey"]
    assert payload["userErrors"] == []
    assert payload["account"]["apiKeys"] == [{"id": key["id"]}]
    assert (key["name"], key["role"]["name"], key["lastUsedAt"]) == ("Nightly export", "BILLING", None)
    assert key["expiresAt"] == "2100-01-01T00:00:00.000Z"
    assert secret.startswith(key["prefix"])
    assert key["prefix"].startswith("spkey_")
    assert read_token(secret) is not None
    assert read_token(secret[:-1] + ("a" if secret[-1] != "a" else "b")) is None, "a typing error is seen offline"
    answer = (await post(client, WHO, token=secret)).json()
    assert answer["data"]["viewer"] == {"credential": "API_KEY", "role": {"name": "BILLING"}}


async def test_the_value_is_kept_nowhere(
    client: httpx.AsyncClient, db: Database, token: str, statements: StatementLog
) -> None:
    secrets = [
        (await tell(client, token, CREATE, name="key", role="BILLING"))["secret"],
        (await tell(client, token, ROTATE))["secret"],
    ]
    kept = str(await everything(db))
    for secret in secrets:
        assert secret not in kept
        assert secret[20:] not in kept
        assert not any(secret in text for text in statements.texts)
        assert hashlib.sha256(secret.encode()).hexdigest() in kept


async def test_the_log_tells_of_a_key(client: httpx.AsyncClient, db: Database, token: str) -> None:
    key = (await tell(client, token, CREATE, name="key", role="BILLING"))["apiKey"]
    await tell(client, token, REVOKE, id=key["id"])
    made, revoked = await audit_of(db)
    found = decode(key["id"])
    assert found is not None
    for row, action in ((made, "api_key.created"), (revoked, "api_key.revoked")):
        assert (row.action, row.target_type, row.target_id, row.target_label) == (action, "ApiKey", found[1], "key")
        assert (row.actor, row.credential_kind) == ("Master@Example.com", "SESSION")
    assert made.changes == {"name": [None, "key"], "role": [None, "BILLING"]}
    assert revoked.changes == {"name": ["key", None], "role": ["BILLING", None]}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": "key", "role": "MASTER"}, [("INVALID", ["role"])]),
        ({"name": "  ", "role": "BILLING"}, [("REQUIRED", ["name"])]),
        ({"name": "x" * 101, "role": "BILLING"}, [("TOO_LONG", ["name"])]),
        ({"name": "a\tb", "role": "BILLING"}, [("INVALID", ["name"])]),
        ({"name": "key", "role": "BILLING", "expiresAt": "2020-01-01T00:00:00Z"}, [("INVALID", ["expiresAt"])]),
        (
            {"name": "", "role": "MASTER", "expiresAt": "2020-01-01T00:00:00Z"},
            [("INVALID", ["role"]), ("REQUIRED", ["name"]), ("INVALID", ["expiresAt"])],
        ),
    ],
)
async def test_a_wrong_key_is_not_created(
    client: httpx.AsyncClient, db: Database, token: str, given: dict[str, Any], wrong: list[tuple[str, list[str]]]
) -> None:
    before = await everything(db)
    payload = await tell(client, token, CREATE, **given)
    assert (payload["secret"], payload["apiKey"], payload["account"]) == (None, None, None)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == wrong
    assert await everything(db) == before


async def test_there_are_at_most_fifty_however_many_ask_at_once(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    for _ in range(MOST_API_KEYS - 3):
        await make_api_key(db, master.account_id, RoleName.BILLING, expires_at=utc() - timedelta(days=1))
    payloads = await asyncio.gather(*(tell(client, token, CREATE, name="key", role="BILLING") for _ in range(8)))
    made = [payload for payload in payloads if payload["secret"]]
    refused = [payload["userErrors"][0] for payload in payloads if not payload["secret"]]
    assert len(made) == 3
    assert {(error["code"], error["field"]) for error in refused} == {("LIMIT_REACHED", None)}
    async with db.read() as reader:
        assert (await reader.fetch("SELECT count(*) AS keys FROM api_keys"))[0]["keys"] == MOST_API_KEYS
    assert len(await audit_of(db)) == 3


async def test_a_revoked_key_is_refused_by_the_next_request(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    secret = (await make_api_key(db, master.account_id, RoleName.BILLING)).text
    assert await status(client, secret) == 200
    async with db.read() as reader:
        id_ = encode("ApiKey", (await reader.fetch("SELECT id FROM api_keys"))[0]["id"])
    payload = await tell(client, token, REVOKE, id=id_)
    assert payload == {"deletedId": id_, "account": {"apiKeys": []}, "userErrors": []}
    assert await status(client, secret) == 401
    assert (await tell(client, token, REVOKE, id=id_))["userErrors"] == [{"code": "NOT_FOUND", "field": ["id"]}]


async def test_no_other_id_is_revoked(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    stranger = await make_master(db, "A-2", "other@example.com")
    await make_api_key(db, stranger.account_id, RoleName.BILLING)
    await make_api_key(db, master.account_id, RoleName.BILLING)
    async with db.read() as reader:
        rows = await reader.fetch("SELECT id, account_id FROM api_keys")
    own, foreign = sorted((row["account_id"] != master.account_id, row["id"]) for row in rows)
    before = await everything(db)
    for id_ in (encode("ApiKey", foreign[1]), encode("Session", own[1]), encode("ApiKey", master.id), "", "garbage"):
        payload = await tell(client, token, REVOKE, id=id_)
        errors = [{"code": "NOT_FOUND", "field": ["id"]}]
        assert payload == {"deletedId": None, "account": None, "userErrors": errors}
    assert await everything(db) == before


async def test_the_secret_key_is_made_and_replaced_with_overlap(
    client: httpx.AsyncClient, db: Database, dsn: str, token: str
) -> None:
    first = (await tell(client, token, ROTATE))["secret"]
    payload = await tell(client, token, ROTATE, overlapHours=2)
    second = payload["secret"]
    assert first != second
    assert second.startswith(payload["account"]["apiSecretKey"]["prefix"])
    assert (await status(client, first), await status(client, second)) == (200, 200)
    answer = (await post(client, WHO, token=second)).json()
    assert answer["data"]["viewer"] == {"credential": "API_SECRET_KEY", "role": {"name": "FULL_ACCESS"}}
    async with db.read() as reader:
        (row,) = await reader.fetch("SELECT expires_at FROM api_secret_keys WHERE expires_at IS NOT NULL")
    assert timedelta(minutes=119) < row["expires_at"] - utc() <= timedelta(hours=2)
    async with db.read() as reader:
        await reader.fetch("UPDATE api_secret_keys SET expires_at = now() WHERE expires_at IS NOT NULL")
    await is_out(client, first)
    assert await status(client, second) == 200
    third = (await tell(client, token, ROTATE, overlapHours=1))["secret"]
    assert (await status(client, second), await status(client, third)) == (200, 200)
    async with db.read() as reader:
        assert len(await reader.fetch("SELECT FROM api_secret_keys")) == 2, "what has ended is gone"


async def test_a_second_overlap_is_refused_and_none_ends_all(
    client: httpx.AsyncClient, db: Database, token: str
) -> None:
    secrets = [(await tell(client, token, ROTATE))["secret"] for _ in range(2)]
    before = await everything(db)
    payload = await tell(client, token, ROTATE)
    errors = [{"code": "CONFLICT", "field": ["overlapHours"]}]
    assert payload == {"secret": None, "account": None, "userErrors": errors}
    assert await everything(db) == before
    last = (await tell(client, token, ROTATE, overlapHours=0))["secret"]
    assert [await status(client, secret) for secret in (*secrets, last)] == [401, 401, 200]


@pytest.mark.parametrize("hours", [-1, 169, 2_000_000_000])
async def test_an_overlap_out_of_range_is_refused(
    client: httpx.AsyncClient, db: Database, token: str, hours: int
) -> None:
    await tell(client, token, ROTATE)
    before = await everything(db)
    payload = await tell(client, token, ROTATE, overlapHours=hours)
    assert payload["secret"] is None
    assert payload["userErrors"] == [{"code": "INVALID", "field": ["overlapHours"]}]
    assert await everything(db) == before


async def test_the_log_tells_of_a_rotation_by_beginnings(client: httpx.AsyncClient, db: Database, token: str) -> None:
    first = (await tell(client, token, ROTATE))["secret"]
    second = (await tell(client, token, ROTATE, overlapHours=168))["secret"]
    rows = await audit_of(db)
    assert [(row.action, row.target_type, row.target_label) for row in rows] == [
        ("api_secret_key.rotated", "Account", "A-1")
    ] * 2
    assert rows[1].changes == {
        "apiSecretKey.prefix": [first[:14], second[:14]],
        "apiSecretKey.overlapHours": [None, "168"],
    }


async def test_rotations_at_one_time_leave_one_current_key(client: httpx.AsyncClient, db: Database, token: str) -> None:
    payloads = await asyncio.gather(*(tell(client, token, ROTATE, overlapHours=0) for _ in range(5)))
    assert [payload["userErrors"] for payload in payloads] == [[]] * 5
    assert sorted([await status(client, payload["secret"]) for payload in payloads]) == [200, 401, 401, 401, 401]


async def test_each_costs_so_many_statements(client: httpx.AsyncClient, token: str, statements: StatementLog) -> None:
    async def cost(document: str, **given: Any) -> int:
        statements.clear()
        assert (await tell(client, token, document, **given))["userErrors"] == []
        return len(statements)

    create = (
        "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } userErrors { code } } }"
    )
    bare_rotate = (
        "mutation ($input: RotateApiSecretKeyInput!) { rotateApiSecretKey(input: $input) { userErrors { code } } }"
    )
    # the held account, the count, the key, the log; the payload's key
    assert await cost(create, name="key", role="BILLING") == 5
    key = (await tell(client, token, CREATE, name="key", role="BILLING"))["apiKey"]["id"]
    bare = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { deletedId userErrors { code } } }"
    # the key, the log
    assert await cost(bare, id=key) == 2
    # the held account, its keys, the new key, the log; then also the old one's end; then its removal
    assert [await cost(bare_rotate, overlapHours=hours) for hours in (1, 1, 0)] == [4, 5, 5]


@pytest.mark.parametrize("role", SUBLOGIN_ROLES)
async def test_only_the_master_manages_keys(
    client: httpx.AsyncClient, db: Database, master: Person, role: RoleName
) -> None:
    session = (await make_session(db, await make_login(db, master.account_id, role))).text
    machine = (await make_api_key(db, master.account_id, role)).text
    secret = (await make_secret_key(db, master.account_id)).text
    for credential in (session, machine, secret):
        await post(client, WHO, token=credential)
    before = await everything(db)
    for credential in (session, machine, secret):
        for document, given in ((CREATE, {"name": "k", "role": "BILLING"}), (REVOKE, {"id": "x"}), (ROTATE, {})):
            answer = (await post(client, document, {"input": given}, token=credential)).json()
            assert set(answer["data"].values()) == {None}
            assert [error["extensions"]["permission"] for error in answer["errors"]] == ["MANAGE_ACCESS"]
    assert await everything(db) == before


async def test_a_change_is_felt_by_another_process(
    client: httpx.AsyncClient, db: Database, dsn: str, token: str
) -> None:
    key = await tell(client, token, CREATE, name="key", role="BILLING")
    first = (await tell(client, token, ROTATE))["secret"]
    async with calling(create_app(settings_for(dsn))) as other:
        assert [await status(other, secret) for secret in (key["secret"], first)] == [200, 200]
        await tell(client, token, REVOKE, id=key["apiKey"]["id"])
        second = (await tell(client, token, ROTATE, overlapHours=0))["secret"]
        await is_out(other, key["secret"])
        await is_out(other, first)
        assert await status(other, second) == 200
