"""One contract for every mailer, the tests' own included; and what each way has besides."""

import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from pydantic import SecretStr

from gateway.mail import mailer_for
from gateway.mail.files import FileMailer
from gateway.mail.smtp import SmtpMailer
from gateway.settings import Settings
from resolvers.ports import Attachment, Mail, Mailer, MailRefused
from tests.jobs.post_office import PASSWORD, USER, PostOffice, certificate, demands_password, open_office
from tests.mailbox import Mailbox

SENDER = "Portal <portal@example.com>"
LONG_LINK = "https://portal.example.com/set-password#token=" + "a" * 300


def letter(to: str = "first@example.com", reference: str = "20260301-120000-7") -> Mail:
    """A letter with what encodings might spoil."""
    text = f"Grüße, “First”\n\n.\n\nSet a password:\n{LONG_LINK}\n"
    return Mail(to, "Grüße aus dem Portal", text, f"<p>Grüße</p><p>{LONG_LINK}</p>\n", "welcome", reference)


@dataclass
class Way:
    """A mailer and what has come out of it: recipient, subject, text and HTML."""

    mailer: Mailer
    arrived: Callable[[], list[tuple[str, str, str, str]]]


def read(message: EmailMessage) -> tuple[str, str, str, str]:
    """What a recipient reads."""
    bodies = [message.get_body([kind]) for kind in ("plain", "html")]
    text, html = [body.get_content().replace("\r\n", "\n") for body in bodies if body is not None]
    return str(message["To"]), str(message["Subject"]), text, html


def parsed(path: Path) -> EmailMessage:
    """A letter from its file."""
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.fixture(params=["smtp", "files", "mailbox"])
async def way(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Way]:
    """Each way that letters leave."""
    if request.param == "smtp":
        office = PostOffice()
        with open_office(office) as port:
            mailer = SmtpMailer.at(SecretStr(f"smtp+plain://127.0.0.1:{port}"), SENDER)
            yield Way(mailer, lambda: [read(message) for message in office.arrived])
    elif request.param == "files":
        folder = tmp_path / "mail"
        yield Way(FileMailer(folder, SENDER), lambda: [read(parsed(path)) for path in sorted(folder.glob("*.eml"))])
    else:
        box = Mailbox()
        yield Way(box, lambda: [(mail.to, mail.subject, mail.text, mail.html) for mail in box.mails])


async def test_a_letter_arrives_as_it_was_written(way: Way) -> None:
    first, second = letter(), letter("second@example.com", "20260301-120000-8")
    await way.mailer.send(first)
    await way.mailer.send(second)
    assert way.arrived() == [(mail.to, mail.subject, mail.text, mail.html) for mail in (first, second)]


PNG, CSV = b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a,b\r\nGrüße,1\r\n".encode() * 100


async def test_files_arrive_with_a_letter(tmp_path: Path) -> None:
    files = (
        Attachment("picture.png", "image/png", PNG, "picture"),
        Attachment("rows.csv", "text/csv", CSV),
        Attachment("more.csv", "text/csv", b"c\r\n"),
    )
    mail = replace(letter(), attachments=files)
    office = PostOffice()
    with open_office(office) as port:
        await SmtpMailer.at(SecretStr(f"smtp+plain://127.0.0.1:{port}"), SENDER).send(mail)
    await FileMailer(tmp_path, SENDER).send(mail)
    (path,) = tmp_path.iterdir()  # noqa: ASYNC240 (a test may wait)
    for message in (office.arrived[0], parsed(path)):
        assert read(message)[2:] == (mail.text, mail.html)
        attached = [(part.get_filename(), part.get_payload(decode=True)) for part in message.iter_attachments()]
        assert attached == [("rows.csv", CSV), ("more.csv", b"c\r\n")]
        (shown,) = [part for part in message.walk() if part["Content-ID"]]
        assert (shown["Content-ID"], shown.get_content_type()) == ("<picture>", "image/png")
        assert (shown.get_content_disposition(), shown.get_payload(decode=True)) == ("inline", PNG)


@pytest.mark.parametrize(
    "to", ["", "first", "first@example.com\nBcc: eve@example.com", "first@example.com, eve@example.com"]
)
async def test_a_recipient_that_is_none_is_refused_for_good(way: Way, to: str) -> None:
    with pytest.raises(MailRefused):
        await way.mailer.send(letter(to))
    assert way.arrived() == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [("550 no such box", MailRefused), ("450 busy", aiosmtplib.SMTPRecipientsRefused)],
)
async def test_what_the_server_refuses_for_good_is_told_from_what_it_puts_off(
    reply: str, error: type[Exception]
) -> None:
    office = PostOffice(refusals={"first@example.com": reply})
    with open_office(office) as port, pytest.raises(error):
        await SmtpMailer.at(SecretStr(f"smtp+plain://127.0.0.1:{port}"), SENDER).send(letter())
    assert office.arrived == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [("554 not with these words", MailRefused), ("452 no room today", aiosmtplib.SMTPDataError)],
)
async def test_a_letter_that_is_refused_after_its_recipient_was_taken(reply: str, error: type[Exception]) -> None:
    office = PostOffice(reply=reply)
    with open_office(office) as port, pytest.raises(error, match=reply[:3]):
        await SmtpMailer.at(SecretStr(f"smtp+plain://127.0.0.1:{port}"), SENDER).send(letter())
    assert (office.arrived, office.tries) == ([], 1)


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context whose certificate this process believes."""
    authority, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    return context


async def test_starttls_comes_before_the_password_and_the_letter(secure: ssl.SSLContext) -> None:
    office = PostOffice()
    options: dict[str, Any] = {"tls_context": secure, "require_starttls": True, "authenticator": demands_password}
    with open_office(office, auth_required=True, **options) as port:
        await SmtpMailer.at(SecretStr(f"smtp://{USER}:{PASSWORD}@127.0.0.1:{port}"), SENDER).send(letter())
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await SmtpMailer.at(SecretStr(f"smtp://{USER}:wrong@127.0.0.1:{port}"), SENDER).send(letter())
    assert office.encrypted == [True]


async def test_a_server_without_tls_gets_nothing(secure: ssl.SSLContext) -> None:
    office = PostOffice()
    with open_office(office) as port, pytest.raises(aiosmtplib.SMTPException):
        await SmtpMailer.at(SecretStr(f"smtp://127.0.0.1:{port}"), SENDER).send(letter())
    assert (office.arrived, office.tries) == ([], 0)


async def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    office = PostOffice()
    _, context = certificate(tmp_path)
    with open_office(office, tls_context=context) as port, pytest.raises(ssl.SSLCertVerificationError):
        await SmtpMailer.at(SecretStr(f"smtp://127.0.0.1:{port}"), SENDER).send(letter())
    assert (office.arrived, office.tries) == ([], 0)


async def test_a_file_is_readable_by_us_alone_and_holds_the_link_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mailer = FileMailer(tmp_path / "mail", SENDER)
    await mailer.send(letter())
    await mailer.send(letter())
    (path,) = (tmp_path / "mail").iterdir()
    assert path.name == "20260301-120000-7-welcome.eml"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    lines = path.read_text().splitlines()
    assert LONG_LINK in lines
    assert "Subject: Grüße aus dem Portal" in lines
    logged = capsys.readouterr().out
    assert str(path) in logged
    assert "token" not in logged
    assert "first@example.com" not in logged


async def test_what_is_sent_twice_has_the_same_id() -> None:
    office = PostOffice()
    with open_office(office) as port:
        mailer = SmtpMailer.at(SecretStr(f"smtp+plain://127.0.0.1:{port}"), SENDER)
        await mailer.send(letter())
        await mailer.send(letter())
    assert [message["Message-ID"] for message in office.arrived] == ["<20260301-120000-7.welcome@example.com>"] * 2
    assert {str(message["From"]) for message in office.arrived} == {SENDER}
    assert {message["Auto-Submitted"] for message in office.arrived} == {"auto-generated"}


def test_the_settings_choose(tmp_path: Path) -> None:
    assert mailer_for(Settings(data_dir=tmp_path)) == FileMailer(
        tmp_path / "mail", "Subscription portal <portal@localhost>"
    )
    named = Settings(smtp_url=SecretStr("smtps://us%40er:p%3Aw@mail.example.com"), mail_from=SENDER)
    expected = SmtpMailer("mail.example.com", None, "smtps", SENDER, "us@er", "p:w")
    assert mailer_for(named) == expected
    assert "p:w" not in repr(expected)
