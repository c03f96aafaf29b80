"""What one borrower of a connection leaves behind, the next does not find."""

import asyncpg
import pytest

from models.db import Database


async def test_a_transaction_that_was_left_open_is_rolled_back(db: Database) -> None:
    async with db.change() as writer:
        await writer.fetch("BEGIN READ ONLY")
    async with db.change() as writer:
        (row,) = await writer.fetch("SHOW transaction_read_only")
    assert row["transaction_read_only"] == "off"


async def test_a_failed_block_gives_its_connection_back(db: Database) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with db.read() as reader:
            await reader.fetch("SELECT 1 / 0")
    assert db._pool.get_size() == db._pool.get_idle_size()
