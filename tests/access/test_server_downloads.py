"""Downloads and their readers: who goes or stops takes the statement along, and only so many run at once."""

import asyncio

import pytest
from sqlalchemy import text as sql_text
from starlette.types import Message

from gateway.exports import downloads
from gateway.exports.downloads import Download
from models.db import Database
from models.statements import Statement
from models.streams import MOST_STREAMS

OPEN = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%generate_series%'"


class Reader:
    """The other end of a connection: takes so many pieces, then stops or goes."""

    def __init__(self, pieces: int, *, goes: bool = False) -> None:
        self.pieces, self.goes = pieces, goes
        self.messages: list[Message] = []
        self.full = asyncio.Event()

    async def send(self, message: Message) -> None:
        """Take a piece; past the last that is wanted, take for ever."""
        if len(self.messages) == self.pieces:
            self.full.set()
            await asyncio.Event().wait()
        self.messages.append(message)
        if len(self.messages) == self.pieces:
            await self.last_taken()

    async def last_taken(self) -> None:
        """What else happens while the last piece that is wanted is taken."""

    async def receive(self) -> Message:
        """Say that the reader has gone, once it has had enough."""
        await self.full.wait()
        if not self.goes:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}


def endless(db: Database) -> Download:
    """A download of more rows than anybody takes."""
    query = Statement(sql_text("SELECT generate_series(1, 50000000) AS n, repeat('x', 100) AS x"))
    return Download(db.streams.rows(query, {}), lambda rows: b"x" * len(rows), b"", {})


async def open_streams(db: Database) -> int:
    """How many connections read a download."""
    async with db.read() as reader:
        return len(await reader.fetch(f"{OPEN} AND pid <> pg_backend_pid()"))


async def until_closed(db: Database) -> None:
    """Wait until PostgreSQL has let go of the statements."""
    async with asyncio.timeout(10):
        for _ in range(1000):
            if not await open_streams(db):
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("goes", [True, False])
async def test_a_reader_who_goes_or_stops_takes_the_statement_along(
    db: Database, monkeypatch: pytest.MonkeyPatch, goes: bool
) -> None:
    class Watched(Reader):
        async def last_taken(self) -> None:
            """See that the statement runs, before the patience for the next piece begins."""
            assert await open_streams(db) == 1
            if not goes:
                monkeypatch.setattr(downloads, "PATIENCE", 0.3)

    reader = Watched(5, goes=goes)
    await endless(db)({"type": "http"}, reader.receive, reader.send)
    assert reader.full.is_set()
    await until_closed(db)
    assert [message["type"] for message in reader.messages][:2] == ["http.response.start", "http.response.body"]
    assert all(message.get("more_body", True) for message in reader.messages), "an unfinished answer is not ended"


async def test_a_download_has_an_end(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "LONGEST", 0.3)
    reader = Reader(10**9)
    await endless(db)({"type": "http"}, reader.receive, reader.send)
    await until_closed(db)
    assert all(message.get("more_body", True) for message in reader.messages)


async def test_only_so_many_downloads_run_at_once(db: Database) -> None:
    readers = [Reader(3) for _ in range(MOST_STREAMS)]
    running = [asyncio.ensure_future(endless(db)({"type": "http"}, one.receive, one.send)) for one in readers]
    await asyncio.gather(*(one.full.wait() for one in readers))
    late = Reader(10)
    await endless(db)({"type": "http", "method": "GET"}, late.receive, late.send)
    start = late.messages[0]
    assert start["status"] == 503
    assert dict(start["headers"])[b"retry-after"] == b"60"
    for one in running:
        one.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await until_closed(db)
    again = Reader(3, goes=True)
    await endless(db)({"type": "http"}, again.receive, again.send)
    assert again.messages[0]["status"] == 200
