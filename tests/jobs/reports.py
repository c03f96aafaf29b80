"""Reports by mail in tests: configurations that are due, and what is sent of them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.applications import Starlette

from models.db import Database
from models.enums import ReportFrequency, ReportKind
from models.tables import ReportConfig
from resolvers.mailing_reports import schedule_reports
from resolvers.ports import Mail
from tests import factories
from tests.access.people import Person
from tests.mailbox import deliver

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 30, 6, tzinfo=BERLIN)
"""The first after summer time has begun there."""


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
