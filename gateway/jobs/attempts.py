"""Trying a job: again after a while where that may help, and put aside for an operator where it does not."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job

from auth.vault import VaultError
from gateway.jobs.handlers import Handler, Task, Works
from resolvers.ports import MailRefused

HOPELESS = (MailRefused, VaultError)
"""What another try would only meet again."""

Attempt = Callable[[Job], Awaitable[None]]


class JobFailedError(Exception):
    """A job failed for good. It says what kind of failure it was, and nothing of what the job was about."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a job is tried, and how long it waits between: twice as long each time, a tenth more or less.

    By default for about a day, so that a mail server may be down for a night.
    """

    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    attempts: int = 32

    def pause(self, before: int) -> timedelta:
        """The wait after so many earlier attempts and one more."""
        doubled = self.first * float(2 ** min(before, 30))
        return min(doubled, self.longest) * random.uniform(0.9, 1.1)  # noqa: S311 (no secret: workers spread out)


def attempt(handler: Handler, works: Works, patience: Patience, running: set[asyncio.Task[None]]) -> Attempt:
    """One try of a job, for the library to call. While it runs it stands in `running`.

    The library writes an error's message down, so the real one stays here. A try that is cancelled goes back to the
    queue: the library would take the job for cancelled and delete it.
    """

    async def run(job: Job) -> None:
        current = asyncio.current_task()
        if current is None:
            raise RuntimeError("a job runs in a task")
        running.add(current)
        try:
            await handler(works, _task(job))
        except asyncio.CancelledError:
            current.uncancel()
            raise RetryRequested(reason="The worker was stopped.") from None
        except HOPELESS as error:
            raise JobFailedError(described(error)) from None
        except Exception as error:  # noqa: BLE001 (whatever it is, the job must come back)
            if job.attempts + 1 >= patience.attempts:
                raise JobFailedError(described(error)) from None
            raise RetryRequested(patience.pause(job.attempts), described(error)) from None
        finally:
            running.discard(current)

    return run


def _task(job: Job) -> Task:
    return Task(f"{job.created:%Y%m%d-%H%M%S}-{job.id}", json.loads(job.payload or b"{}"))


def described(error: Exception) -> str:
    """An error without its message, which may quote a letter, an address or a statement. Ours quote nothing."""
    if isinstance(error, HOPELESS):
        return f"{type(error).__name__}: {error}"
    code = getattr(error, "code", None)
    return f"{type(error).__name__} {code}" if isinstance(code, int) else type(error).__name__
