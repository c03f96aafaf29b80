"""Counters of tries: held together in one order, so that processes take turns and never wait for each other in a ring.

The caller's transaction is short and its own: what it counts stays counted, whatever becomes of the try.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Count:
    """A counter: tries, the last one's time, until when it takes no more, and until when its network is known."""

    key: bytes
    tries: int
    last_at: datetime
    closed_until: datetime | None
    known_until: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """Counters in the order that they were asked for, and the database's time now that we hold them."""

    at: datetime
    counts: Sequence[Count]


HOLD = text(
    """
    INSERT INTO throttles AS held (key) SELECT unnest(CAST(:keys AS bytea[]))
    ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING key, tries, last_at, closed_until, known_until, expires_at, clock_timestamp() AS at
    """
)
STORE = text(
    """
    UPDATE throttles SET tries = new.tries, last_at = new.last_at, closed_until = new.closed_until,
        known_until = new.known_until, expires_at = new.expires_at
    FROM unnest(
        CAST(:key AS bytea[]), CAST(:tries AS integer[]), CAST(:last_at AS timestamptz[]),
        CAST(:closed_until AS timestamptz[]), CAST(:known_until AS timestamptz[]), CAST(:expires_at AS timestamptz[])
    ) AS new (key, tries, last_at, closed_until, known_until, expires_at)
    WHERE throttles.key = new.key
    """
)
COLUMNS = ("key", "tries", "last_at", "closed_until", "known_until", "expires_at")


async def hold(session: AsyncSession, keys: Sequence[bytes]) -> Held:
    """Lock the counters of these keys until the transaction ends; one that is missing is begun."""
    connection = await session.connection()
    rows = (await connection.execute(HOLD, {"keys": sorted(keys)})).all()
    found = {row.key: Count(*(getattr(row, name) for name in COLUMNS)) for row in rows}
    return Held(max(row.at for row in rows), [found[key] for key in keys])


async def store(session: AsyncSession, counts: Sequence[Count]) -> None:
    """Write held counters."""
    connection = await session.connection()
    await connection.execute(STORE, {name: [getattr(count, name) for count in counts] for name in COLUMNS})
