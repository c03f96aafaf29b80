"""Loading many rows: PostgreSQL's COPY over one connection, in one transaction, and the clearing up after it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from models.statements import Row
from models.tables import Table

INDEXES_WITHOUT_CONSTRAINT = """
    SELECT i.indexrelid::regclass::text AS name,
           pg_get_indexdef(i.indexrelid) || ARRAY(
               SELECT format('ALTER INDEX %s ALTER %s SET STATISTICS %s', i.indexrelid::regclass, attnum, attstattarget)
               FROM pg_attribute WHERE attrelid = i.indexrelid AND attstattarget >= 0
           ) AS definitions
    FROM pg_index i
    WHERE i.indrelid = $1::text::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
    ORDER BY 1
"""


class Bulk:
    """One open transaction that rows are copied into."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def fetch(self, text: str, *arguments: Any) -> list[Row]:
        """Run a statement and return its rows."""
        return list(await self._connection.fetch(text, *arguments))

    async def copy(self, table: type[Table], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Copy rows into a table; columns that are not named take their defaults."""
        name = str(table.__tablename__)
        await self._connection.copy_records_to_table(name, records=rows, columns=list(columns))

    @asynccontextmanager
    async def bare(self, *tables: type[Table], indexed: bool = False) -> AsyncIterator[None]:
        """Copy into tables whose triggers rest, and without their indexes unless they stay `indexed`.

        Whoever copies has computed what triggers would. Indexes are built anew at the end, three times as fast for many
        rows; nobody reads the tables meanwhile, so that is for tables that are still empty, and others keep theirs.
        """
        definitions = []
        for table in tables:
            await self._connection.execute(f"ALTER TABLE {table.__tablename__} DISABLE TRIGGER USER")
            if not indexed and not await self.fetch(f"SELECT FROM {table.__tablename__} LIMIT 1"):
                for index in await self.fetch(INDEXES_WITHOUT_CONSTRAINT, table.__tablename__):
                    await self._connection.execute(f"DROP INDEX {index['name']}")
                    definitions += index["definitions"]
        yield
        await self._connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for definition in definitions:
            await self._connection.execute(definition)
        for table in tables:
            await self._connection.execute(f"ALTER TABLE {table.__tablename__} ENABLE TRIGGER USER")

    async def next_number(self, table: type[Table]) -> int:
        """Tell the number that the next row of a table would get. Nobody else adds rows until the end."""
        await self._connection.execute(f"LOCK TABLE {table.__tablename__} IN SHARE ROW EXCLUSIVE MODE")
        last = await self._connection.fetchval(f"SELECT coalesce(max(number), 0) FROM {table.__tablename__}")
        return int(last) + 1

    async def numbers_used(self, table: type[Table], next_number: int) -> None:
        """Have the database go on counting from here."""
        sequence = f"pg_get_serial_sequence('{table.__tablename__}', 'number')"
        await self._connection.execute(f"SELECT setval({sequence}, $1, false)", next_number)

    async def account_numbers(self, how_many: int) -> list[str]:
        """Take numbers for new accounts."""
        rows = await self.fetch(
            "SELECT nextval('account_numbers')::text AS number FROM generate_series(1, $1)", how_many
        )
        return [row["number"] for row in rows]


@asynccontextmanager
async def bulk(dsn: str) -> AsyncIterator[Bulk]:
    """Open one transaction for copying: all of it stands at the end, or nothing."""
    connection = await asyncpg.connect(dsn, server_settings={"timezone": "UTC", "application_name": "gateway bulk"})
    try:
        async with connection.transaction():
            yield Bulk(connection)
    finally:
        await connection.close()


async def tidy(dsn: str) -> None:
    """Give the planner its statistics and the index-only scans their visibility map."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()


def uuid7(milliseconds: int, randomness: int) -> UUID:
    """Make a UUIDv7 of a time since 1970 and 74 random bits, as the database's uuidv7() does."""
    high = (milliseconds << 16) | 0x7000 | (randomness >> 62)
    low = (0b10 << 62) | (randomness & (2**62 - 1))
    return UUID(int=(high << 64) | low)
