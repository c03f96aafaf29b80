"""Signing in over HTTP: who may, what is said to the others, and what either leaves behind."""

import hashlib
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from argon2 import PasswordHasher as Argon2
from pyotp import TOTP

from models.db import Database
from models.enums import LoginState
from models.queries.sessions import MOST_SESSIONS
from models.roles import RoleName
from tests.access.people import (
    Person,
    audit_of,
    hashed,
    login_of,
    make_account,
    make_api_key,
    make_login,
    make_master,
    make_session,
    sessions_of,
    sign_in,
    switch_on_second_factor,
    utc,
    with_password,
)
from tests.client import ask, post
from tests.databases import StatementLog


async def refused(client: httpx.AsyncClient, person: Person, code: str | None = None) -> str:
    """The code of a refusal, which tells and sets nothing."""
    response = await sign_in(client, person, code)
    payload = response.json()["data"]["signIn"]
    assert (payload["token"], payload["expiresAt"], payload["viewer"]) == (None, None, None)
    assert "set-cookie" not in response.headers
    (error,) = payload["userErrors"]
    assert error["retryAfterMs"] is None
    return str(error["code"])


async def test_a_session_begins(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    before = utc()
    response = await sign_in(client, with_password(master, master.password), headers={"User-Agent": "tests/1"})
    payload = response.json()["data"]["signIn"]
    assert payload["userErrors"] == []
    assert payload["viewer"] == {
        "login": "Master@Example.com", "role": {"name": "MASTER"}, "account": {"number": "A-1"}
    }  # fmt: skip

    (session,) = await sessions_of(db, master)
    assert session.token_hash == hashlib.sha256(payload["token"].encode()).digest()
    assert session.user_agent == "tests/1"
    assert session.ip is not None
    assert timedelta(hours=11) < session.expires_at - before < timedelta(hours=13)
    assert payload["expiresAt"].startswith(session.expires_at.astimezone(UTC).isoformat()[:19])
    assert (await login_of(db, master)).last_sign_in_at == session.created_at

    (row,) = await audit_of(db)
    assert (row.action, row.actor, row.login_id) == ("login.signed_in", "Master@Example.com", master.id)
    assert (row.account_id, row.credential_kind, row.at) == (master.account_id, "SESSION", session.created_at)


async def test_the_token_is_kept_nowhere(client: httpx.AsyncClient, db: Database, statements: StatementLog) -> None:
    master = await make_master(db)
    token = (await sign_in(client, master)).json()["data"]["signIn"]["token"]
    assert token
    assert not any(token in text or master.password in text for text in statements.texts)
    async with db.read() as reader:
        rows = await reader.fetch("SELECT sessions::text AS session FROM sessions")
    assert token not in rows[0]["session"]


async def test_the_addresss_case_does_not_matter(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    other = Person(master.id, master.account_id, "mASTER@example.COM")
    assert (await sign_in(client, other)).json()["data"]["signIn"]["token"]


async def test_a_wrong_password_an_unknown_address_and_a_disabled_login_are_one_answer(
    client: httpx.AsyncClient, db: Database, statements: StatementLog
) -> None:
    master = await make_master(db)
    disabled = await make_login(db, master.account_id, RoleName.BILLING, state=LoginState.DISABLED)
    invited = await make_login(db, master.account_id, RoleName.FULL_ACCESS, password_hash=None)
    unknown = Person(master.id, master.account_id, "nobody@example.com")
    answers, sent = [], []
    for person in (with_password(master, "wrong"), unknown, disabled, invited, with_password(unknown, "")):
        statements.clear()
        response = await sign_in(client, person)
        answers.append(response.json()["data"])
        sent.append(list(statements.texts))
        assert "set-cookie" not in response.headers
    assert answers[0]["signIn"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    assert answers[0]["signIn"]["userErrors"][0]["field"] is None
    assert all(answer == answers[0] for answer in answers)
    assert all(texts == sent[0] for texts in sent)

    assert [row.actor for row in await audit_of(db)] == [master.email, disabled.email, invited.email]
    assert {row.action for row in await audit_of(db)} == {"login.sign_in_failed"}
    assert {row.credential_kind for row in await audit_of(db)} == {None}
    for person in (master, disabled, invited):
        assert await sessions_of(db, person) == []
        assert (await login_of(db, person)).last_sign_in_at is None


async def test_a_hash_of_older_parameters_is_renewed(client: httpx.AsyncClient, db: Database) -> None:
    older = Argon2(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("older password")
    master = await make_login(db, await make_account(db), password_hash=older)
    master = with_password(master, "older password")
    for _ in range(2):
        assert (await sign_in(client, master)).json()["data"]["signIn"]["token"]
    renewed = (await login_of(db, master)).password_hash
    assert renewed is not None
    assert renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_login_changed_while_its_password_was_checked_is_refused(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    master = await make_master(db)
    from auth.passwords import PasswordHasher  # noqa: PLC0415 (patched here alone)

    verify = PasswordHasher.verify

    async def meanwhile(hasher: PasswordHasher, stored: str | None, password: str) -> bool:
        async with db.write() as session:
            login = await session.get_one(type(await login_of(db, master)), master.id)
            login.password_hash = hashed("another password")
        return await verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", meanwhile)
    assert await refused(client, master) == "INVALID_CREDENTIALS"
    assert await sessions_of(db, master) == []


# ---- the second factor -------------------------------------------------------------------------------------------


async def test_a_login_with_a_second_factor_needs_a_code_and_says_so_only_after_the_password(
    client: httpx.AsyncClient, db: Database
) -> None:
    master = await make_master(db)
    secret, _ = await switch_on_second_factor(db, master)
    assert await refused(client, with_password(master, "wrong")) == "INVALID_CREDENTIALS"
    assert await refused(client, with_password(master, "wrong"), TOTP(secret).now()) == "INVALID_CREDENTIALS"
    assert await refused(client, master) == "TWO_FACTOR_REQUIRED"
    assert await refused(client, master, "") == "TWO_FACTOR_REQUIRED"
    assert await refused(client, master, "no code") == "TWO_FACTOR_INVALID"
    assert [row.action for row in await audit_of(db)] == ["login.sign_in_failed"] * 3
    response = await sign_in(client, master, TOTP(secret).now())
    assert response.json()["data"]["signIn"]["userErrors"] == []
    login = await login_of(db, master)
    assert login.totp_last_step is not None
    assert secret.encode() not in (login.totp_secret or b"")


async def test_a_code_is_good_once_and_so_is_every_earlier_one(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    secret, _ = await switch_on_second_factor(db, master)
    now = datetime.now(UTC)
    code = TOTP(secret).at(now)
    assert (await sign_in(client, master, code)).json()["data"]["signIn"]["token"]
    assert await refused(client, master, code) == "TWO_FACTOR_INVALID"
    assert await refused(client, master, TOTP(secret).at(now - timedelta(seconds=30))) == "TWO_FACTOR_INVALID"
    assert len(await sessions_of(db, master)) == 1


async def test_a_recovery_code_is_good_once_and_for_its_own_login(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    other = await make_login(db, master.account_id, RoleName.BILLING)
    _, codes = await switch_on_second_factor(db, master)
    _, others = await switch_on_second_factor(db, other)
    assert await refused(client, master, others[0]) == "TWO_FACTOR_INVALID"
    assert (await sign_in(client, master, codes[0].upper())).json()["data"]["signIn"]["token"]
    assert await refused(client, master, codes[0]) == "TWO_FACTOR_INVALID"
    assert (await sign_in(client, master, codes[1])).json()["data"]["signIn"]["token"]
    token = (await sign_in(client, master, codes[2])).json()["data"]["signIn"]["token"]
    data = await ask(client, "{ viewer { twoFactor { enabled confirmedAt recoveryCodesLeft } } }", token=token)
    assert data["viewer"]["twoFactor"]["enabled"] is True
    assert data["viewer"]["twoFactor"]["confirmedAt"].endswith("Z")
    assert data["viewer"]["twoFactor"]["recoveryCodesLeft"] == 7


async def test_a_secret_that_was_never_confirmed_asks_for_no_code(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    await switch_on_second_factor(db, master)
    async with db.write() as session:
        login = await session.get_one(type(await login_of(db, master)), master.id)
        login.totp_confirmed_at = None
    payload = (await sign_in(client, master)).json()["data"]["signIn"]
    data = await ask(client, "{ viewer { twoFactor { enabled confirmedAt } } }", token=payload["token"])
    assert data["viewer"]["twoFactor"] == {"enabled": False, "confirmedAt": None}


# ---- how many sessions -------------------------------------------------------------------------------------------


async def test_one_session_too_many_ends_the_oldest(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    other = await make_login(db, master.account_id, RoleName.BILLING)
    await make_session(db, other, created_at=utc() - timedelta(days=9))
    for number in range(MOST_SESSIONS + 1):
        await make_session(db, master, created_at=utc() - timedelta(minutes=200 - number), user_agent=str(number))
    assert (await sign_in(client, master)).json()["data"]["signIn"]["token"]
    left = await sessions_of(db, master)
    assert len(left) == MOST_SESSIONS
    assert left[0].user_agent == "2"
    assert len(await sessions_of(db, other)) == 1


async def test_sessions_that_have_run_out_are_cleared_away(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    await make_session(db, master, expires_at=utc() - timedelta(seconds=1))
    await make_session(db, master, last_seen_at=utc() - timedelta(hours=13))
    kept = await make_session(db, master, last_seen_at=utc() - timedelta(hours=11))
    assert (await sign_in(client, master)).json()["data"]["signIn"]["token"]
    left = await sessions_of(db, master)
    assert len(left) == 2
    assert kept.digest in {session.token_hash for session in left}


# ---- the payload's viewer ----------------------------------------------------------------------------------------

WITH_VIEWER = """mutation ($email: EmailAddress!, $password: String!) {
  signIn(input: { email: $email, password: $password }) {
    token
    viewer {
      login
      sessions { isCurrent }
      account { number apiKeys { name } companyInformation { name } }
    }
    userErrors { code }
  }
}"""


async def test_below_the_payload_a_document_is_judged_as_it_came_without_a_credential(
    client: httpx.AsyncClient, db: Database
) -> None:
    master = await make_master(db)
    response = await post(client, WITH_VIEWER, {"email": master.email, "password": master.password})
    answer = response.json()
    assert answer["data"]["signIn"]["viewer"] == {
        "login": master.email,
        "sessions": [{"isCurrent": True}],
        "account": {"number": "A-1", "apiKeys": None, "companyInformation": None},
    }
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["signIn", "viewer", "account", "apiKeys"], "UNAUTHENTICATED"),
        (["signIn", "viewer", "account", "companyInformation"], "UNAUTHENTICATED"),
    ]


async def test_the_errors_stand_where_nobody_was_signed_in(client: httpx.AsyncClient, db: Database) -> None:
    response = await post(client, WITH_VIEWER, {"email": "nobody@example.com", "password": "x"})
    answer = response.json()
    assert answer["data"]["signIn"]["viewer"] is None
    assert [error["extensions"]["place"] for error in answer["errors"]] == [
        "signIn.viewer.account.apiKeys",
        "signIn.viewer.account.companyInformation",
    ]


async def test_another_logins_credential_lends_its_role_to_nobody(client: httpx.AsyncClient, db: Database) -> None:
    stranger = await make_master(db, "B-1", "stranger@example.com")
    master = await make_master(db)
    reader = await make_login(db, master.account_id, RoleName.READ_ONLY_SERVER_MANAGEMENT)
    session = await make_session(db, stranger)
    key = await make_api_key(db, master.account_id, RoleName.FULL_ACCESS)
    variables = {"email": reader.email, "password": reader.password}
    for token in (session, key):
        answer = (await post(client, WITH_VIEWER, variables, token=token.text)).json()
        assert answer["data"]["signIn"]["viewer"] is None
        assert answer["data"]["signIn"]["token"]


async def test_with_ones_own_session_the_viewer_is_seen_by_ones_own_role(
    client: httpx.AsyncClient, db: Database
) -> None:
    master = await make_master(db)
    session = await make_session(db, master)
    variables = {"email": master.email, "password": master.password}
    answer = (await post(client, WITH_VIEWER, variables, token=session.text)).json()
    assert "errors" not in answer
    assert answer["data"]["signIn"]["viewer"]["account"]["companyInformation"] == {"name": "Engines"}
    assert [one["isCurrent"] for one in answer["data"]["signIn"]["viewer"]["sessions"]] == [True, False]
