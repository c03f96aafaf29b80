"""The operator's table of tax rates, from the command line."""

import pytest

from models.db import Database
from tests.conftest import SECRET
from tests.fleet.tenants import rows
from tests.outside.processes import command, words_of

RATES = "SELECT country, rate::text, reverse_charge FROM tax_rates ORDER BY country"


async def run(dsn: str, *arguments: str, status: int = 0) -> str:
    """What the command says, on either stream; it must end with this status."""
    ended = await command("tax", *arguments, DATABASE_URL=dsn, SECRET_KEY=SECRET)
    assert ended.exit_code == status, ended.output
    return words_of(ended.output).strip()


async def test_rates_are_shown_set_and_dropped(dsn: str, db: Database) -> None:
    before = await rows(db, RATES)
    assert len(before) == 27, "the European Union"
    assert "FI 25.5 % FR 20 %" in await run(dsn)
    assert await run(dsn, "de", "16.25", "--no-reverse-charge") == "DE 16.25 %, with a VAT number too"
    assert await run(dsn, "GB", "20") == "GB 20 %"
    assert await run(dsn, "FR", "--none") == "Customers in FR are charged no tax from now on."
    changed = [tuple(row) for row in await rows(db, RATES) if row not in before]
    assert changed == [("DE", "0.1625", False), ("GB", "0.2000", True)]
    assert "FR" not in [row["country"] for row in await rows(db, RATES)]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("XX", "19"), 1, "This is not a country's two-letter code of ISO 3166-1, such as DE."),
        (("DE", "nineteen"), 1, "nineteen is no number."),
        *(
            (("DE", percent), 1, "A rate is more than 0 and less than 100 percent, with two decimal places at most.")
            for percent in ("0", "100", "19.005")
        ),
        (("DE", "NaN"), 1, "NaN is no number."),
        (("US", "--none"), 1, "Customers in US are charged no tax."),
        (("DE",), 2, "say the rate in percent, or --none"),
    ],
)
async def test_what_is_no_rate_changes_nothing(
    dsn: str, db: Database, arguments: tuple[str, ...], status: int, said: str
) -> None:
    before = await rows(db, RATES)
    assert said in await run(dsn, *arguments, status=status)
    assert await rows(db, RATES) == before
