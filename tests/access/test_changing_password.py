"""Changing one's own password over HTTP: with the current one, from a session, and what ends with it."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.app import create_app
from models.db import Database
from models.roles import RoleName
from tests.access.own_accounts import (
    CHANGE_PASSWORD,
    NEW_PASSWORD,
    faults,
    make_confirmation,
    make_reset,
    only_mail,
    rows,
    tell,
)
from tests.access.people import (
    PASSWORD,
    Person,
    audit_of,
    login_of,
    make_api_key,
    make_login,
    make_master,
    make_secret_key,
    make_session,
    sessions_of,
    sign_in,
    with_password,
)
from tests.access.unchanged import all_but_failed_proofs, everything
from tests.client import post
from tests.conftest import calling, settings_for
from tests.databases import StatementLog
from tests.hearing import is_out

WHO = "{ viewer { login } }"
CHANGE = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def here(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


async def test_the_new_password_signs_in_and_only_the_session_that_changed_it_goes_on(
    client: httpx.AsyncClient,
    app: Starlette,
    db: Database,
    dsn: str,
    master: Person,
    here: str,
    statements: StatementLog,
) -> None:
    colleague = await make_login(db, master.account_id, RoleName.BILLING)
    there, theirs = (await make_session(db, master)).text, (await make_session(db, colleague)).text
    await make_reset(db, master)
    await make_confirmation(db, master, "elsewhere@example.com")
    async with calling(create_app(settings_for(dsn))) as process:
        assert (await post(process, WHO, token=there)).status_code == 200
        statements.clear()
        payload = await tell(client, CHANGE_PASSWORD, here, **CHANGE)
        assert payload == {"viewer": {"login": master.email}, "userErrors": []}
        # the login, its words, the try and its end; held, changed, other sessions, links, the letter, the log
        assert len(statements) == 12
        await is_out(process, there)
        assert (await post(process, WHO, token=here)).status_code == 200
        assert (await post(process, WHO, token=theirs)).status_code == 200
    assert await rows(db, "SELECT FROM login_links") == []
    (row,) = await audit_of(db)
    assert (row.action, row.actor, row.credential_kind) == ("login.password_changed", master.email, "SESSION")
    told = await only_mail(app, "password_changed")
    assert told.to == master.email
    assert (await sign_in(client, master)).json()["data"]["signIn"]["token"] is None
    assert (await sign_in(client, with_password(master, NEW_PASSWORD))).json()["data"]["signIn"]["token"]


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"currentPassword": "wrong"}, [("INVALID_CREDENTIALS", ["currentPassword"])]),
        ({"newPassword": "elevenchars"}, [("WEAK_PASSWORD", ["newPassword"])]),
        ({"newPassword": "Byron Engines 1"}, [("WEAK_PASSWORD", ["newPassword"])]),
        ({"newPassword": "ö" * 513}, [("TOO_LONG", ["newPassword"])]),
        (
            {"currentPassword": "", "newPassword": ""},
            [("INVALID_CREDENTIALS", ["currentPassword"]), ("WEAK_PASSWORD", ["newPassword"])],
        ),
    ],
)
async def test_what_is_wrong_is_told_and_nothing_changes(
    client: httpx.AsyncClient, db: Database, here: str, changed: dict[str, str], wrong: list[Any]
) -> None:
    await post(client, WHO, token=here)
    before = await all_but_failed_proofs(db)
    assert faults(await tell(client, CHANGE_PASSWORD, here, **CHANGE | changed)) == wrong
    assert await all_but_failed_proofs(db) == before


async def test_of_changes_at_once_one_wins(client: httpx.AsyncClient, db: Database, master: Person) -> None:
    sessions = [(await make_session(db, master)).text for _ in range(4)]
    answers = await asyncio.gather(
        *(
            post(
                client,
                CHANGE_PASSWORD,
                {"input": CHANGE | {"newPassword": f"{NEW_PASSWORD} {number}"}},
                token=session,
            )
            for number, session in enumerate(sessions)
        )
    )
    payloads = [answer.json()["data"]["changePassword"] for answer in answers if answer.status_code == 200]
    won = [number for number, answer in enumerate(answers) if answer.status_code == 200 and _changed(answer)]
    assert len(won) == 1
    assert {error["code"] for payload in payloads for error in payload["userErrors"]} <= {
        "CONFLICT",
        "INVALID_CREDENTIALS",
    }
    assert len(await sessions_of(db, master)) == 1
    renewed = with_password(master, f"{NEW_PASSWORD} {won[0]}")
    assert (await sign_in(client, renewed)).json()["data"]["signIn"]["token"]
    assert [row.action for row in await audit_of(db)].count("login.password_changed") == 1


def _changed(answer: httpx.Response) -> bool:
    return answer.json()["data"]["changePassword"]["viewer"] is not None


async def test_a_password_that_was_changed_while_it_was_checked_is_a_conflict(
    client: httpx.AsyncClient, db: Database, master: Person, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from auth.passwords import PasswordHasher  # noqa: PLC0415 (patched here alone)

    hash_ = PasswordHasher.hash

    async def meanwhile(hasher: PasswordHasher, password: str) -> str:
        await rows(db, "UPDATE logins SET password_hash = 'another'")
        return await hash_(hasher, password)

    monkeypatch.setattr(PasswordHasher, "hash", meanwhile)
    assert faults(await tell(client, CHANGE_PASSWORD, here, **CHANGE)) == [("CONFLICT", None)]
    assert (await login_of(db, master)).password_hash == "another"
    assert await audit_of(db) == []


async def test_no_key_changes_a_password(client: httpx.AsyncClient, db: Database, master: Person) -> None:
    keys = [
        await make_api_key(db, master.account_id, RoleName.FULL_ACCESS),
        await make_secret_key(db, master.account_id),
    ]
    for key in keys:
        await post(client, WHO, token=key.text)
        before = await everything(db)
        answer = (await post(client, CHANGE_PASSWORD, {"input": CHANGE}, token=key.text)).json()
        assert answer["data"]["changePassword"] is None
        assert [(one["extensions"]["code"], one["extensions"]["permission"]) for one in answer["errors"]] == [
            ("FORBIDDEN", None)
        ]
        assert await everything(db) == before


@pytest.mark.parametrize("role", [RoleName.BILLING, RoleName.READ_ONLY_SERVER_MANAGEMENT, RoleName.SERVER_MANAGEMENT])
async def test_a_role_without_the_permission_does_not(
    client: httpx.AsyncClient, db: Database, master: Person, role: RoleName
) -> None:
    person = await make_login(db, master.account_id, role)
    session = (await make_session(db, person)).text
    await post(client, WHO, token=session)
    before = await everything(db)
    answer = (await post(client, CHANGE_PASSWORD, {"input": CHANGE}, token=session)).json()
    assert [error["extensions"]["permission"] for error in answer["errors"]] == ["CHANGE_PASSWORD"]
    assert await everything(db) == before


async def test_full_access_does(client: httpx.AsyncClient, db: Database, master: Person) -> None:
    person = await make_login(db, master.account_id, RoleName.FULL_ACCESS)
    payload = await tell(client, CHANGE_PASSWORD, (await make_session(db, person)).text, **CHANGE)
    assert payload == {"viewer": {"login": person.email}, "userErrors": []}
