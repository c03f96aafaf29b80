"""The counter that other tests trust: every statement once, whichever way it was sent."""

from datetime import UTC, datetime

from sqlalchemy import text

from models.db import Database
from models.queries import credentials
from tests.databases import StatementLog


async def test_each_statement_is_heard_once(db: Database, statements: StatementLog) -> None:
    statements.clear()
    async with db.read() as reader:
        await reader.fetch("SELECT 1")
        await reader.fetch("SELECT $1::int", 2)
    async with db.write() as session:
        connection = await session.connection()
        await connection.execute(text("CREATE TABLE heard (number int, addresses inet[])"))
        await connection.execute(text("INSERT INTO heard VALUES (:number, null)"), [{"number": 1}, {"number": 2}])
        await connection.execute(text("SELECT * FROM heard WHERE number = :number"), {"number": 1})
    assert statements.texts == [
        "SELECT 1",
        "SELECT $1::int",
        "CREATE TABLE heard (number int, addresses inet[])",
        "INSERT INTO heard VALUES ($1, null)",
        "SELECT * FROM heard WHERE number = $1",
    ]


async def test_look_ups_of_credentials_are_counted_apart(db: Database, statements: StatementLog) -> None:
    statements.clear()
    async with db.read() as reader:
        await credentials.find_api_key(reader, b"digest", datetime.now(UTC))
        await reader.fetch("SELECT 1")
    assert (statements.look_ups, statements.texts) == (1, ["SELECT 1"])


async def test_a_borrowed_connection_is_still_heard_when_it_is_borrowed_again(
    db: Database, statements: StatementLog
) -> None:
    statements.clear()
    for _ in range(3):
        async with db.read() as reader:
            await reader.fetch("SELECT 1")
    assert len(statements) == 3
