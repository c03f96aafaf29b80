"""Second factors switched by several at once, and guessed at: a code is good once, and tries are counted."""

import asyncio
from typing import Any

import httpx
import pytest
from pyotp import TOTP
from sqlmodel import func, select

from auth.throttling import RULES, Guarded, Scope
from models.db import Database
from models.tables import Login, RecoveryCode
from tests.access.people import Person, login_of, make_master, make_session, sign_in, switch_on_second_factor
from tests.access.two_factor import BEGIN, CONFIRM, DISABLE, begin, code_now, refusal, set_up, tell
from tests.client import ask
from tests.jobs.waiting import until

AT_ONCE = 4
CODE, PASSWORD = RULES[Guarded.CODE][Scope.HERE], RULES[Guarded.PASSWORD][Scope.HERE]


@pytest.fixture
async def master(db: Database) -> Person:
    return await make_master(db)


@pytest.fixture
async def token(db: Database, master: Person) -> str:
    """A session of the master."""
    return (await make_session(db, master)).text


async def sign_in_code(client: httpx.AsyncClient, person: Person, code: str) -> str:
    """What a sign-in is answered; empty for a session."""
    payload = (await sign_in(client, person, code)).json()["data"]["signIn"]
    client.cookies.clear()
    return payload["userErrors"][0]["code"] if payload["userErrors"] else ""


async def test_of_parallel_confirmations_one_wins_and_its_codes_are_the_ones(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    secret = await begin(client, token, master.password)
    code = code_now(secret)
    payloads = await asyncio.gather(*(tell(client, CONFIRM, token, code=code) for _ in range(AT_ONCE)))
    (won,) = [payload for payload in payloads if not payload["userErrors"]]
    assert {refusal(payload) for payload in payloads if payload is not won} == {("CONFLICT", None)}
    async with db.write() as session:
        assert (await session.exec(select(func.count()).select_from(RecoveryCode))).one() == 10
    assert await sign_in_code(client, master, won["recoveryCodes"][9]) == ""


async def test_of_parallel_beginnings_the_last_secret_waits(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    payloads = await asyncio.gather(*(tell(client, BEGIN, token, password=master.password) for _ in range(AT_ONCE)))
    found = [await tell(client, CONFIRM, token, code=code_now(payload["secret"])) for payload in payloads]
    assert sum(payload["recoveryCodes"] is not None for payload in found) == 1
    assert (await login_of(db, master)).totp_confirmed_at is not None


@pytest.mark.parametrize("kind", ["code", "recovery code"])
async def test_one_code_signs_in_or_switches_off_and_never_both(
    client: httpx.AsyncClient, db: Database, master: Person, token: str, kind: str
) -> None:
    secret, codes = await switch_on_second_factor(db, master)
    code = TOTP(secret).now() if kind == "code" else codes[0]
    async with db.write() as session:
        await session.get_one(Login, master.id, with_for_update=True)
        both = asyncio.gather(tell(client, DISABLE, token, code=code), sign_in_code(client, master, code))
        await until(lambda: _so_many_wait(db, 2), "both, which have seen the factor on, and wait for the login")
    switched, signed_in = await both
    assert (switched["userErrors"] == []) is (signed_in != "")
    assert ((await login_of(db, master)).totp_secret is None) is (signed_in != "")


async def _so_many_wait(db: Database, how_many: int) -> bool:
    """Whether that many statements of this database wait for a row."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with db.read() as reader:
        return len(await reader.fetch(waiting)) == how_many


@pytest.mark.parametrize("document", [CONFIRM, DISABLE])
async def test_guessed_codes_are_counted_together_wherever_they_are_sent(
    client: httpx.AsyncClient, db: Database, master: Person, token: str, document: str
) -> None:
    secret = await begin(client, token, master.password)
    if document == DISABLE:
        secret, _ = await switch_on_second_factor(db, master)
    for _ in range(CODE.free):
        assert refusal(await tell(client, document, token, code="none"))[0] == "TWO_FACTOR_INVALID"
    late = await tell(client, document, token, code=code_now(secret))
    assert refusal(late)[0] == "THROTTLED"
    assert 0 < late["userErrors"][0]["retryAfterMs"] <= 30_000
    if document == DISABLE:
        assert await sign_in_code(client, master, code_now(secret)) == "THROTTLED"


async def test_what_is_not_guessed_is_not_counted(client: httpx.AsyncClient, master: Person, token: str) -> None:
    for _ in range(CODE.free + 1):
        assert refusal(await tell(client, CONFIRM, token, code="123456"))[0] == "CONFLICT"
    assert (await set_up(client, token, master.password))[1]


async def test_guesses_that_are_sent_with_a_key_are_counted_too(
    client: httpx.AsyncClient, db: Database, master: Person, token: str
) -> None:
    secret, _ = await switch_on_second_factor(db, master)

    async def send(key: str, code: str) -> dict[str, Any]:
        document = (
            f'mutation {{ disableTwoFactor(input: {{ code: "{code}" }}) @idempotent(key: "{key}")'
            " { userErrors { code } } }"
        )
        payload: dict[str, Any] = (await ask(client, document, token=token))["disableTwoFactor"]
        return payload

    answers = await asyncio.gather(*(send(f"key {number}", "none") for number in range(CODE.free + 3)))
    codes = [answer["userErrors"][0]["code"] for answer in answers]
    assert sorted(codes) == ["THROTTLED"] * 3 + ["TWO_FACTOR_INVALID"] * CODE.free
    assert (await send("another", code_now(secret)))["userErrors"][0]["code"] == "THROTTLED"


async def test_a_stolen_session_gets_no_more_tries_at_the_password_than_a_stranger(
    client: httpx.AsyncClient, master: Person, token: str
) -> None:
    for _ in range(PASSWORD.free):
        assert refusal(await tell(client, BEGIN, token, password="wrong"))[0] == "INVALID_CREDENTIALS"
    assert refusal(await tell(client, BEGIN, token, password=master.password))[0] == "THROTTLED"
    assert (await sign_in(client, master)).json()["data"]["signIn"]["userErrors"][0]["code"] == "THROTTLED"
