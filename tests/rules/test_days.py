"""Ranges of days are days on the account's calendar: clocks put on and back, open ends, ends the wrong way round."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from models.db import Database
from tests import factories
from tests.access.people import make_login, make_session
from tests.client import ask

ASKED = """query ($days: DateRange) { viewer { account {
  servers(filter: { registered: $days }) { nodes { hostname } totalCount }
} } }"""

MIDNIGHTS = {
    "Europe/Berlin": {
        (2026, 3, 29): "2026-03-28T23:00",
        (2026, 3, 30): "2026-03-29T22:00",
        (2026, 10, 26): "2026-10-25T23:00",
    },
    "Africa/Cairo": {
        (2026, 4, 24): "2026-04-23T22:00",
        (2026, 4, 25): "2026-04-24T21:00",
        (2026, 10, 30): "2026-10-29T22:00",
    },
    "America/Havana": {
        (2026, 3, 8): "2026-03-08T05:00",
        (2026, 11, 1): "2026-11-01T04:00",
        (2026, 11, 2): "2026-11-02T05:00",
    },
    "Asia/Kathmandu": {(2026, 1, 1): "2025-12-31T18:15"},
    "Pacific/Apia": {(2011, 12, 29): "2011-12-29T10:00", (2011, 12, 31): "2011-12-30T10:00"},
    "UTC": {(2026, 1, 1): "2026-01-01T00:00"},
}
"""When days began, in UTC: worked out by hand, from the offset in force at that midnight there."""

INSTANT = timedelta(microseconds=1)


class Calendar:
    """One account in a time zone, with a server registered at each moment around some midnights."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client, self.token = client, token

    async def on(self, first: Any = None, last: Any = None) -> set[str]:
        """The servers registered from a day to a day."""
        days = {"from": first and str(first), "to": last and str(last)}
        data = await ask(self.client, ASKED, {"days": days}, token=self.token)
        servers = data["viewer"]["account"]["servers"]
        assert servers["totalCount"] == len(servers["nodes"])
        return {row["hostname"] for row in servers["nodes"]}


async def calendar(client: httpx.AsyncClient, db: Database, zone: str, moments: dict[str, datetime]) -> Calendar:
    """Make the account and its servers."""
    account = await factories.account(db, time_zone=zone)
    for name, moment in moments.items():
        await factories.server(db, account.id, hostname=name, registered_at=moment)
    token = await make_session(db, await make_login(db, account.id))
    return Calendar(client, token.text)


@pytest.mark.parametrize("zone", MIDNIGHTS)
async def test_a_day_begins_at_its_midnight_there(client: httpx.AsyncClient, db: Database, zone: str) -> None:
    begins = {date(*day): datetime.fromisoformat(f"{at}+00:00") for day, at in MIDNIGHTS[zone].items()}
    moments = {
        f"{day}-{name}": at + shift
        for day, at in begins.items()
        for name, shift in (("at", 0 * INSTANT), ("before", -INSTANT))
    }
    account = await calendar(client, db, zone, moments)
    for day, begin in begins.items():
        later = {name for name, moment in moments.items() if moment >= begin}
        assert await account.on(first=day) == later
        assert await account.on(last=day - timedelta(days=1)) == moments.keys() - later


async def test_both_ends_are_included_and_either_may_be_open(client: httpx.AsyncClient, db: Database) -> None:
    moments = {f"day-{day}": datetime(2026, 6, day, 12, tzinfo=UTC) for day in range(1, 6)}
    account = await calendar(client, db, "UTC", moments)
    assert await account.on("2026-06-02", "2026-06-04") == {"day-2", "day-3", "day-4"}
    assert await account.on("2026-06-03", "2026-06-03") == {"day-3"}
    assert await account.on("2026-06-04") == {"day-4", "day-5"}
    assert await account.on(None, "2026-06-02") == {"day-1", "day-2"}
    assert await account.on() == moments.keys()
    assert await account.on("2026-06-04", "2026-06-02") == set()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
async def test_the_first_and_the_last_day_there_are(client: httpx.AsyncClient, db: Database, zone: str) -> None:
    account = await calendar(client, db, zone, {"now": datetime(2026, 6, 1, tzinfo=UTC)})
    assert await account.on("0001-01-01", "9999-12-31") == {"now"}
    assert await account.on("9999-12-31") == await account.on(None, "0001-01-01") == set()


async def test_a_day_that_a_zone_left_out_is_empty(client: httpx.AsyncClient, db: Database) -> None:
    jump = datetime(2011, 12, 30, 10, tzinfo=UTC)
    account = await calendar(client, db, "Pacific/Apia", {"before": jump - INSTANT, "after": jump})
    assert await account.on("2011-12-30", "2011-12-30") == set()
    assert await account.on("2011-12-29", "2011-12-29") == {"before"}
    assert await account.on("2011-12-31", "2011-12-31") == {"after"}
