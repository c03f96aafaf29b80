"""Reports by mail: what they are about, and how a letter shows it."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from gateway.jobs.handlers import Works
from gateway.mail.smtp import SmtpMailer
from gateway.portal import portal_of
from gateway.reports import gathering
from gateway.reports import picture as pictures
from gateway.worker import Worker
from models.db import Database
from models.enums import ReportKind
from resolvers.mailing_reports import schedule_reports
from resolvers.ports import Mail
from tests import factories
from tests.access.people import Person, utc
from tests.jobs.post_office import PostOffice, open_office
from tests.jobs.reports import BERLIN, MONDAY, mailed, make_due, row_of, sendings


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
