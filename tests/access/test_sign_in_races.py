"""Sign-ins of one login at the same time: what is good once is good once, and no limit is passed."""

import asyncio
from datetime import timedelta

import httpx
from pyotp import TOTP

from models.db import Database
from models.queries.sessions import MOST_SESSIONS
from tests.access.people import Person, make_master, make_session, sessions_of, sign_in, switch_on_second_factor, utc

AT_ONCE = 5


async def outcomes(client: httpx.AsyncClient, person: Person, code: str | None = None) -> list[str]:
    """What several sign-ins at once are answered: a code each, the empty one for a session that began."""
    responses = await asyncio.gather(*(sign_in(client, person, code) for _ in range(AT_ONCE)))
    payloads = [response.json()["data"]["signIn"] for response in responses]
    return sorted(payload["userErrors"][0]["code"] if payload["userErrors"] else "" for payload in payloads)


async def test_of_parallel_sign_ins_with_one_code_exactly_one_wins(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    secret, _ = await switch_on_second_factor(db, master)
    code = TOTP(secret).now()
    found = await outcomes(client, master, code)
    assert found == ["", *["TWO_FACTOR_INVALID"] * (AT_ONCE - 1)]
    assert len(await sessions_of(db, master)) == 1


async def test_of_parallel_sign_ins_with_one_recovery_code_exactly_one_wins(
    client: httpx.AsyncClient, db: Database
) -> None:
    master = await make_master(db)
    _, codes = await switch_on_second_factor(db, master)
    found = await outcomes(client, master, codes[0])
    assert found == ["", *["TWO_FACTOR_INVALID"] * (AT_ONCE - 1)]
    assert len(await sessions_of(db, master)) == 1


async def test_parallel_sign_ins_never_leave_too_many_sessions(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    for number in range(MOST_SESSIONS):
        await make_session(db, master, created_at=utc() - timedelta(minutes=200 - number))
    found = await outcomes(client, master)
    assert found == [""] * AT_ONCE
    assert len(await sessions_of(db, master)) == MOST_SESSIONS
