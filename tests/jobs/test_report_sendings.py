"""Reports by mail come when they are due, each period's once, whichever workers are at it and whichever die."""

import asyncio
import signal
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from starlette.applications import Starlette

from gateway.jobs.handlers import Works
from gateway.jobs.periodic import mail_reports
from gateway.portal import portal_of
from gateway.reports.sending import send_report
from gateway.worker import Worker
from models.db import Database
from models.enums import ReportFrequency
from models.jobs import listed
from models.tables import Account
from resolvers.mailing_reports import CLAIMED_FOR, SentElsewhere, claim_report, schedule_reports
from resolvers.ports import Mail
from tests.access.people import Person, utc
from tests.jobs.post_office import open_office
from tests.jobs.reports import MONDAY, mailed, make_due, row_of, sendings
from tests.jobs.test_processes import Stuck, WorkerProcess, posting
from tests.jobs.waiting import until
from tests.mailbox import Mailbox


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


async def test_it_is_looked_for_again_and_again(app: Starlette, client: Any, db: Database, master: Person) -> None:
    await make_due(db, master)
    portal = portal_of(app)
    await mail_reports(Works(portal.db, portal.authority, Mailbox(), portal.settings.site))
    late = await sendings(db)
    assert late[0]["period_from"] == date(2026, 3, 23)
    async with db.read() as reader:
        assert len(await listed(reader, failed=False)) == len(late)


@pytest.mark.long
async def test_a_worker_killed_while_it_sends_leaves_one_letter_in_the_end(
    dsn: str, db: Database, master: Person, tmp_path: Path
) -> None:
    """Two workers are at it, and the one that sends dies before the mail server has answered."""
    await make_due(db, master, next_send_at=utc())
    office = Stuck()
    workers: list[WorkerProcess] = []
    with open_office(office) as port:
        settings = posting(dsn, port)
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
