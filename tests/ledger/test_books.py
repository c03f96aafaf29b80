"""The ledger: it books itself, is chained, is read over, and a balance moves by nothing else."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import asyncpg
import pytest

from models.db import Database
from models.enums import InvoiceType
from models.errors import UserFault
from models.kinds import LedgerCause, LedgerKind
from models.queries import auditing_ledger, ledger
from models.queries.ledger import MOST_MINOR, Draft, Line
from models.statements import Row
from models.tables import Account
from tests.conftest import SECRET
from tests.factories import NOON, account
from tests.funding import fund
from tests.outside.processes import command, words_of

BOOKED = """
    SELECT sequence, amount_minor, balance_minor, currency, kind, cause, actor, previous_hash, hash
    FROM ledger_entries ORDER BY account_id, sequence
"""
ORDER = Draft(
    LedgerKind.INVOICE,
    LedgerCause.ORDER,
    700,
    pay_period=NOON.date().replace(day=1),
    lines=[Line("Server licenses", None, None, 7, 100, 700)],
)

TAMPERING = {
    "it is not as it was booked": "UPDATE ledger_entries SET actor = 'somebody else' WHERE sequence = 1",
    "an entry is missing before it": "DELETE FROM ledger_entries WHERE sequence = 1",
    "it does not follow the entry before it": "UPDATE ledger_entries SET previous_hash = hash WHERE sequence = 2",
    "its balance is not the sum of the entries up to it": """
        UPDATE ledger_entries SET amount_minor = 1, balance_minor = 5, hash = ledger_hash(
            jsonb_populate_record(ledger_entries, '{"amount_minor": 1, "balance_minor": 5}')
        ) WHERE sequence = 2
    """,
    "its document says otherwise": "UPDATE invoices SET balance_minor = balance_minor + 1 WHERE sequence = 2",
    "its balance is not the sum of its entries": "UPDATE accounts SET balance_minor = -1",
    "document A-1-3 is not booked": "INSERT INTO invoices (account_id, sequence, number, type, subtotal_minor,"
    " total_minor, balance_minor, currency, billed_name) SELECT id, 3, 'A-1-3', 'PAYMENT_RECEIVED', 1, 1, 1, 'USD', ''"
    " FROM accounts",
    "a payment is booked though it did not succeed, or the other way round": "UPDATE payments SET status = 'PENDING'",
}


UNBOOKED = (
    "UPDATE accounts SET balance_minor = balance_minor + 1",
    "UPDATE accounts SET ledger_sequence = ledger_sequence + 1",
    """
    INSERT INTO accounts SELECT (
        jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'number', 'A-9'))
    ).* FROM accounts a
    """,
)


class GivenUpError(Exception):
    """Whoever orders has thought better of it."""


async def books(db: Database) -> list[Row]:
    """Every entry, in its place."""
    async with db.read() as reader:
        return await reader.fetch(BOOKED)


async def order(db: Database, owner: Account, draft: Draft = ORDER) -> ledger.Issued:
    """Issue a document for an account."""
    async with db.write() as session:
        held = await ledger.hold(session, [owner.id])
        return await ledger.issue(session, held[owner.id], draft, "somebody", NOON)


async def faults(db: Database) -> set[str]:
    """What is wrong with the books."""
    async with db.read() as reader:
        return {fault.fault for fault in (await auditing_ledger.verify(reader)).broken}


async def test_each_entry_moves_the_balance_and_holds_the_one_before(db: Database) -> None:
    owner = await account(db)
    await fund(db, owner.id, 500)
    issued = await order(db, owner)
    assert (issued.number, issued.total_minor, issued.balance_minor) == (f"{owner.number}-2", 700, -200)
    first, second = await books(db)
    assert first["previous_hash"] == bytes(32)
    assert second["previous_hash"] == first["hash"] != second["hash"]
    assert [(row["sequence"], row["amount_minor"], row["balance_minor"]) for row in (first, second)] == [
        (1, 500, 500),
        (2, -700, -200),
    ]
    assert (second["currency"], second["kind"], second["cause"], second["actor"]) == (
        "USD",
        "INVOICE",
        "ORDER",
        "somebody",
    )
    async with db.write() as session:
        now = await session.get_one(Account, owner.id)
        assert (now.balance_minor, now.ledger_sequence, now.invoice_sequence) == (-200, 2, 2)
        assert now.in_debt_since == NOON
    assert await faults(db) == set()


async def test_a_debt_is_as_old_as_its_first_entry_and_ends_with_it(db: Database) -> None:
    owner = await account(db)
    for minor, at, since in ((-100, 0, 0), (-50, 1, 0), (149, 2, 0), (1, 3, None), (-5, 4, 4)):
        await fund(db, owner.id, minor, NOON + timedelta(hours=at))
        async with db.write() as session:
            now = await session.get_one(Account, owner.id)
            assert now.in_debt_since == (None if since is None else NOON + timedelta(hours=since))


@pytest.mark.parametrize("statement", UNBOOKED)
async def test_a_balance_moves_by_entries_alone(db: Database, statement: str) -> None:
    owner = await account(db)
    await fund(db, owner.id, 500)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="entries of the ledger alone"):
        async with db.read() as reader:
            await reader.fetch(statement)
    assert len(await books(db)) == 1
    assert await faults(db) == set()


async def test_numbers_have_no_gaps_whoever_gives_up(db: Database) -> None:
    owner = await account(db)
    await asyncio.gather(*(order(db, owner) for _ in range(6)), *(_given_up(db, owner) for _ in range(6)))
    async with db.read() as reader:
        rows = await reader.fetch("SELECT sequence FROM invoices ORDER BY sequence")
        account_row = (await reader.fetch("SELECT balance_minor, invoice_sequence FROM accounts"))[0]
    assert [row["sequence"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert (account_row["balance_minor"], account_row["invoice_sequence"]) == (-4200, 6)
    assert await faults(db) == set()


async def _given_up(db: Database, owner: Account) -> None:
    with suppress(GivenUpError):
        async with db.write() as session:
            held = await ledger.hold(session, [owner.id])
            await ledger.issue(session, held[owner.id], ORDER, "somebody", NOON)
            raise GivenUpError


@pytest.mark.parametrize("minor", [MOST_MINOR + 1, -MOST_MINOR - 1, MOST_MINOR])
async def test_a_balance_has_an_end(db: Database, minor: int) -> None:
    owner = await account(db)
    await fund(db, owner.id, 1)
    with pytest.raises(UserFault, match="more than an account can have"):
        await order(db, owner, Draft(LedgerKind.TRANSFER, LedgerCause.TRANSFER, minor))
    assert len(await books(db)) == 1


def test_what_a_draft_is_and_moves() -> None:
    assert (ORDER.type, ORDER.moved_minor) == (InvoiceType.INVOICE, -700)
    refund = Draft(LedgerKind.REFUND, LedgerCause.REFUND, -300)
    assert (refund.type, refund.moved_minor) == (InvoiceType.PAYMENT_RECEIVED, -300)


@pytest.mark.parametrize("fault", TAMPERING)
async def test_tampering_is_found(dsn: str, db: Database, fault: str) -> None:
    owner = await account(db, number="A-1")
    await fund(db, owner.id, 500)
    await order(db, owner)
    connection = await asyncpg.connect(dsn)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(TAMPERING[fault])
    await connection.close()
    assert fault in await faults(db)


async def test_the_command_says_whether_it_adds_up(dsn: str, db: Database) -> None:
    owner = await account(db, number="A-1")
    await fund(db, owner.id, 500)
    environment = {"DATABASE_URL": dsn, "SECRET_KEY": SECRET}
    ended = await command("verify-ledger", **environment)
    assert (ended.exit_code, words_of(ended.output).strip()) == (0, "The ledger adds up: 1 accounts, 1 entries.")
    connection = await asyncpg.connect(dsn)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("UPDATE ledger_entries SET amount_minor = 5")
    await connection.close()
    ended = await command("verify-ledger", **environment)
    assert ended.exit_code == 1
    assert "Account A-1, entry 1: it is not as it was booked." in words_of(ended.output)
    assert "Account A-1: its balance is not the sum of its entries." in words_of(ended.output)
