"""Where documents are typeset: in a few threads of their own, for a few readers at once.

Typesetting takes a processor. However many documents are asked for, other requests find the event loop free; who comes
when enough are waiting is told to come again, and one account cannot have all the places.
"""

import asyncio
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

THREADS = 2
MOST, MOST_OF_ONE = 32, 8
"""So many documents are typeset or wait for it at once, and so many of one account."""

NICENESS = 10
"""How far printing stands back behind everything else that wants a processor."""


class Busy(Exception):
    """Enough documents are waiting."""


def _yield_to_others() -> None:
    """Have this thread, and those that typst starts from it, wait while others of the machine want a processor."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class Press:
    """Threads that typeset. Close it when done."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="press", initializer=_yield_to_others)
        self._waiting: Counter[UUID] = Counter()

    @contextmanager
    def place(self, account_id: UUID) -> Iterator[None]:
        """A place among those who wait, for a reader of this account; Busy where too many do."""
        if self._waiting.total() >= MOST or self._waiting[account_id] >= MOST_OF_ONE:
            raise Busy
        self._waiting[account_id] += 1
        try:
            yield
        finally:
            self._waiting[account_id] -= 1
            if not self._waiting[account_id]:
                del self._waiting[account_id]

    async def printed(self, work: Callable[[], bytes]) -> bytes:
        """What the work comes to. Whoever calls has a place."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
