"""A debt that has lasted too long locks its account, and paying it unlocks at once. The one home of that rule."""

from datetime import datetime, timedelta
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Database, Transaction
from models.entities import ACCOUNT
from models.enums import AccountState
from models.queries import audit, debts
from models.queries.audit import Origin
from models.queries.ledger import Books

LOCKS_AFTER = timedelta(days=30)
AT_ONCE, MOST_BATCHES = 100, 100

PORTAL = "portal"
"""How the log names what nobody did: the portal itself, by its rules."""


def is_too_old(in_debt_since: datetime | None, now: datetime) -> bool:
    """Whether a debt has lasted so long that its account is locked."""
    return in_debt_since is not None and in_debt_since + LOCKS_AFTER <= now


async def lock_indebted(db: Database, now: datetime) -> int:
    """Lock every account whose debt is too old, some in each transaction; how many that were."""
    total = 0
    for _ in range(MOST_BATCHES):
        async with db.write() as session:
            locked = await debts.lock(session, now - LOCKS_AFTER, AT_ONCE)
            for account_id, number in locked:
                await _record(session, account_id, number, AccountState.LOCKED, now)
        total += len(locked)
        if len(locked) < AT_ONCE:
            break
    return total


async def unlock_if_paid(session: Transaction, books: Books, balance_minor: int, now: datetime) -> None:
    """Unlock an account whose debt a booking has just ended. What an operator has locked stays locked."""
    if books.state is AccountState.ACTIVE or balance_minor < 0:
        return
    if await debts.unlock(session, books.id):
        await _record(session, books.id, books.number, AccountState.ACTIVE, now)


async def _record(session: Transaction, account_id: UUID, number: str, state: AccountState, now: datetime) -> None:
    locked = state is AccountState.LOCKED
    before = AccountState.ACTIVE if locked else AccountState.LOCKED
    action = Action.ACCOUNT_LOCKED if locked else Action.ACCOUNT_UNLOCKED
    changes = [Change("state", before, state)]
    await audit.record(
        session, Origin(account_id, PORTAL, now, None), action, Target(ACCOUNT, account_id, number), changes
    )
