"""Stops an operation that lasts too long, or that nobody waits for any more."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from schema.answers import Outcome, Refused
from schema.errors import ErrorCode, fault

UNWATCHED_SECONDS = 0.02

Abandoned = Callable[[], Awaitable[None]]
"""Returns once the client has gone."""


class Watch:
    """Cancels its block at a deadline, or when its client has gone, and says so by a refusal instead.

    It looks from when the block has lasted a moment: most operations are over sooner, and take one timer alone. Who
    cancels the task from outside is obeyed as without a watch: this is `asyncio.timeout` with a second cause.
    """

    __slots__ = ("_abandoned", "_cancelling", "_deadline", "_outcome", "_started", "_task", "_timer", "_watching")

    def __init__(self, deadline: float | None, abandoned: Abandoned | None) -> None:
        self._deadline = deadline
        self._abandoned = abandoned
        self._outcome: Outcome | None = None
        self._watching: asyncio.Future[None] | None = None

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._cancelling = self._task.cancelling()
        self._started = loop.time()
        moment = UNWATCHED_SECONDS if self._deadline is None else min(UNWATCHED_SECONDS, self._deadline)
        self._timer = loop.call_later(moment, self._begin)

    def _begin(self) -> None:
        if self._deadline is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._started + self._deadline, self._stop, Outcome.TIMED_OUT)
        if self._abandoned is not None:
            self._watching = asyncio.ensure_future(self._until_gone(self._abandoned))

    async def _until_gone(self, abandoned: Abandoned) -> None:
        await abandoned()
        self._stop(Outcome.ABANDONED)

    def _stop(self, outcome: Outcome) -> None:
        self._timer.cancel()
        if self._outcome is None:
            self._task.cancel()
        self._outcome = outcome

    async def __aexit__(self, kind: type[BaseException] | None, *_raised: object) -> None:
        self._timer.cancel()
        outcome = self._outcome
        if outcome is not None and self._task.uncancel() > self._cancelling:
            outcome = None
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if outcome is not None and kind is asyncio.CancelledError:
            raise self._refusal(outcome) from None

    def _refusal(self, outcome: Outcome) -> Refused:
        message = "The client has gone; the query was stopped."
        if outcome is Outcome.TIMED_OUT:
            message = f"The operation was stopped after {self._deadline} seconds. Ask for less at once."
        return Refused(outcome, [fault(ErrorCode.TIMEOUT, message)])
