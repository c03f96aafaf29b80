"""The worker loses nothing: not when mail cannot be sent, nor when it is stopped, cut off or one of several."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.core.applications import PgQueuer
from pgqueuer.domain.models import Job
from pydantic import SecretStr

from auth.authority import Authority
from auth.credentials import Lifetimes
from auth.vault import Vault
from gateway import worker as worker_module
from gateway.jobs.attempts import Patience
from gateway.jobs.handlers import HANDLERS, Works
from gateway.mail.smtp import SmtpMailer
from gateway.worker import Worker, working
from models.db import Database
from models.jobs import JobKind, JobRow, listed, retry
from resolvers.mails import MailTemplate, queue_mail
from resolvers.ports import Mail, Mailer, MailRefused
from tests.jobs.post_office import PostOffice, open_office
from tests.jobs.waiting import until
from tests.mailbox import Mailbox
from tests.outside.processes import free_port

HASTY = Patience(first=timedelta(milliseconds=20), longest=timedelta(milliseconds=100), attempts=100)
FIRST = "first@example.com"


@dataclass
class Bench:
    """A database with letters to send, and workers for them."""

    dsn: str
    db: Database
    authority: Authority

    async def write(self, *recipients: str) -> None:
        """Queue a letter to each."""
        async with self.db.write() as session:
            for to in recipients:
                await queue_mail(session, self.authority, MailTemplate.PASSWORD_CHANGED, to)

    def worker(self, mailer: Mailer, patience: Patience = HASTY, takeover: float = 30) -> "Watched":
        """A worker that sends by this mailer."""
        works = Works(self.db, self.authority, mailer, "https://portal.example.com")
        return Watched(self.dsn, works, takeover_seconds=takeover, patience=patience)

    async def left(self) -> list[JobRow]:
        """The jobs that are not done."""
        async with self.db.read() as reader:
            return list(await listed(reader, failed=False))


class Watched(Worker):
    """A worker that tells when it has taken its last job."""

    def _queue(self, pool: Any) -> PgQueuer:
        """The queue, whose looks for jobs are watched."""
        queue = super()._queue(pool)
        look = queue.qm.queries.dequeue
        self.looking, self.told = 0, queue.shutdown

        async def watched(*args: Any, **kwargs: Any) -> list[Job]:
            self.looking += 1
            try:
                return await look(*args, **kwargs)
            finally:
                self.looking -= 1

        queue.qm.queries.dequeue = watched  # type: ignore[method-assign]
        return queue

    def takes_no_more(self) -> bool:
        """Whether the queue knows of the stop, and no look for jobs that began before it is under way."""
        return self.told.is_set() and self.looking == 0


@pytest.fixture
def bench(dsn: str, db: Database) -> Iterator[Bench]:
    """Over a database without rows."""
    authority = Authority(b"k" * 32, Lifetimes(timedelta(hours=9), timedelta(hours=1)))
    yield Bench(dsn, db, authority)
    authority.close()


@dataclass
class Slow(Mailbox):
    """A mailer that tells when it has begun, and waits."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, mail: Mail) -> None:
        """Keep the letter once it may."""
        self.begun.set()
        await self.may_end.wait()
        await super().send(mail)


@dataclass
class Failing(Mailbox):
    """A mailer that fails in one way."""

    error: Exception = field(default_factory=lambda: RuntimeError(f"the letter to {FIRST} was lost"))
    tries: int = 0

    async def send(self, mail: Mail) -> None:
        """Take nothing, from anybody."""
        assert mail.to
        self.tries += 1
        raise self.error


async def test_letters_wait_for_a_mail_server_that_is_down(bench: Bench) -> None:
    office, port = PostOffice(), free_port()
    await bench.write(FIRST, "second@example.com")
    async with working(bench.worker(SmtpMailer.at(SecretStr(f"smtp+plain://127.0.0.1:{port}"), "us@example.com"))):

        async def tried() -> bool:
            return all(job.attempts >= 2 for job in await bench.left())

        await until(tried, "two tries of each")
        assert len(await bench.left()) == 2
        with open_office(office, port):
            await until(lambda: len(office.arrived) == 2, "both arrived")
    assert {str(message["To"]) for message in office.arrived} == {FIRST, "second@example.com"}
    assert await bench.left() == []


@pytest.mark.parametrize(
    ("error", "attempts", "tries", "said"),
    [
        (
            MailRefused("the server refused the recipient: 550"),
            9,
            1,
            "MailRefused: the server refused the recipient: 550",
        ),
        (RuntimeError(f"the letter to {FIRST} was lost"), 3, 3, "RuntimeError"),
    ],
)
async def test_what_fails_for_good_is_kept_and_can_be_tried_again(
    bench: Bench, error: Exception, attempts: int, tries: int, said: str
) -> None:
    mailer, box = Failing(error=error), Mailbox()
    await bench.write(FIRST)
    patience = Patience(HASTY.first, HASTY.longest, attempts)
    await bench.worker(mailer, patience).drain()
    (failed,) = await bench.left()
    assert (failed.kind, failed.state, failed.error, mailer.tries) == ("mail", "failed", said, tries)
    await bench.worker(box, patience).drain()
    assert box.mails == []
    async with bench.db.write() as session:
        assert await retry(session, failed.id)
    await bench.worker(box, patience).drain()
    assert [mail.to for mail in box.mails] == [FIRST]
    assert await bench.left() == []


async def test_nothing_of_a_letter_is_in_the_queues_log(bench: Bench) -> None:
    await bench.write(FIRST)
    await bench.worker(Failing(), Patience(HASTY.first, HASTY.longest, 2)).drain()
    async with bench.db.read() as reader:
        lines = await reader.fetch("SELECT to_jsonb(l)::text AS line FROM jobs.pgqueuer_log l")
    assert sum("RuntimeError" in row["line"] for row in lines) == 2
    assert not any(FIRST in row["line"] for row in lines)


async def test_a_letter_that_opens_under_no_key_is_put_aside_at_once(bench: Bench) -> None:
    await bench.write(FIRST)
    bench.authority.vault = Vault(b"another key")
    box = Mailbox()
    await bench.worker(box).drain()
    (failed,) = await bench.left()
    assert (failed.state, box.mails) == ("failed", [])
    assert failed.error is not None
    assert failed.error.startswith("VaultError")


async def test_several_workers_share_the_letters(bench: Bench) -> None:
    boxes = [Mailbox(), Mailbox(), Mailbox()]
    recipients = [f"first{number}@example.com" for number in range(60)]

    async def all_done() -> bool:
        return await bench.left() == []

    async with working(bench.worker(boxes[0])), working(bench.worker(boxes[1])), working(bench.worker(boxes[2])):
        for start in range(0, 60, 10):
            await bench.write(*recipients[start : start + 10])
        await until(all_done, "all sent")
    assert Counter(mail.to for box in boxes for mail in box.mails) == Counter(recipients)


async def test_a_stop_lets_a_running_job_finish(bench: Bench) -> None:
    mailer = Slow()
    await bench.write(FIRST)
    worker = bench.worker(mailer)
    task = asyncio.create_task(worker.run())
    await mailer.begun.wait()
    worker.stop()
    await until(worker.takes_no_more, "the look for more jobs that was under way has ended")
    await bench.write("later@example.com")
    mailer.may_end.set()
    await task
    assert [mail.to for mail in mailer.mails] == [FIRST]
    assert [(job.state, job.attempts) for job in await bench.left()] == [("queued", 0)]


async def test_a_job_that_does_not_end_goes_back_to_the_queue(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "GRACE_SECONDS", 0.1)
    mailer, box = Slow(), Mailbox()
    await bench.write(FIRST)
    worker = bench.worker(mailer)
    task = asyncio.create_task(worker.run())
    await mailer.begun.wait()
    worker.stop()
    await task
    assert mailer.mails == []
    assert [job.state for job in await bench.left()] == ["queued"]
    await bench.worker(box).drain()
    assert [mail.to for mail in box.mails] == [FIRST]


async def test_a_worker_whose_connections_are_cut_begins_anew(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "RECOVERY_SECONDS", 0.05)
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 0.2)
    box = Mailbox()

    async def cut_some() -> bool:
        async with bench.db.read() as reader:
            return len(await reader.fetch(cut + " AND datname = current_database()")) > 0

    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gateway worker'"
    async with working(bench.worker(box)):
        for number in range(3):
            await bench.write(f"first{number}@example.com")
            await until(lambda wanted=number + 1: len(box.mails) == wanted, f"letter {number}")
            await until(cut_some, "a connection to cut")
    assert Counter(mail.to for mail in box.mails) == Counter(f"first{number}@example.com" for number in range(3))


async def test_a_worker_that_stops_waits_for_no_connection_that_is_cut_off_then(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What listens is not given back where the server's farewell has come and the end of the connection has not."""
    leave, box = AsyncpgPoolDriver.__aexit__, Mailbox()

    async def torn(driver: AsyncpgPoolDriver, *raised: object) -> None:
        if driver._entered == 1:
            raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")
        await leave(driver, *raised)

    monkeypatch.setattr(AsyncpgPoolDriver, "__aexit__", torn)
    await bench.write(FIRST)
    async with asyncio.timeout(30), working(bench.worker(box)):
        await until(lambda: len(box.mails) == 1, "the letter")


def test_every_kind_of_job_is_done_by_somebody() -> None:
    assert HANDLERS.keys() == set(JobKind)


def test_pauses_double_up_to_the_longest_and_last_about_a_day() -> None:
    patience = Patience()
    pauses = [patience.pause(before).total_seconds() for before in range(patience.attempts - 1)]
    assert 4.5 <= pauses[0] <= 5.5
    assert all(0.9 * min(5 * 2**n, 3600) <= pause <= 1.1 * min(5 * 2**n, 3600) for n, pause in enumerate(pauses))
    assert 20 < sum(pauses) / 3600 < 26
