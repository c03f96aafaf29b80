"""What the counters of seats say, and what the rows say that they count."""

from dataclasses import dataclass

from models.db import Database

COUNTED = """
    SELECT 'key' AS kind, key.id, key.used, key.seat_limit AS most,
           (SELECT count(*) FROM registrations r WHERE r.activation_key_id = key.id) AS rows
    FROM activation_keys key
    UNION ALL
    SELECT 'pool', pool.id, pool.used, pool.quantity,
           (SELECT count(*) FROM registrations r
            WHERE r.account_id = pool.account_id AND r.license_type_id = pool.license_type_id)
    FROM licenses pool
    ORDER BY kind, id
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """A key or a pool: what its counter says, and how many registrations there are."""

    kind: str
    used: int
    most: int | None
    rows: int

    @property
    def right(self) -> bool:
        """Whether the counter is that of the rows, and within its bound."""
        return self.used == self.rows and (self.most is None or self.used <= self.most)


async def counted(db: Database) -> list[Counted]:
    """Every key and every pool."""
    async with db.read() as reader:
        rows = await reader.fetch(COUNTED)
    return [Counted(row["kind"], row["used"], row["most"], row["rows"]) for row in rows]


async def assert_counters_right(db: Database) -> list[Counted]:
    """Hold that each counter is that of its rows; the counters."""
    found = await counted(db)
    assert all(one.right for one in found), found
    return found


async def deadlocks(db: Database) -> int:
    """How many deadlocks PostgreSQL has found in this database so far."""
    async with db.read() as reader:
        await reader.fetch("SELECT pg_stat_force_next_flush()")
        rows = await reader.fetch("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    found: int = rows[0]["deadlocks"]
    return found
