"""What one borrower of a connection leaves behind, the next does not find; and how what it sends is planned."""

from uuid import uuid4

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
    for settled, pool in ((True, db._settled), (False, db._pool)):
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with db.read(settled=settled) as reader:
                await reader.fetch("SELECT 1 / 0")
        assert pool.get_size() == pool.get_idle_size() == 1


@pytest.mark.parametrize("settled", [True, False])
async def test_what_is_settled_is_planned_once_and_all_else_for_its_values(db: Database, settled: bool) -> None:
    sent = "SELECT id FROM accounts WHERE id = $1"
    async with db.read(settled=settled) as reader:
        for _ in range(2):
            await reader.fetch(sent, uuid4())
        plans = (
            "SELECT generic_plans AS generic, custom_plans AS custom FROM pg_prepared_statements WHERE statement = $1"
        )
        (counted,) = await reader.fetch(plans, sent)
    assert (counted["generic"], counted["custom"]) == ((2, 0) if settled else (0, 2))
