"""Reports by mail are sent only as long as somebody answers for them who may see what they tell."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette

from models.db import Database
from models.enums import LoginState, ReportKind
from models.roles import RoleName
from models.tables import ApiKey, Login, ReportConfig
from resolvers.mailing_reports import schedule_reports
from tests.access.people import Person, audit_of, make_api_key, make_login, make_secret_key, utc
from tests.jobs.reports import MONDAY, mailed, make_due, row_of, sendings
from tests.mailbox import deliver


async def assert_switched_off(app: Starlette, db: Database, config: ReportConfig) -> None:
    """Hold that nothing is sent, that it is switched off, and that the log says so."""
    assert await mailed(app, db) == []
    config = await row_of(db, config)
    assert (config.enabled, config.next_send_at, config.last_sent_at) == (False, None, None)
    told = (await audit_of(db))[-1]
    assert (told.action, told.target_id) == ("report_config.switched_off", config.id)
    assert (told.actor, told.changes) == ("Subscription portal", {"enabled": ["true", "false"]})
    (sending,) = await sendings(db)
    assert sending["sent_at"] is None


async def gone(db: Database, login: Person) -> None:
    async with db.write() as session:
        await session.delete(await session.get_one(Login, login.id))


async def disabled(db: Database, login: Person) -> None:
    async with db.write() as session:
        (await session.get_one(Login, login.id)).state = LoginState.DISABLED


async def without_reports(db: Database, login: Person) -> None:
    async with db.write() as session:
        (await session.get_one(Login, login.id)).role = RoleName.BILLING


async def without_prices(db: Database, login: Person) -> None:
    async with db.write() as session:
        (await session.get_one(Login, login.id)).role = RoleName.READ_ONLY_BILLING


@pytest.mark.parametrize("change", [gone, disabled, without_reports, without_prices])
async def test_what_its_changer_may_not_see_any_more_is_switched_off(
    app: Starlette, client: Any, db: Database, master: Person, change: Any
) -> None:
    login = await make_login(db, master.account_id, RoleName.FULL_ACCESS)
    config = await make_due(db, login, kind=ReportKind.COSTS)
    await change(db, login)
    await assert_switched_off(app, db, config)


@pytest.mark.parametrize("change", ["revoked", "expired", "never noted"])
async def test_so_is_what_a_key_has_changed_that_is_good_no_longer(
    app: Starlette, client: Any, db: Database, master: Person, change: str
) -> None:
    await make_api_key(db, master.account_id, RoleName.READ_ONLY_SERVER_MANAGEMENT)
    async with db.read() as reader:
        (key,) = await reader.fetch("SELECT id FROM api_keys")
    by: dict[str, Any] = {"changed_by": key["id"], "changed_with": "API_KEY"}
    if change == "never noted":
        by = {"changed_by": None, "changed_with": None}
    config = await make_due(db, master, **by)
    async with db.write() as session:
        row = await session.get_one(ApiKey, key["id"])
        if change == "revoked":
            await session.delete(row)
        else:
            row.expires_at = utc()
    await assert_switched_off(app, db, config)


async def test_keys_that_are_good_have_their_reports_sent(
    app: Starlette, client: Any, db: Database, master: Person
) -> None:
    await make_api_key(db, master.account_id, RoleName.READ_ONLY_SERVER_MANAGEMENT, expires_at=utc() + timedelta(1))
    await make_secret_key(db, master.account_id, expires_at=utc())
    async with db.read() as reader:
        (key,) = await reader.fetch("SELECT id FROM api_keys")
    await make_due(db, master, changed_by=key["id"], changed_with="API_KEY", email="key@example.com")
    secret = await make_due(db, master, changed_by=key["id"], changed_with="API_SECRET_KEY", kind=ReportKind.COSTS)
    assert [mail.to for mail in await mailed(app, db)] == ["key@example.com"]
    assert not (await row_of(db, secret)).enabled
    await make_secret_key(db, master.account_id)
    await make_due(db, master, changed_by=key["id"], changed_with="API_SECRET_KEY", email="secret@example.com")
    assert [mail.to for mail in await mailed(app, db)] == ["secret@example.com"]


async def test_the_configuration_counts_as_it_is_when_it_is_sent(
    app: Starlette, client: Any, db: Database, master: Person
) -> None:
    moved, off, deleted = [await make_due(db, master) for _ in range(3)]
    await schedule_reports(db, MONDAY)
    async with db.write() as session:
        (await session.get_one(ReportConfig, moved.id)).email = "new@example.com"
        (await session.get_one(ReportConfig, off.id)).enabled = False
        await session.delete(await session.get_one(ReportConfig, deleted.id))
    assert [mail.to for mail in await deliver(app)] == ["new@example.com"]
