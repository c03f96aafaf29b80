"""The second factor over HTTP: begun with the password, confirmed by a code, switched off by one, and told by mail."""

from datetime import timedelta

import httpx
import pytest
from pyotp import TOTP, parse_uri
from starlette.applications import Starlette

from auth.second_factor import qr_code
from models.db import Database
from models.roles import RoleName
from models.tables import Login
from tests.access.people import (
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
    switch_on_second_factor,
)
from tests.access.two_factor import BEGIN, CONFIRM, DISABLE, STATE, begin, code_now, refusal, set_up, tell
from tests.access.unchanged import all_but_failed_proofs, everything
from tests.client import ask, post
from tests.mailbox import deliver

OFF = {"enabled": False, "confirmedAt": None, "recoveryCodesLeft": 0}


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    """A session of the master."""
    return (await make_session(db, master)).text


async def outcome(client: httpx.AsyncClient, person: Person, code: str | None = None) -> str:
    """What a sign-in is answered; empty for a session."""
    payload = (await sign_in(client, person, code)).json()["data"]["signIn"]
    client.cookies.clear()
    return payload["userErrors"][0]["code"] if payload["userErrors"] else ""


async def let_it_wait(db: Database, person: Person, by: timedelta) -> None:
    """Move the beginning of a second factor into the past."""
    async with db.write() as session:
        login = await session.get_one(Login, person.id)
        assert login.totp_begun_at is not None
        login.totp_begun_at -= by


# ---- beginning ---------------------------------------------------------------------------------------------------


async def test_a_secret_that_waits_changes_nothing(
    client: httpx.AsyncClient, app: Starlette, db: Database, master: Person, token: str
) -> None:
    payload = await tell(client, BEGIN, token, password=master.password)
    assert payload["userErrors"] == []
    read = parse_uri(payload["otpauthUri"])
    assert (read.secret, read.name) == (payload["secret"], master.email)
    assert payload["qrCodeSvg"] == qr_code(payload["otpauthUri"])
    assert (await ask(client, STATE, token=token))["viewer"]["twoFactor"] == OFF
    assert await outcome(client, master) == ""
    assert payload["secret"].encode() not in ((await login_of(db, master)).totp_secret or b"")
    assert [row.action for row in await audit_of(db)] == ["login.two_factor_begun", "login.signed_in"]
    assert await deliver(app) == []


async def test_it_needs_the_password(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    before = await everything(db)
    payload = await tell(client, BEGIN, token, password="another password")
    assert refusal(payload) == ("INVALID_CREDENTIALS", ["password"])
    assert [row.action for row in await audit_of(db)] == ["login.proof_failed"]
    assert await all_but_failed_proofs(db) == before


async def test_the_next_secret_replaces_the_one_that_waits(
    client: httpx.AsyncClient, master: Person, token: str
) -> None:
    first = await begin(client, token, master.password)
    second = await begin(client, token, master.password)
    assert refusal(await tell(client, CONFIRM, token, code=code_now(first))) == ("TWO_FACTOR_INVALID", ["code"])
    assert len((await tell(client, CONFIRM, token, code=code_now(second)))["recoveryCodes"]) == 10


async def test_while_one_is_on_there_is_nothing_to_begin(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    await switch_on_second_factor(db, master)
    before = await everything(db)
    assert refusal(await tell(client, BEGIN, token, password=master.password)) == ("CONFLICT", None)
    assert await everything(db) == before


# ---- confirming --------------------------------------------------------------------------------------------------


async def test_the_first_code_switches_it_on_and_ends_the_other_sessions(
    client: httpx.AsyncClient, app: Starlette, db: Database, master: Person, token: str
) -> None:
    other = await make_login(db, master.account_id, RoleName.BILLING)
    for person in (master, master, other):
        await make_session(db, person)
    secret = await begin(client, token, master.password)
    code, following = code_now(secret), code_now(secret, 1)
    payload = await tell(client, CONFIRM, token, code=code)
    assert payload["userErrors"] == []
    assert payload["viewer"]["twoFactor"] == {"enabled": True, "recoveryCodesLeft": 10}
    assert len(set(payload["recoveryCodes"])) == 10
    assert len(await sessions_of(db, master)) == len(await sessions_of(db, other)) == 1
    assert (await ask(client, STATE, token=token))["viewer"]["twoFactor"]["confirmedAt"].endswith("Z")
    assert [(mail.template, mail.to) for mail in await deliver(app)] == [("two_factor_on", master.email)]
    assert [row.action for row in await audit_of(db)] == ["login.two_factor_begun", "login.two_factor_enabled"]

    assert await outcome(client, master) == "TWO_FACTOR_REQUIRED"
    assert await outcome(client, master, code) == "TWO_FACTOR_INVALID"
    assert await outcome(client, master, following) == ""
    assert await outcome(client, master, payload["recoveryCodes"][0]) == ""
    assert await outcome(client, master, payload["recoveryCodes"][0]) == "TWO_FACTOR_INVALID"


async def test_secrets_and_codes_are_kept_nowhere(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    secret, codes = await set_up(client, token, master.password)
    kept = str(await everything(db))
    for shown in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert shown not in kept
        assert shown.encode().hex() not in kept


@pytest.mark.parametrize("code", ["000000", "abcd-efgh-jkmn", "", "no code"])
async def test_another_code_switches_nothing_on(
    client: httpx.AsyncClient, db: Database, master: Person, token: str, code: str
) -> None:
    secret = await begin(client, token, master.password)
    assert code not in {code_now(secret, steps) for steps in (-1, 0, 1, 2)}
    before = await everything(db)
    assert refusal(await tell(client, CONFIRM, token, code=code)) == ("TWO_FACTOR_INVALID", ["code"])
    assert [row.action for row in await audit_of(db)][-1] == "login.proof_failed"
    assert await all_but_failed_proofs(db) == before


async def test_a_secret_waits_ten_minutes(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    secret = await begin(client, token, master.password)
    await let_it_wait(db, master, timedelta(minutes=10))
    before = await everything(db)
    assert refusal(await tell(client, CONFIRM, token, code=code_now(secret))) == ("CONFLICT", None)
    assert await everything(db) == before
    await let_it_wait(db, master, -timedelta(seconds=30))
    assert (await tell(client, CONFIRM, token, code=code_now(secret)))["userErrors"] == []


async def test_what_was_not_begun_or_is_on_is_not_confirmed(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    before = await everything(db)
    assert refusal(await tell(client, CONFIRM, token, code="123456")) == ("CONFLICT", None)
    assert await everything(db) == before
    secret, _ = await set_up(client, token, master.password)
    before = await everything(db)
    assert refusal(await tell(client, CONFIRM, token, code=code_now(secret, 1))) == ("CONFLICT", None)
    assert await everything(db) == before


# ---- switching off -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["code", "recovery code"])
async def test_a_code_or_a_recovery_code_switches_it_off(
    client: httpx.AsyncClient, app: Starlette, db: Database, master: Person, token: str, by: str
) -> None:
    secret, codes = await switch_on_second_factor(db, master)
    await make_session(db, master)
    payload = await tell(client, DISABLE, token, code=TOTP(secret).now() if by == "code" else codes[3])
    assert payload == {"viewer": {"twoFactor": {"enabled": False, "recoveryCodesLeft": 0}}, "userErrors": []}
    assert len(await sessions_of(db, master)) == 1
    assert [(mail.template, mail.to) for mail in await deliver(app)] == [("two_factor_off", master.email)]
    assert [row.action for row in await audit_of(db)] == ["login.two_factor_disabled"]
    login = await login_of(db, master)
    assert (login.totp_secret, login.totp_begun_at, login.totp_last_step) == (None, None, None)
    assert await outcome(client, master) == ""
    another, _ = await set_up(client, token, master.password)
    assert another != secret


async def test_spent_and_foreign_codes_switch_nothing_off(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    secret, codes = await switch_on_second_factor(db, master)
    other = await make_login(db, master.account_id, RoleName.BILLING)
    _, foreign = await switch_on_second_factor(db, other)
    code = TOTP(secret).now()
    assert await outcome(client, master, code) == ""
    assert await outcome(client, master, codes[0]) == ""
    before = await everything(db)
    for wrong in (code, codes[0], foreign[0]):
        assert refusal(await tell(client, DISABLE, token, code=wrong)) == ("TWO_FACTOR_INVALID", ["code"])
    assert [row.action for row in await audit_of(db)][-3:] == ["login.proof_failed"] * 3
    assert await all_but_failed_proofs(db) == before


async def test_what_is_off_cannot_be_switched_off(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    await begin(client, token, master.password)
    before = await everything(db)
    assert refusal(await tell(client, DISABLE, token, code="123456")) == ("CONFLICT", None)
    assert await everything(db) == before


# ---- who may -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [BEGIN, CONFIRM, DISABLE])
async def test_keys_and_strangers_are_refused(
    client: httpx.AsyncClient, db: Database, master: Person, document: str
) -> None:
    await switch_on_second_factor(db, master)
    key = await make_api_key(db, master.account_id, RoleName.FULL_ACCESS)
    secret_key = await make_secret_key(db, master.account_id)
    before = await everything(db)
    given = {"input": {"password": master.password} if document == BEGIN else {"code": "123456"}}
    for bearer, code in ((key.text, "FORBIDDEN"), (secret_key.text, "FORBIDDEN"), (None, "UNAUTHENTICATED")):
        (error,) = (await post(client, document, given, token=bearer)).json()["errors"]
        assert (error["extensions"]["code"], error["extensions"]["permission"]) == (code, None)
    after = await everything(db)
    assert {**after, "api_keys": [], "api_secret_keys": []} == {**before, "api_keys": [], "api_secret_keys": []}


@pytest.mark.parametrize("role", [role for role in RoleName if role is not RoleName.MASTER])
async def test_every_login_has_its_own(client: httpx.AsyncClient, db: Database, master: Person, role: RoleName) -> None:
    person = await make_login(db, master.account_id, role)
    token = (await make_session(db, person)).text
    _, codes = await set_up(client, token, person.password)
    assert (await tell(client, DISABLE, token, code=codes[0]))["userErrors"] == []
    assert (await login_of(db, master)).totp_secret is None


CAN = """query ($c: [String!]!) { viewer { can(coordinates: $c) { coordinate allowed missing } } }"""
OWN = ["Mutation.beginTwoFactor", "Mutation.confirmTwoFactor", "Mutation.disableTwoFactor"]


async def test_can_says_so(client: httpx.AsyncClient, db: Database, master: Person, token: str) -> None:
    key = await make_api_key(db, master.account_id, RoleName.FULL_ACCESS)
    for bearer, allowed in ((token, True), (key.text, False)):
        found = (await ask(client, CAN, {"c": OWN}, token=bearer))["viewer"]["can"]
        assert found == [{"coordinate": name, "allowed": allowed, "missing": []} for name in OWN]


async def test_secrets_shown_once_take_no_key(client: httpx.AsyncClient, master: Person, token: str) -> None:
    for field, given in (("beginTwoFactor", f'password: "{master.password}"'), ("confirmTwoFactor", 'code: "1"')):
        document = f'mutation {{ {field}(input: {{ {given} }}) @idempotent(key: "k") {{ userErrors {{ code }} }} }}'
        assert (await post(client, document, token=token)).json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
