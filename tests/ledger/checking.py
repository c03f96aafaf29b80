"""What must be true of the books after any history, whatever was cut off in it."""

from collections import Counter
from uuid import UUID

from models.db import Database
from models.enums import PaymentStatus
from tests.fleet.tenants import rows
from tests.ledger.histories import HELD, World

ENTRIES = "SELECT * FROM ledger_entries WHERE account_id = $1 ORDER BY sequence"
NUMBERS = "SELECT sequence FROM invoices WHERE account_id = $1 ORDER BY sequence"
ADDED = "AUTO_ADD_FUNDS"
CARDS = "SELECT provider_reference FROM payment_methods WHERE account_id = $1"
ORDERED = "SELECT quantity FROM invoice_lines WHERE account_id = $1 AND period IS NULL"
CHANGED = """
    SELECT CAST(payload ->> 'after' AS integer) - CAST(payload ->> 'before' AS integer) AS by
    FROM events WHERE account_id = $1 AND kind = 'LICENSES_CHANGED'
"""
POOL = "SELECT quantity FROM licenses WHERE account_id = $1"
PERIODS = "SELECT period FROM invoice_lines WHERE account_id = $1 AND period IS NOT NULL ORDER BY period"
BALANCE = "SELECT balance_minor, ledger_sequence, invoice_sequence FROM accounts WHERE id = $1"


async def assert_right(db: Database, lived: World) -> None:
    """Hold what must be true of the books after any history."""
    booked = {account_id: await rows(db, ENTRIES, account_id) for account_id in lived.accounts}
    explained = Counter(dict.fromkeys(lived.accounts, 1))
    for effect in lived.effects:
        found = {
            sum(row["amount_minor"] == minor and row["cause"] != ADDED for row in booked[account_id])
            for account_id, minor in effect.amounts.items()
        }
        (times,) = found
        assert effect.times[0] <= times <= effect.times[1], effect
        for account_id in effect.amounts:
            explained[account_id] += times
    for account_id, entries in booked.items():
        (balance,) = await rows(db, BALANCE, account_id)
        amounts = [row["amount_minor"] for row in entries]
        assert sum(amounts) == balance["balance_minor"] == entries[-1]["balance_minor"]
        assert [row["balance_minor"] for row in entries] == [sum(amounts[: place + 1]) for place in range(len(amounts))]
        assert [row["sequence"] for row in entries] == list(range(1, balance["ledger_sequence"] + 1))
        given = [row for row in entries if row["kind"] == "TRANSFER" and row["amount_minor"] < 0]
        assert all(row["balance_minor"] >= 0 for row in given), "no transfer of what was not there"
        numbers = [row["sequence"] for row in await rows(db, NUMBERS, account_id)]
        assert numbers == list(range(1, balance["invoice_sequence"] + 1))
        months = [row["period"].month for row in await rows(db, PERIODS, account_id)]
        assert months == list(range(1, len(months) + 1)), "each period once, and none left out"
        least = lived.renewed[account_id]
        assert least <= len(months) <= max(least, lived.perhaps_renewed[account_id])
        (card,) = await rows(db, CARDS, account_id)
        charges = [charge for charge, one in lived.till.taken.values() if one.status is PaymentStatus.SUCCEEDED]
        taken = [charge.amount_minor for charge in charges if charge.method == card["provider_reference"]]
        orders = await _orders(db, lived, account_id)
        added = [row["amount_minor"] for row in entries if row["cause"] == ADDED]
        assert sorted(added) == sorted(taken), "what the card was charged with, and nothing else"
        assert len(entries) == explained[account_id] + len(months) + len(added) + orders, "no entry that nobody made"


async def _orders(db: Database, lived: World, account_id: UUID) -> int:
    """Hold that each order and deletion was done as often as it says, with its invoice; how many orders there were."""
    changed = Counter(row["by"] for row in await rows(db, CHANGED, account_id))
    for change in lived.changes:
        if change.account_id == account_id:
            assert change.times[0] <= changed[change.quantity] <= change.times[1], change
    ordered = Counter(row["quantity"] for row in await rows(db, ORDERED, account_id))
    assert ordered == Counter({by: times for by, times in changed.items() if by > 0}), "an invoice for each order"
    (pool,) = await rows(db, POOL, account_id)
    assert pool["quantity"] == HELD + sum(by * times for by, times in changed.items())
    return ordered.total()
