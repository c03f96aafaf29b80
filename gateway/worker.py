"""The worker: takes jobs from the queue and does them, as one of several or alone, until it is told to stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from pgqueuer.core.applications import PgQueuer
from pgqueuer.domain.models import Schedule
from pgqueuer.domain.types import QueueExecutionMode

from gateway.jobs.attempts import Patience, attempt
from gateway.jobs.handlers import AT_ONCE_OF, HANDLERS, Works
from gateway.jobs.periodic import PERIODIC
from gateway.jobs.queue import queue_over
from models.jobs import worker_pool

BATCH = 5
AT_ONCE = 20
GRACE_SECONDS = 8.0
RECOVERY_SECONDS = 2.0
POLL_SECONDS = 5.0
"""New jobs are told at once; a job that is tried again, or was left by another worker, is found by looking."""

DRAIN_SECONDS = 0.05

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def working(worker: "Worker") -> AsyncIterator[None]:
    """Let a worker work beside the block; the block's end waits for its clean stop."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task


class Worker:
    """Does jobs and periodic work over connections of its own. What it cannot finish in time goes back to the queue."""

    def __init__(
        self, dsn: str, works: Works, *, takeover_seconds: float = 30, patience: Patience | None = None
    ) -> None:
        self._dsn = dsn
        self._works = works
        self._takeover = timedelta(seconds=takeover_seconds)
        self._patience = patience or Patience()
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Take no more jobs, finish those that run, or give them back after a while."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until `stop`. A database that is away for a time is waited for."""
        while not self._stopping.is_set():
            try:
                async with worker_pool(self._dsn) as pool:
                    await self._until_stopped(self._queue(pool))
            except Exception as error:  # noqa: BLE001 (whatever ended the queue, the next round begins it anew)
                _log.warning("worker.interrupted", error=type(error).__name__)
                await self._pause()

    async def drain(self) -> None:
        """Do every job there is, and those that come of them, then return. Periodic work is left alone."""
        async with worker_pool(self._dsn) as pool:
            await self._queue(pool).qm.run(
                dequeue_timeout=timedelta(seconds=DRAIN_SECONDS),
                batch_size=BATCH,
                mode=QueueExecutionMode.drain,
                log_aggregation_interval=timedelta(0),
            )

    def _queue(self, pool: Any) -> PgQueuer:
        """The queue with everything that we do about it."""
        queue = queue_over(pool)
        for kind, handler in HANDLERS.items():
            one = attempt(handler, self._works, self._patience, self._running)
            most = AT_ONCE_OF.get(kind, 0)
            queue.entrypoint(kind.value, concurrency_limit=most, on_failure="hold", accepts_context=False)(one)
        for name, (times, work) in PERIODIC.items():

            async def do(_schedule: Schedule, work: Any = work) -> None:
                await work(self._works)

            queue.schedule(name, times, accepts_context=False)(do)
        return queue

    async def _until_stopped(self, queue: PgQueuer) -> None:
        """Run the queue; raises what ends it otherwise, a listener that hears nothing any more among it."""
        ending = asyncio.create_task(self._end(queue))
        try:
            await queue.run(
                dequeue_timeout=timedelta(seconds=POLL_SECONDS),
                batch_size=BATCH,
                max_concurrent_tasks=AT_ONCE,
                heartbeat_timeout=self._takeover,
                shutdown_on_listener_failure=True,
            )
        finally:
            ending.cancel()

    async def _end(self, queue: PgQueuer) -> None:
        """Once we stop, let running jobs finish for a while, and then give back those that have not."""
        await self._stopping.wait()
        queue.shutdown.set()
        await asyncio.sleep(GRACE_SECONDS)
        for task in list(self._running):
            task.cancel()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(RECOVERY_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            pass
