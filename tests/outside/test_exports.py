"""Exports from a gateway that serves: readers who go or stop, and two hundred thousand rows in little memory."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.demo import load
from gateway.exports.downloads import PATIENCE
from models.db import Database
from tests.client import DEMO_PASSWORD
from tests.conftest import FIGURES, SECRET
from tests.databases import execute, run
from tests.outside.processes import GatewayProcess, wait_until

SIGN_IN = """mutation { signIn(input: { email: "master@demo.example.com", password: "%s" }) { token } }"""
LINK = "query ($format: ExportFormat! = CSV) { viewer { account { serversExportUrl(format: $format) } } }"
STREAMING = """
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE '%installed.products%' AND pid <> pg_backend_pid()
"""
MOST_ABOVE_IDLE = 64 * 1024 * 1024
SERVERS = 200_000


@pytest.fixture
def gateway(demo_dsn: str, tmp_path: Path) -> Iterator[GatewayProcess]:
    """A gateway over the demo, with rows enough that no buffer between us holds them all."""
    run(execute(demo_dsn, "UPDATE server_groups SET name = name || repeat('x', 20000)"))
    yield from serving(demo_dsn, tmp_path)


@pytest.fixture
def large_gateway(dsn: str, tmp_path: Path) -> Iterator[GatewayProcess]:
    """A gateway over an account of many servers."""
    run(load(dsn, password=DEMO_PASSWORD, servers=SERVERS, demo_servers=SERVERS))
    yield from serving(dsn, tmp_path)


def serving(dsn: str, folder: Path) -> Iterator[GatewayProcess]:
    """A gateway as a process, stopped afterwards."""
    process = GatewayProcess(folder, DATABASE_URL=dsn, SECRET_KEY=SECRET, RUN_WORKER="off")
    process.start()
    yield process
    process.end(process.process.pid)


def link(gateway: GatewayProcess, format_: str = "CSV") -> str:
    """A link as its master gets it: it leads to where the gateway listens."""
    at = f"http://127.0.0.1:{gateway.port}"
    with httpx.Client(base_url=at, timeout=60) as client:
        signed_in = client.post("/graphql", json={"query": SIGN_IN % DEMO_PASSWORD}).json()
        headers = {"Authorization": f"Bearer {signed_in['data']['signIn']['token']}"}
        client.cookies.clear()
        asked = {"query": LINK, "variables": {"format": format_}}
        url: str = client.post("/graphql", json=asked, headers=headers).json()["data"]["viewer"]["account"][
            "serversExportUrl"
        ]
    assert url.startswith(f"{at}/exports/servers?token=")
    return url


def streaming(dsn: str) -> Callable[[], bool]:
    """Whether PostgreSQL still reads an export for somebody."""

    async def seen() -> bool:
        db = await Database.connect(dsn)
        async with db.read() as reader:
            found = bool(await reader.fetch(STREAMING))
        await db.close()
        return found

    return lambda: run(seen())


@contextmanager
def reader(url: str) -> Iterator[socket.socket]:
    """A connection over which the beginning of an export has come, and nothing was taken since."""
    parts = urlsplit(url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((parts.hostname, parts.port))
        connection.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        assert connection.recv(2048).startswith(b"HTTP/1.1 200")
        yield connection


def test_a_reader_who_goes_ends_the_statement(gateway: GatewayProcess, demo_dsn: str) -> None:
    busy = streaming(demo_dsn)
    with reader(link(gateway)):
        wait_until(busy, "the statement begun")
    wait_until(lambda: not busy(), "the statement ended")
    assert gateway.running


@pytest.mark.long
def test_a_reader_who_stops_reading_is_let_go_of(gateway: GatewayProcess, demo_dsn: str) -> None:
    busy = streaming(demo_dsn)
    with reader(link(gateway)):
        time.sleep(PATIENCE / 2)
        assert busy()
        wait_until(lambda: not busy(), "the statement ended", PATIENCE + 10)
    assert gateway.running


class Memory:
    """The most memory that a process has held while somebody watched."""

    def __init__(self, pid: int) -> None:
        self._statm = Path(f"/proc/{pid}/statm")
        self.idle = self.most = self.now()
        self._over = threading.Event()

    def now(self) -> int:
        """What it holds now, in bytes."""
        return int(self._statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look a hundred times a second."""

        def watch() -> None:
            while not self._over.wait(0.01):
                self.most = max(self.most, self.now())

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()


@pytest.mark.long
@pytest.mark.parametrize("format_", ["CSV", "JSONL"])
def test_two_hundred_thousand_rows_take_little_memory(
    large_gateway: GatewayProcess, format_: str, record_property: Callable[[str, object], None]
) -> None:
    url = link(large_gateway, format_)
    memory, rows, size = Memory(large_gateway.process.pid), 0, 0
    started = time.monotonic()
    with memory.watched(), httpx.stream("GET", url, timeout=120) as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_bytes():
            rows, size = rows + chunk.count(b"\n"), size + len(chunk)
    assert rows == SERVERS + (1 if format_ == "CSV" else 0)
    above = memory.most - memory.idle
    took = f"{size / 1e6:.0f} MB in {time.monotonic() - started:.1f} s"
    record_property(FIGURES, f"{took}, {above / 1e6:.1f} MB above the {memory.idle / 1e6:.0f} MB at rest")
    assert above < MOST_ABOVE_IDLE
