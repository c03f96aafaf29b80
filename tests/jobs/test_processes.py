"""Workers as processes: killed in the middle of a letter, stopped by a signal, and inside the gateway."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from typer.testing import Result

from auth.authority import Authority
from auth.credentials import Lifetimes
from gateway.postgres.cluster import lock_holder, occupants
from gateway.secret import embedded_secret
from models.db import Database
from models.jobs import listed
from resolvers.mails import MailTemplate, queue_mail
from tests.databases import execute, run
from tests.jobs.post_office import PostOffice, open_office
from tests.outside.processes import BARE, START_PATIENCE, GatewayProcess, command, wait_until

SECRET = "a secret of the tests, and of nothing else"
TOKEN = "a-token-that-opens-an-account"


async def write(dsn: str, secret: bytes, to: str) -> None:
    """Queue a letter as a resolver does."""
    authority = Authority(secret, Lifetimes(timedelta(hours=1), timedelta(hours=1)))
    db = await Database.connect(dsn)
    async with db.write() as session:
        await queue_mail(session, authority, MailTemplate.WELCOME, to, {"token": TOKEN, "hours": "24"})
    await db.close()
    authority.close()


async def left(dsn: str) -> int:
    """How many jobs are not done."""
    db = await Database.connect(dsn)
    async with db.read() as reader:
        found = len(await listed(reader, failed=False))
    await db.close()
    return found


class Stuck(PostOffice):
    """A post office that answers its first letter only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.may_answer = Event(), Event()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the sender waiting."""
        if not self.reached.is_set():
            self.reached.set()
            await asyncio.get_running_loop().run_in_executor(None, self.may_answer.wait)
            return "451 come again"
        return await super().handle_DATA(server, session, envelope)


def posting(dsn: str, port: int) -> dict[str, str]:
    """The settings of a worker that posts to a mail server on a port and takes over from a dead one soon."""
    return {
        "DATABASE_URL": dsn,
        "SECRET_KEY": SECRET,
        "SMTP_URL": f"smtp+plain://127.0.0.1:{port}",
        "MAIL_FROM": "portal@example.com",
        "JOB_TAKEOVER_SECONDS": "1",
    }


class WorkerProcess:
    """One `gateway worker`, with everything it prints."""

    def __init__(self, folder: Path, name: str, **settings: str) -> None:
        self._output = folder / f"{name}.txt"
        environment = BARE | {"DATA_DIR": str(folder), "LOG_FORMAT": "json"} | settings
        with self._output.open("wb") as output:
            command = [sys.executable, "-u", "-m", "gateway", "worker"]
            self.process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)

    @property
    def output(self) -> str:
        """Everything it has printed."""
        return self._output.read_text()

    def end(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def clear(self) -> None:
        """Leave nothing running."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def test_a_letter_survives_the_kill_of_its_worker(dsn: str, tmp_path: Path) -> None:
    office = Stuck()
    workers: list[WorkerProcess] = []
    run(write(dsn, SECRET.encode(), "first@example.com"))
    with open_office(office) as port:
        settings = posting(dsn, port)
        try:
            workers.append(WorkerProcess(tmp_path, "first", **settings))
            assert office.reached.wait(30), workers[0].output
            assert workers[0].end(signal.SIGKILL) == -signal.SIGKILL
            office.may_answer.set()
            assert (office.arrived, run(left(dsn))) == ([], 1)
            workers.append(WorkerProcess(tmp_path, "second", **settings))
            wait_until(lambda: len(office.arrived) == 1, "the letter")
            wait_until(lambda: run(left(dsn)) == 0, "nothing left")
            assert workers[1].end(signal.SIGTERM) == 0
            assert "Stopped." in workers[1].output
        finally:
            office.may_answer.set()
            for worker in workers:
                worker.clear()
    assert [str(message["To"]) for message in office.arrived] == ["first@example.com"]


def test_a_worker_ends_with_the_database_that_it_has_started(tmp_path: Path) -> None:
    worker = WorkerProcess(tmp_path, "alone")
    try:
        wait_until(lambda: "Working." in worker.output or worker.process.poll() is not None, "a start", START_PATIENCE)
        postgres = lock_holder(tmp_path / "postgres")
        assert postgres is not None
        os.kill(postgres, signal.SIGINT)
        assert worker.process.wait(30) == 1
        assert "PostgreSQL has ended, and so do we." in worker.output
        assert "Traceback" not in worker.output
        assert occupants(tmp_path / "postgres") == []
    finally:
        worker.clear()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewayProcess]:
    """A gateway with a database of its own."""
    process = GatewayProcess(tmp_path, PUBLIC_URL="https://portal.example.com")
    yield process
    process.clear()


def test_a_gateway_without_a_mail_server_writes_letters_and_logs_where(gateway: GatewayProcess) -> None:
    gateway.start()
    secret = embedded_secret(gateway.data_dir).get_secret_value().encode()
    run(write(gateway.dsn, secret, "first@example.com"))
    folder = gateway.data_dir / "mail"
    wait_until(lambda: folder.exists() and list(folder.glob("*.eml")) != [], "the letter")
    (path,) = folder.glob("*.eml")
    assert f"https://portal.example.com/set-password#token={TOKEN}" in path.read_text().splitlines()
    wait_until(lambda: str(path) in gateway.output, "the path in the log")
    assert gateway.end(gateway.process.pid, number=signal.SIGTERM) == 0
    assert TOKEN not in gateway.output
    assert "first@example.com" not in gateway.output


async def test_the_commands_show_what_failed_and_try_it_again(dsn: str) -> None:
    async def jobs(*arguments: str) -> Result:
        return await command("jobs", *arguments, DATABASE_URL=dsn, SECRET_KEY=SECRET)

    assert "There are no such jobs." in (await jobs()).stdout
    await write(dsn, SECRET.encode(), "first@example.com")
    assert re.search(r"1\s+mail\s+queued\s+0", (await jobs()).stdout)
    assert "There are no such jobs." in (await jobs("--failed")).stdout
    refused = await jobs("--retry", "1")
    assert (refused.exit_code, refused.stderr.strip()) == (1, "There is no failed job 1.")
    await execute(dsn, "UPDATE jobs.pgqueuer SET status = 'failed'")
    shown = (await jobs("--failed")).stdout
    assert re.search(r"1\s+mail\s+failed", shown)
    assert "first@example.com" not in shown
    assert "Job 1 will be tried again." in (await jobs("--retry", "1")).stdout
    assert re.search(r"1\s+mail\s+queued", (await jobs()).stdout)
