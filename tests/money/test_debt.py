"""Debts of thirty days lock their accounts, once, and paying unlocks those that a debt has locked."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from models.db import Database
from models.kinds import LedgerCause, LedgerKind
from models.queries.ledger import Draft
from models.tables import Account
from resolvers import debt
from resolvers.debt import LOCKS_AFTER, lock_indebted
from tests import factories
from tests.access.people import audit_of
from tests.factories import NOON
from tests.funding import fund
from tests.money.test_document_letters import booked

LONG_AGO = NOON - LOCKS_AFTER


async def owing(db: Database, since: datetime = LONG_AGO, **values: Any) -> Account:
    """An account that has been in debt since then."""
    account = await factories.account(db, **values)
    await fund(db, account.id, -1_000, since)
    return account


async def states(db: Database) -> dict[str, str]:
    """Every account's state, by its number."""
    async with db.read() as reader:
        return {row["number"]: row["state"] for row in await reader.fetch("SELECT number, state FROM accounts")}


async def pay(db: Database, account: Account, minor: int) -> None:
    await booked(db, account, Draft(LedgerKind.TRANSFER, LedgerCause.TRANSFER, minor))


async def test_a_debt_of_thirty_days_locks_and_no_younger_one(db: Database) -> None:
    account, young = await owing(db), await owing(db, LONG_AGO + timedelta(seconds=1))
    rich = await factories.account(db)
    assert await lock_indebted(db, NOON) == 1
    assert await states(db) == {account.number: "LOCKED", young.number: "ACTIVE", rich.number: "ACTIVE"}
    (row,) = await audit_of(db)
    assert (row.account_id, row.action, row.actor) == (account.id, "account.locked", "portal")
    assert row.changes == {"state": ["ACTIVE", "LOCKED"]}
    assert await lock_indebted(db, NOON) == 0
    assert len(await audit_of(db)) == 1


async def test_workers_at_once_lock_each_account_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debt, "AT_ONCE", 2)
    made = {(await owing(db)).id for _ in range(5)}
    counts = await asyncio.gather(*(lock_indebted(db, NOON) for _ in range(4)))
    assert sum(counts) + await lock_indebted(db, NOON) == 5
    assert sorted(row.account_id for row in await audit_of(db)) == sorted(made)
    monkeypatch.setattr(debt, "MOST_BATCHES", 1)
    for _ in range(3):
        await owing(db)
    assert await lock_indebted(db, NOON) == 2


async def test_paying_unlocks_what_a_debt_has_locked(db: Database) -> None:
    account = await owing(db)
    await lock_indebted(db, NOON)
    await pay(db, account, 999)
    assert await states(db) == {account.number: "LOCKED"}
    await pay(db, account, 1)
    assert await states(db) == {account.number: "ACTIVE"}
    assert [row.action for row in await audit_of(db)] == ["account.locked", "account.unlocked"]
    await pay(db, account, -1)
    assert await lock_indebted(db, NOON + LOCKS_AFTER) == 1


async def test_paying_unlocks_nothing_that_an_operator_has_locked(db: Database) -> None:
    account = await owing(db, state="LOCKED", locked_by_operator_at=NOON)
    await pay(db, account, 5_000)
    assert await states(db) == {account.number: "LOCKED"}
    assert await audit_of(db) == []
