"""Passwords by links over HTTP: asked for, set once, invitations accepted, and nothing given away."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pyotp import TOTP
from starlette.applications import Starlette

from auth.throttling import RULES, Guarded, Scope
from gateway.app import create_app
from models.db import Database
from models.enums import LoginState
from models.kinds import InvitationState
from models.roles import RoleName
from tests.access.own_accounts import (
    ACCEPTED,
    CONFIRM_EMAIL,
    NEW_PASSWORD,
    REQUEST_RESET,
    RESET,
    faults,
    make_confirmation,
    make_invitation,
    make_reset,
    only_mail,
    rows,
    tell,
)
from tests.access.people import (
    Person,
    audit_of,
    login_of,
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
from tests.access.throttles import HOME, callers, outcome
from tests.access.unchanged import everything
from tests.client import ask, post
from tests.conftest import calling, settings_for
from tests.databases import StatementLog
from tests.hearing import is_out
from tests.mailbox import deliver, token_in

WHO = "{ viewer { login role { name } account { number sublogins { id email state role { name } } } } }"


async def signs_in(client: httpx.AsyncClient, person: Person, code: str | None = None) -> list[str]:
    """What signing in is refused for; nothing where it works."""
    payload = (await sign_in(client, person, code)).json()["data"]["signIn"]
    client.cookies.clear()
    assert (payload["token"] is None) == bool(payload["userErrors"])
    return [error["code"] for error in payload["userErrors"]]


# ---- asking ------------------------------------------------------------------------------------------------------


async def test_a_link_comes_by_mail_and_sets_the_password(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    master = await make_master(db)
    assert await tell(client, REQUEST_RESET, email="MASTER@example.com") == ACCEPTED
    mail = await only_mail(app, "password_reset")
    assert mail.to == "Master@Example.com"
    assert f"http://127.0.0.1:8000/set-password#token={token_in(mail)}" in mail.text.splitlines()
    (link,) = await rows(db, "SELECT * FROM login_links")
    assert link["token_hash"] == hashlib.sha256(token_in(mail).encode()).digest()
    assert timedelta(hours=1, minutes=55) < link["expires_at"] - utc() <= timedelta(hours=2)
    assert await signs_in(client, master) == []
    assert await tell(client, RESET, token=token_in(mail), newPassword=NEW_PASSWORD) == ACCEPTED
    assert await signs_in(client, master) == ["INVALID_CREDENTIALS"]
    assert await signs_in(client, with_password(master, NEW_PASSWORD)) == []
    asked, _, was_reset, *_ = await audit_of(db)
    assert (asked.action, asked.actor, asked.login_id) == ("login.password_reset_requested", master.email, master.id)
    assert (was_reset.action, was_reset.actor, was_reset.login_id) == ("login.password_reset", master.email, master.id)
    assert {str(asked.ip), str(was_reset.ip)} == {"127.0.0.1"}
    told = await only_mail(app, "password_changed")
    assert told.to == master.email


async def test_known_unknown_and_disabled_addresses_are_answered_alike_after_the_same_work(
    client: httpx.AsyncClient, app: Starlette, db: Database, statements: StatementLog
) -> None:
    master = await make_master(db)
    disabled = await make_login(db, master.account_id, RoleName.BILLING, state=LoginState.DISABLED)
    await make_invitation(db, master)
    answers, sent = [], []
    for email in (master.email, "unknown@example.com", disabled.email, "colleague@example.com"):
        statements.clear()
        response = await post(client, REQUEST_RESET, {"input": {"email": email}})
        answers.append((response.status_code, response.content, sorted(response.headers)))
        sent.append(list(statements.texts))
    assert all(answer == answers[0] for answer in answers)
    assert all(texts == sent[0] for texts in sent)
    assert len(sent[0]) == 3, "the counters, read and written, and the job"
    assert [(mail.to, mail.template) for mail in await deliver(app)] == [(master.email, "password_reset")]
    assert len(await rows(db, "SELECT FROM login_links")) == len(await audit_of(db)) == 1


async def test_a_request_leaves_earlier_links_good_and_the_first_that_is_used_voids_the_others(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    master = await make_master(db)
    for _ in range(2):
        await tell(client, REQUEST_RESET, email=master.email)
    first, second = (token_in(mail) for mail in await deliver(app))
    confirming = await make_confirmation(db, master, "elsewhere@example.com")
    assert await tell(client, RESET, token=first, newPassword=NEW_PASSWORD) == ACCEPTED
    assert await rows(db, "SELECT FROM login_links") == [], "a change of address that a thief began is void, too"
    before = await everything(db)
    for token in (first, second, confirming):
        refused = await tell(client, RESET, token=token, newPassword=NEW_PASSWORD + "!")
        assert faults(refused) == [("TOKEN_EXPIRED", ["token"])]
    assert await everything(db) == before


# ---- setting -----------------------------------------------------------------------------------------------------


async def test_a_reset_ends_every_session_signs_nobody_in_and_leaves_the_second_factor_on(
    client: httpx.AsyncClient, db: Database, dsn: str
) -> None:
    master = await make_master(db)
    colleague = await make_login(db, master.account_id, RoleName.BILLING)
    secret, _ = await switch_on_second_factor(db, master)
    mine, theirs = (await make_session(db, master)).text, (await make_session(db, colleague)).text
    async with calling(create_app(settings_for(dsn))) as elsewhere:
        assert (await post(elsewhere, WHO, token=mine)).status_code == 200
        token = await make_reset(db, master)
        response = await post(client, RESET, {"input": {"token": token, "newPassword": NEW_PASSWORD}}, token=mine)
        assert response.json()["data"]["resetPassword"] == ACCEPTED
        assert "set-cookie" not in response.headers
        await is_out(elsewhere, mine)
        assert (await post(elsewhere, WHO, token=theirs)).status_code == 200
    assert await sessions_of(db, master) == []
    renewed = with_password(master, NEW_PASSWORD)
    assert await signs_in(client, renewed) == ["TWO_FACTOR_REQUIRED"]
    assert await signs_in(client, renewed, TOTP(secret).now()) == []
    changed = (await login_of(db, master)).password_changed_at
    assert changed is not None
    assert utc() - changed < timedelta(minutes=1)


async def test_one_link_used_at_once_sets_one_password(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    token = await make_reset(db, master)
    passwords = [f"{NEW_PASSWORD} {number}" for number in range(5)]
    payloads = await asyncio.gather(*(tell(client, RESET, token=token, newPassword=one) for one in passwords))
    assert sorted(payload["accepted"] for payload in payloads) == [False] * 4 + [True]
    assert [fault for one in payloads if not one["accepted"] for fault, _ in faults(one)] == ["TOKEN_EXPIRED"] * 4
    (won,) = [one for one, payload in zip(passwords, payloads, strict=True) if payload["accepted"]]
    assert await signs_in(client, with_password(master, won)) == []
    assert [row.action for row in await audit_of(db)].count("login.password_reset") == 1


async def test_several_links_of_a_login_used_at_once_set_one_password(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    tokens = [await make_reset(db, master) for _ in range(5)]
    payloads = await asyncio.gather(*(tell(client, RESET, token=token, newPassword=NEW_PASSWORD) for token in tokens))
    assert sorted(payload["accepted"] for payload in payloads) == [False] * 4 + [True]
    assert await rows(db, "SELECT FROM login_links") == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "WEAK_PASSWORD"),
        ("password1234", "WEAK_PASSWORD"),
        ("Engines 2026 !!", "WEAK_PASSWORD"),
        ("x" * 1025, "TOO_LONG"),
    ],
)
async def test_a_weak_password_is_refused_and_the_link_stays_good(
    client: httpx.AsyncClient, db: Database, password: str, code: str
) -> None:
    token = await make_reset(db, await make_master(db))
    before = await everything(db)
    assert faults(await tell(client, RESET, token=token, newPassword=password)) == [(code, ["newPassword"])]
    assert await everything(db) == before
    assert await tell(client, RESET, token=token, newPassword=NEW_PASSWORD) == ACCEPTED


async def test_what_is_no_good_link_sets_nothing(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    disabled = await make_login(db, master.account_id, RoleName.BILLING, state=LoginState.DISABLED)
    tokens = [
        await make_reset(db, master, expires_at=utc()),
        await make_confirmation(db, master, "elsewhere@example.com"),
        await make_reset(db, disabled),
        await make_invitation(db, master, "late@example.com", expires_at=utc()),
        await make_invitation(db, master, "off@example.com", state=InvitationState.DISABLED),
        (await make_session(db, master)).text,
        (await make_api_key(db, master.account_id, RoleName.FULL_ACCESS)).text,
        "",
        "x" * 10_000,
    ]
    before = await everything(db)
    for token in tokens:
        refused = await tell(client, RESET, token=token, newPassword=NEW_PASSWORD)
        assert faults(refused) == [("TOKEN_EXPIRED", ["token"])], token
    assert await everything(db) == before


async def test_a_login_that_is_disabled_while_the_password_is_hashed_stays_as_it_is(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from auth.passwords import PasswordHasher  # noqa: PLC0415 (patched here alone)

    master = await make_master(db)
    person = await make_login(db, master.account_id, RoleName.BILLING)
    token = await make_reset(db, person)
    hash_ = PasswordHasher.hash

    async def meanwhile(hasher: PasswordHasher, password: str) -> str:
        await rows(db, "UPDATE logins SET state = 'DISABLED' WHERE id = $1", person.id)
        return await hash_(hasher, password)

    monkeypatch.setattr(PasswordHasher, "hash", meanwhile)
    refused = await tell(client, RESET, token=token, newPassword=NEW_PASSWORD)
    assert faults(refused) == [("TOKEN_EXPIRED", ["token"])]
    assert len(await rows(db, "SELECT FROM login_links")) == 1
    assert await audit_of(db) == []


# ---- accepting ---------------------------------------------------------------------------------------------------


async def test_an_accepted_invitation_is_a_login_under_the_same_id(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    masters = (await make_session(db, master)).text
    token = await make_invitation(db, master)
    (invited,) = (await ask(client, WHO, token=masters))["viewer"]["account"]["sublogins"]
    assert invited["state"] == "INVITED"
    assert await tell(client, RESET, token=token, newPassword=NEW_PASSWORD) == ACCEPTED
    (accepted,) = (await ask(client, WHO, token=masters))["viewer"]["account"]["sublogins"]
    assert accepted == invited | {"state": "ACTIVE"}
    (login,) = await rows(db, "SELECT id FROM logins WHERE role = 'BILLING'")
    colleague = Person(login["id"], master.account_id, "colleague@example.com", NEW_PASSWORD)
    session = (await sign_in(client, colleague)).json()["data"]["signIn"]
    assert session["viewer"]["role"] == {"name": "BILLING"}
    client.cookies.clear()
    seen = (await post(client, WHO, token=session["token"])).json()
    assert seen["data"]["viewer"]["account"] == {"number": "A-1", "sublogins": None}
    (told,) = [row for row in await audit_of(db) if row.action == "sublogin.accepted"]
    assert (told.actor, told.login_id, told.target_id) == ("colleague@example.com", colleague.id, colleague.id)
    assert told.changes == {"email": [None, "colleague@example.com"], "role": [None, "BILLING"]}
    refused = await tell(client, RESET, token=token, newPassword=NEW_PASSWORD)
    assert faults(refused) == [("TOKEN_EXPIRED", ["token"])]


async def test_one_invitation_accepted_at_once_is_one_login(client: httpx.AsyncClient, db: Database) -> None:
    token = await make_invitation(db, await make_master(db))
    payloads = await asyncio.gather(*(tell(client, RESET, token=token, newPassword=NEW_PASSWORD) for _ in range(5)))
    assert sorted(payload["accepted"] for payload in payloads) == [False] * 4 + [True]
    assert len(await rows(db, "SELECT FROM logins WHERE role = 'BILLING'")) == 1
    assert len(await audit_of(db)) == 1


async def test_of_two_accounts_invitations_to_one_address_the_first_accepted_counts(
    client: httpx.AsyncClient, db: Database
) -> None:
    tokens = [
        await make_invitation(db, await make_master(db, number, f"{number}@example.com")) for number in ("A-1", "A-2")
    ]
    payloads = await asyncio.gather(*(tell(client, RESET, token=token, newPassword=NEW_PASSWORD) for token in tokens))
    assert sorted(payload["accepted"] for payload in payloads) == [False, True]
    assert [fault for one in payloads if not one["accepted"] for fault in faults(one)] == [("TAKEN", ["token"])]
    assert len(await rows(db, "SELECT FROM invitations")) == 1
    assert len(await audit_of(db)) == 1


async def test_setting_a_password_costs_so_many_statements(
    client: httpx.AsyncClient, db: Database, statements: StatementLog
) -> None:
    async def cost(**given: Any) -> int:
        statements.clear()
        await tell(client, RESET, **given)
        return len(statements)

    master = await make_master(db)
    reset, invitation = await make_reset(db, master), await make_invitation(db, master)
    counters, vouched = 2, 4
    assert await cost(token="unknown", newPassword=NEW_PASSWORD) == counters + 1
    assert await cost(token=reset, newPassword="weak") == 2 * counters + 1
    # the link, the held login, its links, the password, the sessions, the letter, the log
    assert await cost(token=reset, newPassword=NEW_PASSWORD) == 2 * counters + 7 + vouched
    # the link, the invitation, the login, the log
    assert await cost(token=invitation, newPassword=NEW_PASSWORD) == 2 * counters + 4 + vouched


async def test_links_that_are_guessed_at_are_throttled_and_a_good_one_is_no_guess(
    client: httpx.AsyncClient, db: Database
) -> None:
    master = await make_master(db)
    for number in range(RULES[Guarded.LINK][Scope.NETWORK].free):
        wrong = await tell(client, RESET, token=f"guess {number}", newPassword=NEW_PASSWORD)
        assert faults(wrong) == [("TOKEN_EXPIRED", ["token"])]
        if number % 5 == 0:
            good = await make_reset(db, master)
            assert await tell(client, RESET, token=good, newPassword=f"{NEW_PASSWORD} {number}") == ACCEPTED
    good = await make_reset(db, master)
    before = await everything(db)
    for document, given in ((RESET, {"newPassword": NEW_PASSWORD}), (CONFIRM_EMAIL, {})):
        assert faults(await tell(client, document, token=good, **given)) == [("THROTTLED", None)]
    assert await everything(db) == before


async def test_whoever_has_set_a_password_by_a_link_is_not_kept_out_by_strangers_guesses(
    dsn: str, db: Database
) -> None:
    master = await make_master(db)
    strangers = RULES[Guarded.PASSWORD][Scope.ANYWHERE].free
    async with callers(dsn, db) as client:
        for number in range(strangers):
            await outcome(client, with_password(master, "wrong"), at=f"198.51.100.{number + 1}")
        assert (await outcome(client, master, at=HOME))[0] == "THROTTLED"
        token = await make_reset(db, master)
        given = {"input": {"token": token, "newPassword": NEW_PASSWORD}}
        answer = await post(client, RESET, given, headers={"X-Forwarded-For": HOME})
        assert answer.json()["data"]["resetPassword"] == ACCEPTED
        assert (await outcome(client, with_password(master, NEW_PASSWORD), at=HOME))[0] == ""
