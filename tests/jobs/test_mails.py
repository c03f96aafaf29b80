"""Letters as jobs: what the table shows of them, and what opens them."""

import json
from datetime import timedelta

import pytest

from auth.authority import Authority
from auth.credentials import Lifetimes
from auth.vault import VaultError
from models.db import Database
from resolvers.mails import VALUES, Letter, MailTemplate, opened, queue_mail, sealed

TOKEN = "a-token-that-opens-an-account"
VALUES_OF_RESET = {"token": TOKEN, "hours": "2"}


@pytest.fixture
def authority() -> Authority:
    """What seals the tests' letters."""
    return Authority(b"k" * 32, Lifetimes(timedelta(hours=1), timedelta(hours=1)))


async def test_the_table_shows_no_usable_link(db: Database, authority: Authority) -> None:
    async with db.write() as session:
        await queue_mail(session, authority, MailTemplate.PASSWORD_RESET, "first@example.com", VALUES_OF_RESET)
    async with db.read() as reader:
        (job,) = await reader.fetch("SELECT entrypoint, payload, to_jsonb(j)::text AS whole FROM jobs.pgqueuer j")
    payload = json.loads(job["payload"])
    assert (job["entrypoint"], payload["template"], payload["to"]) == ("mail", "password_reset", "first@example.com")
    assert TOKEN.encode() not in job["payload"]
    assert TOKEN.encode().hex() not in job["whole"]
    assert opened(authority.vault, payload) == Letter(MailTemplate.PASSWORD_RESET, "first@example.com", VALUES_OF_RESET)


@pytest.mark.parametrize("change", [{"to": "eve@example.com"}, {"template": "welcome"}])
def test_a_changed_letter_stays_shut(authority: Authority, change: dict[str, str]) -> None:
    payload = sealed(authority.vault, Letter(MailTemplate.PASSWORD_RESET, "first@example.com", VALUES_OF_RESET))
    with pytest.raises(VaultError):
        opened(authority.vault, payload | change)


@pytest.mark.parametrize("values", [{}, {"token": TOKEN}, VALUES_OF_RESET | {"name": "First"}])
async def test_a_letter_without_its_values_is_refused_where_it_is_written(
    db: Database, authority: Authority, values: dict[str, str]
) -> None:
    async with db.write() as session:
        with pytest.raises(ValueError, match=r"password_reset takes the values \['hours', 'token'\]"):
            await queue_mail(session, authority, MailTemplate.PASSWORD_RESET, "first@example.com", values)
    async with db.read() as reader:
        assert await reader.fetch("SELECT FROM jobs.pgqueuer") == []


def test_every_letter_says_what_it_takes() -> None:
    assert VALUES.keys() == set(MailTemplate)
