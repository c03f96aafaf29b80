"""Operators' commands: what each does, that it is in the account's audit log, and what it says when it cannot."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func
from sqlmodel import select
from starlette.applications import Starlette

from models.db import Database
from models.enums import LoginState
from models.roles import RoleName
from models.tables import Account, RecoveryCode
from tests.access.own_accounts import ACCEPTED, NEW_PASSWORD, RESET, tell
from tests.access.people import (
    audit_of,
    login_of,
    make_login,
    make_master,
    make_session,
    sessions_of,
    sign_in,
    switch_on_second_factor,
    utc,
    with_password,
)
from tests.access.unchanged import everything
from tests.client import ask
from tests.conftest import SECRET
from tests.funding import fund
from tests.mailbox import deliver, token_in
from tests.outside.processes import command, words_of

STATE = "{ viewer { account { state } } }"


async def run(dsn: str, *arguments: str, status: int = 0) -> str:
    """What a command says, on either stream; it must end with this status."""
    ended = await command(*arguments, DATABASE_URL=dsn, SECRET_KEY=SECRET)
    assert ended.exit_code == status, ended.output
    return words_of(ended.output).strip()


async def deeds(db: Database) -> list[tuple[str, str, object]]:
    """Who did what to which login, and nothing of it from an address."""
    rows = await audit_of(db)
    assert all(row.ip is None and row.credential_kind is None for row in rows)
    return [(row.actor, row.action, row.changes.get("state")) for row in rows]


async def test_an_account_is_locked_until_it_is_unlocked(dsn: str, db: Database, client: httpx.AsyncClient) -> None:
    token = await make_session(db, await make_master(db))
    assert await run(dsn, "lock-account", "A-1") == "Account A-1 is locked."
    assert await run(dsn, "lock-account", "A-1") == "Account A-1 is locked by an operator already."
    assert (await ask(client, STATE, token=token.text))["viewer"]["account"]["state"] == "LOCKED"
    assert await run(dsn, "unlock-account", "A-1") == "Account A-1 is unlocked."
    assert await run(dsn, "unlock-account", "A-1") == "No operator has locked account A-1."
    assert (await ask(client, STATE, token=token.text))["viewer"]["account"]["state"] == "ACTIVE"
    assert await deeds(db) == [
        ("operator", "account.locked", ["ACTIVE", "LOCKED"]),
        ("operator", "account.unlocked", ["LOCKED", "ACTIVE"]),
    ]


@pytest.mark.parametrize(("days", "state"), [(29, "ACTIVE"), (31, "LOCKED")])
async def test_what_a_long_debt_locks_stays_locked(dsn: str, db: Database, days: int, state: str) -> None:
    master = await make_master(db)
    await run(dsn, "lock-account", "A-1")
    await fund(db, master.account_id, -1, utc() - timedelta(days=days))
    said = await run(dsn, "unlock-account", "A-1")
    assert ("stays locked for its debt" in said) is (state == "LOCKED")
    async with db.write() as session:
        account = await session.get_one(Account, master.account_id)
        assert (account.state.name, account.locked_by_operator_at) == (state, None)


async def test_a_lost_second_factor_is_switched_off(
    app: Starlette, dsn: str, db: Database, client: httpx.AsyncClient
) -> None:
    master = await make_master(db)
    await switch_on_second_factor(db, master)
    await make_session(db, master)
    said = await run(dsn, "disable-two-factor", "MASTER@example.com")
    assert said == "The second factor of MASTER@example.com is off, and its sessions have ended."
    assert await sessions_of(db, master) == []
    login = await login_of(db, master)
    assert (login.totp_secret, login.totp_confirmed_at, login.totp_last_step) == (None, None, None)
    async with db.write() as session:
        assert (await session.exec(select(func.count()).select_from(RecoveryCode))).one() == 0
    assert [(mail.template, mail.to) for mail in await deliver(app)] == [("two_factor_off", master.email)]
    assert await deeds(db) == [("operator", "login.two_factor_disabled", None)]

    before = await everything(db)
    assert (await run(dsn, "disable-two-factor", master.email)).endswith("is off already.")
    assert await everything(db) == before
    assert (await sign_in(client, master)).json()["data"]["signIn"]["token"]


async def test_sessions_are_listed_without_what_would_move_a_terminal(dsn: str, db: Database) -> None:
    master = await make_master(db)
    token = await make_session(db, master, ip="192.0.2.7", user_agent="Shell/1 \x1b[2J[red]")
    said = await run(dsn, "list-sessions", master.email)
    assert "192.0.2.7" in said
    assert "Shell/1 ?[2J[red]" in said
    assert token.text not in said
    assert await deeds(db) == [("operator", "login.sessions_listed", None)]
    other = await make_master(db, "B-1", "other@example.com")
    assert await run(dsn, "list-sessions", other.email) == "There are none."


async def test_a_link_to_set_a_password_is_mailed_and_not_shown(
    app: Starlette, dsn: str, db: Database, client: httpx.AsyncClient
) -> None:
    master = await make_master(db)
    await make_session(db, master)
    said = await run(dsn, "reset-password", "MASTER@example.com")
    (letter,) = await deliver(app)
    token = token_in(letter)
    assert (letter.template, letter.to) == ("password_reset", master.email)
    assert token not in said
    assert len(await sessions_of(db, master)) == 1
    assert await deeds(db) == [("operator", "login.password_reset_requested", None)]
    payload = await tell(client, RESET, token=token, newPassword=NEW_PASSWORD)
    assert payload == ACCEPTED
    assert (await sign_in(client, with_password(master, NEW_PASSWORD))).json()["data"]["signIn"]["token"]


async def test_a_disabled_login_gets_no_link(dsn: str, db: Database) -> None:
    master = await make_master(db)
    former = await make_login(db, master.account_id, RoleName.BILLING, state=LoginState.DISABLED)
    before = await everything(db)
    assert "is disabled" in await run(dsn, "reset-password", former.email, status=1)
    assert await everything(db) == before


@pytest.mark.parametrize(
    "name", ["lock-account", "unlock-account", "disable-two-factor", "list-sessions", "reset-password"]
)
async def test_what_is_not_there_is_said_and_nothing_is_done(dsn: str, db: Database, name: str) -> None:
    await make_master(db)
    before = await everything(db)
    said = await run(dsn, name, "nobody@example.com", status=1)
    assert said in {"There is no account nobody@example.com.", "No login has the address nobody@example.com."}
    assert await everything(db) == before
