"""Sending a download as it is read: nobody holds all of it, and a reader who stops reading is let go of."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from gateway.exports.tables import Write
from models.streams import Batches, StreamsTaken

logger: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

PATIENCE = 30.0
"""For so many seconds a reader may take nothing."""
LONGEST = 900.0
"""So many seconds a download may last."""
RETRY_AFTER = 60


class Download:
    """An answer of rows. It ends with its reader: neither the statement nor its connection outlasts either."""

    def __init__(
        self, rows: AbstractAsyncContextManager[Batches], write: Write, heading: bytes, headers: Mapping[str, str]
    ) -> None:
        self._rows = rows
        self._write = write
        self._heading = heading
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all rows, unless the reader goes away or stalls; then the answer stays unfinished."""
        sending, watching = asyncio.ensure_future(self._sent(send)), asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, watching}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        except StreamsTaken as taken:
            refusal = PlainTextResponse(taken.message, 503, {"Retry-After": str(RETRY_AFTER)})
            await refusal(scope, receive, send)
        except TimeoutError:
            logger.warning("download given up", reason="its reader took too long")
        finally:
            sending.cancel()
            watching.cancel()
            await asyncio.gather(sending, watching, return_exceptions=True)

    async def _sent(self, send: Send) -> None:
        async with asyncio.timeout(LONGEST), self._rows as batches:
            await send({"type": "http.response.start", "status": 200, "headers": self._headers})
            await _chunk(send, self._heading)
            async for batch in batches:
                await _chunk(send, self._write(batch))
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _chunk(send: Send, body: bytes) -> None:
    async with asyncio.timeout(PATIENCE):
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Receive) -> None:
    """Return once nobody reads any more."""
    while (await receive())["type"] != "http.disconnect":
        pass
