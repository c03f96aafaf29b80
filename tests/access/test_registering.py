"""Registering over HTTP: the form, the letter, and the account that its link opens."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from auth.throttling import RULES, Guarded, Scope
from models.db import Database
from tests.access.own_accounts import (
    ACCEPTED,
    FORM,
    NEW_PASSWORD,
    REGISTER,
    RESET,
    faults,
    make_invitation,
    only_mail,
    rows,
    tell,
)
from tests.access.people import Person, audit_of, make_master, utc
from tests.access.people import sign_in as try_to_sign_in
from tests.access.unchanged import everything
from tests.client import ask, post, sign_in
from tests.databases import StatementLog
from tests.mailbox import deliver, token_in

VIEWER = """{ viewer { login role { name } account { number kind state
  personalInformation { firstName lastName email } companyInformation { name address { country } }
  billingContact { email } } } }"""


async def register(client: httpx.AsyncClient, app: Starlette, **changed: str) -> str:
    """Register; the token in the letter."""
    assert await tell(client, REGISTER, **FORM | changed) == ACCEPTED
    return token_in(await only_mail(app, "welcome"))


async def test_a_form_a_letter_a_password_and_the_account_is_open(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    assert await tell(client, REGISTER, **FORM) == ACCEPTED
    mail = await only_mail(app, "welcome")
    assert mail.to == "New.Person@example.com"
    assert f"http://127.0.0.1:8000/set-password#token={token_in(mail)}" in mail.text.splitlines()
    assert await rows(db, "SELECT FROM accounts UNION ALL SELECT FROM logins") == []
    (waiting,) = await rows(db, "SELECT * FROM sign_ups")
    assert waiting["token_hash"] == hashlib.sha256(token_in(mail).encode()).digest()
    assert timedelta(hours=23) < waiting["expires_at"] - utc() <= timedelta(hours=24)

    assert await tell(client, RESET, token=token_in(mail), newPassword=NEW_PASSWORD) == ACCEPTED
    viewer = (await ask(client, VIEWER, token=await sign_in(client, "new.person@example.com", NEW_PASSWORD)))["viewer"]
    (account,) = await rows(db, "SELECT id, number FROM accounts")
    assert viewer == {
        "login": "New.Person@example.com",
        "role": {"name": "MASTER"},
        "account": {
            "number": account["number"],
            "kind": "DIRECT",
            "state": "ACTIVE",
            "personalInformation": {"firstName": "First", "lastName": "Person", "email": "New.Person@example.com"},
            "companyInformation": {"name": "Applicant Ltd", "address": {"country": "GB"}},
            "billingContact": {"email": "New.Person@example.com"},
        },
    }
    opened, _ = await audit_of(db)
    assert (opened.action, opened.actor, str(opened.ip)) == ("account.opened", "New.Person@example.com", "127.0.0.1")
    assert (opened.target_type, opened.target_id, opened.target_label) == ("Account", account["id"], account["number"])
    assert opened.login_id is not None
    assert await rows(db, "SELECT FROM sign_ups") == []


async def test_known_and_unknown_addresses_are_answered_alike_after_the_same_work(
    client: httpx.AsyncClient, app: Starlette, db: Database, statements: StatementLog
) -> None:
    await make_master(db, email="Taken@Example.com")
    answers, sent = [], []
    for email in ("taken@example.com", "free@example.com"):
        statements.clear()
        response = await post(client, REGISTER, {"input": FORM | {"email": email}})
        answers.append((response.status_code, response.content, sorted(response.headers)))
        sent.append(list(statements.texts))
    assert answers[0] == answers[1]
    assert sent[0] == sent[1]
    assert len(sent[0]) == 3, "the counters, read and written, and the job"
    taken, free = await deliver(app)
    assert (taken.to, taken.template) == ("taken@example.com", "address_taken")
    assert "#token=" not in taken.text + taken.html
    assert (free.to, free.template) == ("free@example.com", "welcome")
    assert [row["email"] for row in await rows(db, "SELECT email FROM sign_ups")] == ["free@example.com"]
    assert len(await rows(db, "SELECT FROM logins")) == 1


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"email": "a@localhost"}, [("INVALID", ["email"])]),
        ({"firstName": " "}, [("REQUIRED", ["firstName"])]),
        ({"lastName": "x" * 101}, [("TOO_LONG", ["lastName"])]),
        ({"companyName": "two\nlines"}, [("INVALID", ["companyName"])]),
        ({"country": "XX"}, [("INVALID", ["country"])]),
        (
            {"email": "a..b@example.com", "firstName": "", "lastName": "a\u2028b", "companyName": "", "country": "DEU"},
            [
                ("INVALID", ["email"]),
                ("REQUIRED", ["firstName"]),
                ("INVALID", ["lastName"]),
                ("REQUIRED", ["companyName"]),
                ("INVALID", ["country"]),
            ],
        ),
    ],
)
async def test_a_wrong_form_is_told_whole_and_not_taken(
    client: httpx.AsyncClient, db: Database, changed: dict[str, str], wrong: list[Any]
) -> None:
    before = await everything(db)
    assert sorted(faults(await tell(client, REGISTER, **FORM | changed))) == sorted(wrong)
    assert await everything(db) == before


async def test_whoever_registers_with_anothers_address_holds_nothing_back(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    strangers = await register(client, app, companyName="Stranger Ltd")
    own = await register(client, app, email="new.person@EXAMPLE.com")
    assert strangers != own
    assert await tell(client, RESET, token=own, newPassword=NEW_PASSWORD) == ACCEPTED
    before = await everything(db)
    refused = await tell(client, RESET, token=strangers, newPassword=NEW_PASSWORD)
    assert faults(refused) == [("TAKEN", ["token"])]
    assert await everything(db) == before
    assert [row["company_name"] for row in await rows(db, "SELECT company_name FROM accounts")] == ["Applicant Ltd"]


async def test_an_address_that_is_only_applied_for_can_be_invited_and_then_is_the_invited_one(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    applied = await register(client, app)
    invited = await make_invitation(db, await make_master(db), FORM["email"])
    assert await tell(client, RESET, token=invited, newPassword=NEW_PASSWORD) == ACCEPTED
    assert faults(await tell(client, RESET, token=applied, newPassword=NEW_PASSWORD)) == [("TAKEN", ["token"])]
    assert len(await rows(db, "SELECT FROM accounts")) == 1


async def test_one_link_used_at_once_opens_one_account(client: httpx.AsyncClient, app: Starlette, db: Database) -> None:
    token = await register(client, app)
    payloads = await asyncio.gather(*(tell(client, RESET, token=token, newPassword=NEW_PASSWORD) for _ in range(5)))
    assert sorted(payload["accepted"] for payload in payloads) == [False] * 4 + [True]
    assert {fault for one in payloads if not one["accepted"] for fault, _ in faults(one)} == {"TOKEN_EXPIRED"}
    assert len(await rows(db, "SELECT FROM accounts")) == len(await rows(db, "SELECT FROM logins")) == 1
    assert len(await audit_of(db)) == 1


async def test_two_links_of_one_address_used_at_once_open_one_account(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    tokens = [await register(client, app) for _ in range(3)]
    payloads = await asyncio.gather(*(tell(client, RESET, token=token, newPassword=NEW_PASSWORD) for token in tokens))
    assert sorted(payload["accepted"] for payload in payloads) == [False] * 2 + [True]
    assert {fault for one in payloads if not one["accepted"] for fault, _ in faults(one)} == {"TAKEN"}
    assert len(await rows(db, "SELECT FROM accounts")) == 1


async def test_a_link_that_has_run_out_opens_nothing(client: httpx.AsyncClient, app: Starlette, db: Database) -> None:
    token = await register(client, app)
    await rows(db, "UPDATE sign_ups SET expires_at = now()")
    before = await everything(db)
    refused = await tell(client, RESET, token=token, newPassword=NEW_PASSWORD)
    assert faults(refused) == [("TOKEN_EXPIRED", ["token"])]
    assert await everything(db) == before


async def test_the_forms_own_words_make_a_weak_password_and_leave_the_link_good(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    token = await register(client, app)
    before = await everything(db)
    refused = await tell(client, RESET, token=token, newPassword="Applicant-Person-2026")
    assert faults(refused) == [("WEAK_PASSWORD", ["newPassword"])]
    assert await everything(db) == before
    assert await tell(client, RESET, token=token, newPassword=NEW_PASSWORD) == ACCEPTED


async def test_before_the_link_is_used_nobody_signs_in(client: httpx.AsyncClient, app: Starlette, db: Database) -> None:
    await register(client, app)
    master = await make_master(db)
    applicant = Person(master.id, master.account_id, FORM["email"], NEW_PASSWORD)
    payload = (await try_to_sign_in(client, applicant)).json()["data"]["signIn"]
    assert [error["code"] for error in payload["userErrors"]] == ["INVALID_CREDENTIALS"]


async def test_letters_are_throttled_by_address_whether_it_is_known_or_not(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    await make_master(db, email="taken@example.com")
    free = RULES[Guarded.LETTER][Scope.HERE].free
    for email in ("taken@example.com", "free@example.com"):
        for _ in range(free):
            assert await tell(client, REGISTER, **FORM | {"email": email}) == ACCEPTED
        before = await everything(db)
        assert faults(await tell(client, REGISTER, **FORM | {"email": email.upper()})) == [("THROTTLED", None)]
        assert await everything(db) == before
    assert len(await deliver(app)) == 2 * free
