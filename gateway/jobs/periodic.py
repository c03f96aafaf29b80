"""What is done again and again, by one worker at a time."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from gateway.jobs.handlers import Works
from models.queries.cleaning import clean


async def remove_expired(works: Works) -> None:
    """Remove what has run out: sessions, stored answers, forgotten tries, old lines of the queue's own log."""
    now = datetime.now(UTC)
    async with works.db.write() as session:
        await clean(session, now, idle_since=now - works.authority.lifetimes.idle)


PERIODIC: Mapping[str, tuple[str, Callable[[Works], Awaitable[None]]]] = {
    "remove_expired": ("7 * * * *", remove_expired),
}
"""Each by its name, with its times as cron writes them, in UTC."""
