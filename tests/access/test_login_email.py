"""Changing the address that signs in, over HTTP: proved, confirmed by the new one, told to the old."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pyotp import TOTP
from starlette.applications import Starlette

from auth.throttling import RULES, Guarded, Scope
from models.db import Database
from models.enums import LoginState
from models.roles import RoleName
from tests.access.own_accounts import (
    ACCEPTED,
    CHANGE_EMAIL,
    CONFIRM_EMAIL,
    faults,
    make_confirmation,
    make_reset,
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
    sign_in,
    switch_on_second_factor,
    utc,
)
from tests.access.unchanged import all_but_failed_proofs, everything
from tests.client import ask, post
from tests.databases import StatementLog
from tests.mailbox import deliver, token_in

WHO = "{ viewer { login } }"
NEW = "New.Address@example.com"


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def here(db: Database, master: Person) -> str:
    return (await make_session(db, master)).text


async def signs_in(client: httpx.AsyncClient, person: Person, email: str) -> bool:
    """Whether an address signs in with a person's password."""
    payload = (await sign_in(client, Person(person.id, person.account_id, email))).json()["data"]["signIn"]
    client.cookies.clear()
    return payload["token"] is not None


async def test_the_new_address_confirms_and_then_signs_in(
    client: httpx.AsyncClient, app: Starlette, db: Database, master: Person, here: str
) -> None:
    assert await tell(client, CHANGE_EMAIL, here, newEmail=NEW, password=PASSWORD) == ACCEPTED
    confirm, told = await deliver(app)
    assert (confirm.to, confirm.template) == (NEW, "confirm_email")
    assert f"http://127.0.0.1:8000/confirm-email#token={token_in(confirm)}" in confirm.text.splitlines()
    assert (told.to, told.template) == (master.email, "email_changing")
    assert NEW in told.text
    assert await signs_in(client, master, master.email)
    assert not await signs_in(client, master, NEW)
    reset = await make_reset(db, master)

    assert await tell(client, CONFIRM_EMAIL, token=token_in(confirm)) == ACCEPTED
    [done] = await deliver(app)
    assert (done.to, done.template) == (master.email, "email_changed")
    assert NEW in done.text
    assert await signs_in(client, master, "new.address@example.com")
    assert not await signs_in(client, master, master.email)
    assert (await ask(client, WHO, token=here))["viewer"]["login"] == NEW
    assert await rows(db, "SELECT FROM login_links") == [], "the old mailbox sets no password any more"
    requested, _, changed, *_ = await audit_of(db)
    assert (requested.action, requested.actor) == ("login.email_change_requested", master.email)
    assert (changed.action, changed.actor, changed.login_id) == ("login.email_changed", master.email, master.id)
    assert requested.changes == changed.changes == {"email": [master.email, NEW]}
    before = await everything(db)
    for token in (token_in(confirm), reset):
        assert faults(await tell(client, CONFIRM_EMAIL, token=token)) == [("TOKEN_EXPIRED", ["token"])]
    assert await everything(db) == before


async def test_any_role_changes_its_own_address(client: httpx.AsyncClient, db: Database, master: Person) -> None:
    person = await make_login(db, master.account_id, RoleName.READ_ONLY_SERVER_MANAGEMENT)
    session = (await make_session(db, person)).text
    assert await tell(client, CHANGE_EMAIL, session, newEmail=NEW, password=PASSWORD) == ACCEPTED


async def test_a_change_of_case_is_a_change(
    client: httpx.AsyncClient, app: Starlette, db: Database, master: Person, here: str
) -> None:
    assert await tell(client, CHANGE_EMAIL, here, newEmail="master@example.com", password=PASSWORD) == ACCEPTED
    confirm, _ = await deliver(app)
    assert await tell(client, CONFIRM_EMAIL, token=token_in(confirm)) == ACCEPTED
    assert (await login_of(db, master)).email == "master@example.com"


async def test_a_taken_address_is_answered_alike_after_the_same_work_and_its_owner_is_told(
    client: httpx.AsyncClient, app: Starlette, db: Database, master: Person, here: str, statements: StatementLog
) -> None:
    await make_master(db, "A-2", "Taken@example.com")
    answers, sent = [], []
    for email in ("free1@example.com", "TAKEN@example.com"):
        statements.clear()
        response = await post(client, CHANGE_EMAIL, {"input": {"newEmail": email, "password": PASSWORD}}, token=here)
        answers.append((response.status_code, response.content, sorted(response.headers)))
        sent.append(list(statements.texts))
    assert answers[0] == answers[1]
    assert sent[0] == sent[1]
    # the login, the try and its end; the letter's try; held, whether taken, the link, two letters, the log
    assert len(sent[0]) == 13
    letters = await deliver(app)
    assert [(letter.to, letter.template) for letter in letters] == [
        ("free1@example.com", "confirm_email"),
        (master.email, "email_changing"),
        ("TAKEN@example.com", "address_taken"),
        (master.email, "email_changing"),
    ]
    assert "#token=" not in letters[2].text + letters[2].html


async def test_a_second_factor_asks_for_a_code_and_spends_it(
    client: httpx.AsyncClient, app: Starlette, db: Database, master: Person, here: str
) -> None:
    secret, codes = await switch_on_second_factor(db, master)
    await post(client, WHO, token=here)
    before = await all_but_failed_proofs(db)
    for code, wanted in ((None, "TWO_FACTOR_REQUIRED"), ("", "TWO_FACTOR_REQUIRED"), ("no code", "TWO_FACTOR_INVALID")):
        payload = await tell(client, CHANGE_EMAIL, here, newEmail=NEW, password=PASSWORD, code=code)
        assert faults(payload) == [(wanted, ["code"])]
    assert await all_but_failed_proofs(db) == before
    code = TOTP(secret).now()
    assert await tell(client, CHANGE_EMAIL, here, newEmail=NEW, password=PASSWORD, code=code) == ACCEPTED
    assert await tell(client, CHANGE_EMAIL, here, newEmail=NEW, password=PASSWORD, code=codes[0]) == ACCEPTED
    before = await all_but_failed_proofs(db)
    for used in (code, codes[0]):
        payload = await tell(client, CHANGE_EMAIL, here, newEmail=NEW, password=PASSWORD, code=used)
        assert faults(payload) == [("TWO_FACTOR_INVALID", ["code"])]
    assert await all_but_failed_proofs(db) == before


async def test_letters_to_one_address_are_throttled_and_what_was_refused_is_no_letter(
    client: httpx.AsyncClient, app: Starlette, db: Database, master: Person, here: str
) -> None:
    _, codes = await switch_on_second_factor(db, master)
    free = RULES[Guarded.LETTER][Scope.HERE].free
    for code in codes[:free]:
        payload = await tell(client, CHANGE_EMAIL, here, newEmail=NEW, password=PASSWORD)
        assert faults(payload) == [("TWO_FACTOR_REQUIRED", ["code"])]
        assert await tell(client, CHANGE_EMAIL, here, newEmail=NEW, password=PASSWORD, code=code) == ACCEPTED
    before = await everything(db)
    payload = await tell(client, CHANGE_EMAIL, here, newEmail=NEW.upper(), password=PASSWORD, code=codes[free])
    assert faults(payload) == [("THROTTLED", None)]
    assert await everything(db) == before
    other = await tell(client, CHANGE_EMAIL, here, newEmail="other@example.com", password=PASSWORD, code=codes[free])
    assert other == ACCEPTED
    assert len(await deliver(app)) == 2 * (free + 1)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"password": "wrong"}, ("INVALID_CREDENTIALS", ["password"])),
        ({"newEmail": "a@localhost"}, ("INVALID", ["newEmail"])),
        ({"newEmail": "Master@Example.com"}, ("INVALID", ["newEmail"])),
    ],
)
async def test_a_wrong_wish_asks_nobody(
    client: httpx.AsyncClient, db: Database, master: Person, here: str, changed: dict[str, str], wrong: Any
) -> None:
    await rows(db, "UPDATE logins SET email = 'Master@example.com'")
    await post(client, WHO, token=here)
    before = await all_but_failed_proofs(db)
    payload = await tell(client, CHANGE_EMAIL, here, **{"newEmail": NEW, "password": PASSWORD} | changed)
    assert faults(payload) == [wrong]
    assert await all_but_failed_proofs(db) == before


async def test_no_key_changes_an_address(client: httpx.AsyncClient, db: Database, master: Person) -> None:
    keys = [
        await make_api_key(db, master.account_id, RoleName.FULL_ACCESS),
        await make_secret_key(db, master.account_id),
    ]
    for key in keys:
        await post(client, WHO, token=key.text)
        before = await everything(db)
        given = {"input": {"newEmail": NEW, "password": PASSWORD}}
        answer = (await post(client, CHANGE_EMAIL, given, token=key.text)).json()
        assert answer["data"]["changeLoginEmail"] is None
        assert [(one["extensions"]["code"], one["extensions"]["permission"]) for one in answer["errors"]] == [
            ("FORBIDDEN", None)
        ]
        assert await everything(db) == before


@pytest.mark.parametrize(
    ("column", "value"), [("password_hash", "'another'"), ("totp_confirmed_at", "now()"), ("state", "'DISABLED'")]
)
async def test_a_login_that_changes_while_the_password_is_checked_is_a_conflict(
    client: httpx.AsyncClient,
    db: Database,
    master: Person,
    here: str,
    column: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from auth.passwords import PasswordHasher  # noqa: PLC0415 (patched here alone)

    await rows(db, "UPDATE logins SET totp_secret = 'x'")
    verify = PasswordHasher.verify

    async def meanwhile(hasher: PasswordHasher, stored: str | None, password: str) -> bool:
        await rows(db, f"UPDATE logins SET {column} = {value}")
        return await verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", meanwhile)
    payload = await tell(client, CHANGE_EMAIL, here, newEmail=NEW, password=PASSWORD)
    assert faults(payload) == [("CONFLICT", None)]
    assert await rows(db, "SELECT FROM login_links") == []
    assert await audit_of(db) == []


# ---- confirming --------------------------------------------------------------------------------------------------


async def test_one_link_used_at_once_changes_once(client: httpx.AsyncClient, db: Database, master: Person) -> None:
    token = await make_confirmation(db, master, NEW)
    payloads = await asyncio.gather(*(tell(client, CONFIRM_EMAIL, token=token) for _ in range(5)))
    assert sorted(payload["accepted"] for payload in payloads) == [False] * 4 + [True]
    assert len(await audit_of(db)) == 1


async def test_an_address_that_was_taken_meanwhile_stays_its_owners(
    client: httpx.AsyncClient, db: Database, master: Person
) -> None:
    token = await make_confirmation(db, master, NEW)
    await make_master(db, "A-2", NEW.upper())
    before = await everything(db)
    assert faults(await tell(client, CONFIRM_EMAIL, token=token)) == [("TAKEN", ["token"])]
    assert await everything(db) == before


async def test_two_logins_that_confirm_one_address_at_once_are_not_both_it(
    client: httpx.AsyncClient, db: Database, master: Person
) -> None:
    other = await make_master(db, "A-2", "other@example.com")
    tokens = [await make_confirmation(db, person, NEW) for person in (master, other)]
    payloads = await asyncio.gather(*(tell(client, CONFIRM_EMAIL, token=token) for token in tokens))
    assert sorted(payload["accepted"] for payload in payloads) == [False, True]
    assert [fault for one in payloads if not one["accepted"] for fault in faults(one)] == [("TAKEN", ["token"])]


async def test_what_is_no_good_link_changes_nothing(client: httpx.AsyncClient, db: Database, master: Person) -> None:
    disabled = await make_login(db, master.account_id, RoleName.BILLING, state=LoginState.DISABLED)
    tokens = [
        await make_confirmation(db, master, NEW, expires_at=utc() - timedelta(seconds=1)),
        await make_confirmation(db, disabled, NEW),
        await make_reset(db, master),
        "",
        "x" * 10_000,
    ]
    before = await everything(db)
    for token in tokens:
        assert faults(await tell(client, CONFIRM_EMAIL, token=token)) == [("TOKEN_EXPIRED", ["token"])]
    assert await everything(db) == before


async def test_confirming_costs_so_many_statements(
    client: httpx.AsyncClient, db: Database, master: Person, statements: StatementLog
) -> None:
    token = await make_confirmation(db, master, NEW)
    statements.clear()
    assert await tell(client, CONFIRM_EMAIL, token=token) == ACCEPTED
    counters, vouched = 2, 4
    # the link's login, held, its links, the address, the letter, the log
    assert len(statements) == 2 * counters + 6 + vouched
