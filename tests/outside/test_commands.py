"""Commands that are run once in a while: what they make, what they refuse, and that a refusal makes nothing."""

from pathlib import Path

import httpx
import pytest

from models.db import Database
from schema.build import build_schema
from tests.access.unchanged import everything
from tests.client import sign_in
from tests.conftest import SECRET
from tests.outside.processes import command, words_of

PERSON = {"first-name": "First", "last-name": "Last", "company": "Engines", "country": "gb"}
EMAIL, PASSWORD = "first@engines.example", "seventeen green bottles"


async def create(dsn: str, email: str = EMAIL, *more: str, typed: str = "", **changed: str) -> tuple[int, str]:
    """How `gateway create-account` ends, and what it says."""
    options = [part for name, value in (PERSON | changed).items() for part in (f"--{name}", value)]
    ended = await command("create-account", email, *options, *more, typed=typed, DATABASE_URL=dsn, SECRET_KEY=SECRET)
    return ended.exit_code, words_of(ended.output)


async def test_the_operator_may_choose_the_password(dsn: str, db: Database, client: httpx.AsyncClient) -> None:
    status, said = await create(dsn, EMAIL, "--ask-password", typed=f"{PASSWORD}\n{PASSWORD}\n", currency="eur")
    assert (status, PASSWORD in said) == (0, False)
    assert said.strip().endswith(f"is open, with the master login {EMAIL}.")
    async with db.read() as reader:
        (account,) = await reader.fetch("SELECT company_country, currency FROM accounts")
    assert (account["company_country"], account["currency"]) == ("GB", "EUR")
    assert await sign_in(client, EMAIL, PASSWORD)


@pytest.mark.parametrize(
    ("email", "changed", "typed", "told"),
    [
        ("first at engines", {}, "", "it is not an e-mail address"),
        (EMAIL, {"country": "GBR"}, "", "it is a code of two letters, like DE"),
        (EMAIL, {"currency": "$$$"}, "", "it is a code of three letters, like USD"),
        (EMAIL, {}, "engines\nengines\n", "Invalid value"),
    ],
)
async def test_an_account_that_cannot_be_is_not_opened(
    dsn: str, db: Database, email: str, changed: dict[str, str], typed: str, told: str
) -> None:
    before = await everything(db)
    status, said = await create(dsn, email, *(["--ask-password"] if typed else []), typed=typed, **changed)
    assert (status, told in said) == (2, True), said
    assert await everything(db) == before


async def test_the_schema_is_written_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "schema.graphql"
    assert (await command("schema", "--check")).exit_code == 1
    assert (await command("schema")).exit_code == 0
    assert file.read_text() == f"{build_schema().as_str()}\n"
    assert (await command("schema", "--check")).exit_code == 0
    file.write_text("type Query { nothing: Int }\n")
    stale = await command("schema", "--check")
    assert (stale.exit_code, stale.stdout) == (1, "")
    assert "is not what the code makes" in stale.stderr
