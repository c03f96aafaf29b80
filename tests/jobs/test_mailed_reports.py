"""Reports by mail: when, about what, to whom, once; and never again once nobody answers for them."""

import asyncio
import csv
import io
import signal
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from gateway.jobs.handlers import Works
from gateway.jobs.periodic import mail_reports
from gateway.mail.smtp import SmtpMailer
from gateway.portal import portal_of
from gateway.reports import gathering
from gateway.reports import picture as pictures
from gateway.reports.sending import send_report
from gateway.worker import Worker
from models.db import Database
from models.enums import LoginState, ReportFrequency, ReportKind
from models.jobs import listed
from models.roles import RoleName
from models.tables import Account, ApiKey, Login, ReportConfig
from resolvers.mailing_reports import CLAIMED_FOR, SentElsewhere, claim_report, schedule_reports
from resolvers.ports import Mail
from tests import factories
from tests.access.people import Person, audit_of, make_api_key, make_login, make_master, make_secret_key, utc
from tests.jobs.post_office import PostOffice, open_office
from tests.jobs.test_processes import SECRET, Stuck, WorkerProcess
from tests.jobs.waiting import until
from tests.mailbox import Mailbox, deliver

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 30, 6, tzinfo=BERLIN)
"""The first after summer time has begun there."""


@pytest.fixture
async def master(db: Database) -> Person:
    person = await make_master(db)
    async with db.write() as session:
        (await session.get_one(Account, person.account_id)).time_zone = BERLIN.key
    return person


async def make_due(db: Database, person: Person, **values: Any) -> ReportConfig:
    """A configuration that is due on that Monday."""
    known = {
        "email": "reports@example.com",
        "kind": ReportKind.SERVERS,
        "frequency": ReportFrequency.WEEKLY,
        "next_send_at": MONDAY,
        "changed_by": person.id,
        "changed_with": "SESSION",
    }
    return await factories.add(db, ReportConfig, account_id=person.account_id, **(known | values))


async def row_of(db: Database, config: ReportConfig) -> ReportConfig:
    """The configuration as it is now."""
    async with db.write() as session:
        return await session.get_one(ReportConfig, config.id)


async def sendings(db: Database) -> list[Any]:
    """Every sending, the oldest first."""
    async with db.read() as reader:
        return await reader.fetch("SELECT * FROM report_sendings ORDER BY created_at, period_from")


async def mailed(app: Starlette, db: Database, now: datetime = MONDAY) -> list[Mail]:
    """Look for what is due then, and send it."""
    await schedule_reports(db, now)
    return await deliver(app)


def table_of(mail: Mail) -> list[list[str]]:
    """The file in a letter."""
    file = mail.attachments[1]
    assert (file.media_type, file.content_id) == ("text/csv", None)
    return list(csv.reader(io.StringIO(file.content.decode(), newline="")))


async def test_each_kind_is_a_table_a_picture_and_a_file(
    demo_app: Starlette, demo_client: Any, demo_db: Database
) -> None:
    due = datetime.now(UTC)
    async with demo_db.read() as reader:
        await reader.fetch("UPDATE report_configs SET next_send_at = $1 WHERE enabled", due)
        (held,) = await reader.fetch(
            "SELECT count(*) AS n FROM licenses l JOIN accounts a ON a.id = l.account_id WHERE a.number = '100001'"
        )
    letters = {mail.subject.partition(",")[0]: mail for mail in await mailed(demo_app, demo_db, due)}
    assert set(letters) == {"Servers", "Licenses", "Costs"}
    for mail in letters.values():
        heading, *rows = table_of(mail)
        assert rows
        assert all(f">{name}</th>" in mail.html for name in heading)
        shown = rows[: gathering.MOST_SHOWN]
        assert mail.html.count("<tr>") == 1 + len(shown)
        assert f">{shown[-1][0]}</td>" in mail.html
        picture = mail.attachments[0]
        assert f"cid:{picture.content_id}" in mail.html
        assert picture.content.startswith(b"\x89PNG")
        assert mail.text.count("\n") > 8
    assert len(table_of(letters["Licenses"])) == held["n"] + 1
    states = [line.split(": ") for line in letters["Servers"].text.splitlines() if ": " in line]
    assert sum(int(number.replace(",", "")) for _, number in states) == len(table_of(letters["Servers"])) - 1
    keys = [row[5] for row in table_of(letters["Licenses"])[1:]]
    assert any(keys)
    assert all("…" in words for words in keys if words)
    months = [line for line in letters["Costs"].text.splitlines() if line.endswith(" USD")]
    assert 2 < len(months) <= gathering.MOST_BARS


async def test_a_report_is_about_the_period_before_and_comes_again_after_the_next(
    app: Starlette, client: Any, db: Database, master: Person
) -> None:
    for hours in (-1, 1):
        registered = datetime(2026, 3, 30, tzinfo=BERLIN) + timedelta(hours=hours)
        await factories.server(db, master.account_id, hostname=f"{hours + 1}.example.com", registered_at=registered)
    config = await make_due(db, master)
    assert await mailed(app, db, MONDAY - timedelta(seconds=1)) == []
    before = utc()
    (mail,) = await mailed(app, db)
    assert (mail.to, mail.template) == ("reports@example.com", "report")
    assert mail.subject == "Servers, 23 March 2026 to 29 March 2026 (account A-1)"
    assert [row[0] for row in table_of(mail)[1:]] == ["0.example.com"]
    assert "The attached file has the only row." in mail.text
    config = await row_of(db, config)
    assert config.next_send_at == MONDAY + timedelta(days=7)
    assert config.last_sent_at is not None
    assert before <= config.last_sent_at <= utc()
    (sending,) = await sendings(db)
    assert (sending["period_from"], sending["period_to"]) == (date(2026, 3, 23), date(2026, 3, 29))
    assert sending["sent_at"] == config.last_sent_at
    assert await mailed(app, db) == []


async def test_what_was_missed_is_sent_late_each_period_once(
    app: Starlette, client: Any, db: Database, master: Person
) -> None:
    await make_due(db, master, frequency=ReportFrequency.DAILY)
    assert len(await mailed(app, db, MONDAY + timedelta(days=2))) == 3
    assert [row["period_from"].day for row in await sendings(db)] == [29, 30, 31]


async def test_a_change_of_the_time_zone_sends_no_period_twice(
    app: Starlette, client: Any, db: Database, master: Person
) -> None:
    config = await make_due(db, master)
    assert len(await mailed(app, db)) == 1
    async with db.write() as session:
        (await session.get_one(Account, master.account_id)).time_zone = "America/Los_Angeles"
    assert await mailed(app, db, MONDAY + timedelta(days=7)) == []
    again = datetime(2026, 4, 6, 6, tzinfo=ZoneInfo("America/Los_Angeles"))
    assert (await row_of(db, config)).next_send_at == again
    assert len(await mailed(app, db, again)) == 1
    assert [row["period_from"].day for row in await sendings(db)] == [23, 30]


async def test_any_number_of_workers_make_one_sending_of_each(
    app: Starlette, client: Any, db: Database, master: Person
) -> None:
    for number in range(30):
        await make_due(db, master, email=f"{number}@example.com")
    found = await asyncio.gather(*(schedule_reports(db, MONDAY) for _ in range(5)))
    assert sum(found) == 30
    portal, box = portal_of(app), Mailbox()
    works = Works(portal.db, portal.authority, box, portal.settings.site)
    await asyncio.gather(*(Worker(portal.settings.dsn, works).drain() for _ in range(3)))
    assert sorted(mail.to for mail in box.mails) == sorted(f"{number}@example.com" for number in range(30))


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


class Failing(Mailbox):
    """A mailer that fails once."""

    failed = False

    async def send(self, mail: Mail) -> None:
        """Take every letter but the first."""
        if not self.failed:
            self.failed = True
            raise ConnectionError
        await super().send(mail)


async def sending_of(db: Database, master: Person) -> UUID:
    """A sending whose job is gone, to be done by hand."""
    await make_due(db, master)
    await schedule_reports(db, MONDAY)
    async with db.read() as reader:
        await reader.fetch("DELETE FROM jobs.pgqueuer")
    found: UUID = (await sendings(db))[0]["id"]
    return found


async def test_a_try_that_failed_is_tried_again_at_once_and_what_is_sent_never(db: Database, master: Person) -> None:
    sending_id, box = await sending_of(db, master), Failing()
    with pytest.raises(ConnectionError):
        await send_report(db, box, "report-1", sending_id)
    assert (await sendings(db))[0]["claimed_until"] is None
    for _ in range(2):
        await send_report(db, box, "report-1", sending_id)
    assert len(box.mails) == 1


async def test_a_sending_has_one_sender_at_a_time_until_that_one_must_be_dead(db: Database, master: Person) -> None:
    sending_id, box, now = await sending_of(db, master), Mailbox(), utc()
    tries = await asyncio.gather(*(claim_report(db, sending_id, now) for _ in range(4)), return_exceptions=True)
    assert [type(one) for one in tries].count(SentElsewhere) == 3
    with pytest.raises(SentElsewhere):
        await send_report(db, box, "report-1", sending_id)
    late = await claim_report(db, sending_id, now + CLAIMED_FOR)
    assert late is not None
    assert late.claimed_until == now + 2 * CLAIMED_FOR
    assert box.mails == []


async def test_the_letter_says_where_its_file_ends(
    app: Starlette, client: Any, db: Database, master: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = MONDAY - timedelta(days=100)
    for number in range(5):
        await factories.server(db, master.account_id, hostname=f"{number}.example.com", registered_at=long_ago)
    await make_due(db, master)
    monkeypatch.setattr(gathering, "MOST_SHOWN", 2)
    monkeypatch.setattr(gathering, "MOST_ATTACHED", 3)
    (mail,) = await mailed(app, db)
    assert [row[0] for row in table_of(mail)[1:]] == ["0.example.com", "1.example.com", "2.example.com"]
    assert mail.html.count("<tr>") == 3
    assert "Shown are the first 2 rows. The attached file has the first 3 of 5 rows;" in mail.html


async def test_a_mail_server_gets_it_with_its_picture_and_nothing_that_runs(
    app: Starlette, client: Any, db: Database, master: Person
) -> None:
    own, long_ago = master.account_id, MONDAY - timedelta(days=100)
    for name in ("=1+1", "<b>&"):
        await factories.server(db, own, await factories.group(db, own, name), registered_at=long_ago)
    await make_due(db, master)
    await make_due(db, master, kind=ReportKind.LICENSES)
    office, portal = PostOffice(), portal_of(app)
    with open_office(office) as port:
        mailer = SmtpMailer.at(SecretStr(f"smtp+plain://127.0.0.1:{port}"), "portal@example.com")
        works = Works(portal.db, portal.authority, mailer, portal.settings.site)
        await schedule_reports(db, MONDAY)
        await Worker(portal.settings.dsn, works).drain()
    servers, licenses = sorted(office.arrived, key=lambda message: str(message["Subject"]), reverse=True)
    html = body(servers, "html")
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html
    (file,) = servers.iter_attachments()
    assert file.get_filename() == "servers-A-1-20260323-20260329.csv"
    assert b"'=1+1" in file.get_payload(decode=True)
    (shown,) = [part for part in servers.walk() if part["Content-ID"]]
    assert f"cid:{str(shown['Content-ID']).strip('<>')}" in html
    assert "There is nothing in this report." in body(licenses, "plain")
    assert len({message["Message-ID"] for message in office.arrived}) == 2


def body(message: EmailMessage, kind: str) -> str:
    """A letter's text or HTML."""
    part = message.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text


async def test_it_is_looked_for_again_and_again(app: Starlette, client: Any, db: Database, master: Person) -> None:
    await make_due(db, master)
    portal = portal_of(app)
    await mail_reports(Works(portal.db, portal.authority, Mailbox(), portal.settings.site))
    late = await sendings(db)
    assert late[0]["period_from"] == date(2026, 3, 23)
    async with db.read() as reader:
        assert len(await listed(reader, failed=False)) == len(late)


async def test_a_picture_that_cannot_be_made_is_a_fault_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "TEMPLATE", pictures.TEMPLATE.with_name("none.typ"))
    with pytest.raises(pictures.PictureFailed):
        pictures.picture("Servers", [gathering.Bar("Active", 1, 1, "1")])


def test_a_bar_of_anything_is_seen_and_none_is_longer_than_the_longest() -> None:
    bars = [
        gathering.Bar("many", 10**9, 10**9 // 2, ""),
        gathering.Bar("one", 1, 0, ""),
        gathering.Bar("none", 0, 0, ""),
    ]
    assert [(bar["length"], bar["filled"]) for bar in pictures.shares(bars)] == [(1000, 500), (4, 0), (0, 0)]


@pytest.mark.long
async def test_a_worker_killed_while_it_sends_leaves_one_letter_in_the_end(
    dsn: str, db: Database, master: Person, tmp_path: Path
) -> None:
    """Two workers are at it, and the one that sends dies before the mail server has answered."""
    await make_due(db, master, next_send_at=utc())
    office = Stuck()
    workers: list[WorkerProcess] = []
    with open_office(office) as port:
        settings = {
            "DATABASE_URL": dsn,
            "SECRET_KEY": SECRET,
            "SMTP_URL": f"smtp+plain://127.0.0.1:{port}",
            "MAIL_FROM": "portal@example.com",
            "JOB_TAKEOVER_SECONDS": "1",
        }
        try:
            assert sorted(await asyncio.gather(*(schedule_reports(db, utc()) for _ in range(2)))) == [0, 1]
            workers.append(WorkerProcess(tmp_path, "first", **settings))
            assert await asyncio.to_thread(office.reached.wait, 30), workers[0].output
            workers.append(WorkerProcess(tmp_path, "second", **settings))
            workers[0].end(signal.SIGKILL)
            office.may_answer.set()

            async def passed_by() -> bool:
                async with db.read() as reader:
                    return any(job.attempts for job in await listed(reader, failed=False))

            await until(passed_by, "the second worker's look at what is claimed")
            assert office.arrived == []
            async with db.read() as reader:
                await reader.fetch("UPDATE report_sendings SET claimed_until = now()")
            await until(lambda: len(office.arrived) == 1, "the letter")

            async def noted() -> bool:
                return (await sendings(db))[0]["sent_at"] is not None

            await until(noted, "the note")
            assert workers[1].end(signal.SIGTERM) == 0
        finally:
            office.may_answer.set()
            for worker in workers:
                worker.clear()
    assert [str(message["To"]) for message in office.arrived] == ["reports@example.com"]
