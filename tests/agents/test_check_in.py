"""Checking in: one statement, which writes a newer time and nothing else."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from models.db import Database
from models.enums import AccountState
from models.tables import Account, ActivationKey
from tests import factories
from tests.access.people import utc
from tests.agents.calls import codes, everything, registered, rows, unregister
from tests.client import ask, post
from tests.databases import StatementLog

CHECK_IN = """mutation ($input: CheckInInput!) { checkIn(input: $input) {
  licensed checkInEverySeconds userErrors { code field } } }"""
HEARD = {"licensed": True, "checkInEverySeconds": 14_400, "userErrors": []}
LAST = """
    SELECT r.last_check_in, s.last_check_in, r.version
    FROM registration_check_ins r JOIN server_check_ins s USING (server_id)
"""


async def check_in(client: httpx.AsyncClient, token: str, **given: Any) -> dict[str, Any]:
    """The payload of a check-in."""
    payload: dict[str, Any] = (await ask(client, CHECK_IN, {"input": {"serverToken": token, **given}}))["checkIn"]
    return payload


async def last(db: Database) -> tuple[datetime | None, datetime | None, str | None]:
    """When the only registration and its server were heard, and the version."""
    ((of_registration, of_server, version),) = await rows(db, LAST)
    return of_registration, of_server, version


def just_now(moment: datetime | None) -> bool:
    """Whether this was a moment ago, by our clock."""
    return moment is not None and timedelta(0) <= utc() - moment < timedelta(minutes=1)


async def test_one_statement_and_nothing_in_any_log(
    client: httpx.AsyncClient, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    token = await registered(client, key.key, version="1.0")
    before = await everything(db)
    statements.clear()
    assert await check_in(client, token) == HEARD
    assert len(statements) == 1
    of_registration, of_server, version = await last(db)
    assert just_now(of_registration)
    assert (of_registration, version) == (of_server, "1.0")
    after = await everything(db)
    changed = {table for table, found in after.items() if found != before[table]}
    assert changed == {"registration_check_ins", "server_check_ins"}


async def test_the_time_and_the_version_are_the_agents(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    token = await registered(client, key.key)
    earlier = utc() - timedelta(hours=1)
    assert await check_in(client, token, at=earlier.isoformat(), version=" 2.0 ") == HEARD
    assert await last(db) == (earlier, earlier, "2.0")
    assert await check_in(client, token, version=" ") == HEARD
    assert just_now((await last(db))[0])
    assert (await last(db))[2] == "2.0"


async def test_a_time_ahead_of_ours_is_ours(client: httpx.AsyncClient, db: Database, key: ActivationKey) -> None:
    token = await registered(client, key.key)
    for ahead in ("2999-01-01T00:00:00Z", "9999-12-30T23:59:59.999999-14:00"):
        assert await check_in(client, token, at=ahead) == HEARD
        assert just_now((await last(db))[1])


@pytest.mark.parametrize(
    "given",
    [
        {"at": "2026-01-01T00:00:00Z"},
        {"at": "0001-01-02T00:00:00+14:00"},
        {"ok": False},
        {"ok": False, "version": "9.0"},
        {"at": "2026-01-01T00:00:00Z", "version": "0.1"},
    ],
)
async def test_what_is_no_news_changes_nothing(
    client: httpx.AsyncClient, db: Database, key: ActivationKey, given: dict[str, Any]
) -> None:
    token = await registered(client, key.key)
    await check_in(client, token)
    before = await everything(db)
    assert await check_in(client, token, **given) == HEARD
    assert await everything(db) == before


async def test_a_locked_account_is_heard_and_not_licensed(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    token = await registered(client, key.key)
    async with db.write() as session:
        (await session.get_one(Account, key.account_id)).state = AccountState.LOCKED
    assert await check_in(client, token) == {**HEARD, "licensed": False}
    assert just_now((await last(db))[0])


async def test_an_ended_token_and_none_at_all(
    client: httpx.AsyncClient, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    token = await registered(client, key.key)
    await unregister(client, token)
    before = await everything(db)
    refused = await check_in(client, token)
    assert (refused["licensed"], refused["checkInEverySeconds"]) == (False, None)
    assert codes(refused) == [("TOKEN_EXPIRED", ["serverToken"])]
    statements.clear()
    garbled = await check_in(client, token[:-1])
    assert (garbled["licensed"], codes(garbled)) == (False, [("INVALID", ["serverToken"])])
    assert len(statements) == 0
    assert await everything(db) == before


async def test_a_wrong_version_is_refused_by_its_field(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    token = await registered(client, key.key)
    before = await everything(db)
    for version, code in (("a\nb", "INVALID"), ("a" * 101, "TOO_LONG")):
        refused = await check_in(client, token, version=version)
        assert (refused["licensed"], codes(refused)) == (False, [(code, ["version"])])
    assert await everything(db) == before


async def test_a_null_where_none_may_be_is_bad_input(client: httpx.AsyncClient, key: ActivationKey) -> None:
    token = await registered(client, key.key)
    answer = (await post(client, CHECK_IN, {"input": {"serverToken": token, "ok": None}})).json()
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_the_token_stays_good_when_the_registration_moves(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    token = await registered(client, key.key)
    second = await factories.key_of(db, key.account_id, "centos-7", key="CENTOS7-Aa0000000000000000000001")
    assert await registered(client, second.key) != token
    assert await check_in(client, token) == HEARD
    assert await rows(db, "SELECT count(*) FROM registration_check_ins WHERE last_check_in IS NULL") == [(1,)]
