"""What is done again and again, by one worker at a time."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import structlog

from gateway.jobs.handlers import Works
from models.queries import silences
from models.queries.cleaning import clean
from resolvers import autopayment, debt, expiring_cards
from resolvers.charging import LATELY, RECONCILER, Reconciled, reconcile
from resolvers.mailing_reports import schedule_reports
from resolvers.refunding import finish_all
from resolvers.renewing import renew_all
from resolvers.verifying import verified

SILENCES_AT_ONCE, MOST_BATCHES = 1_000, 100

_log = structlog.get_logger(__name__)


async def remove_expired(works: Works) -> None:
    """Remove what has run out: sessions, stored answers, forgotten tries, old lines of the queue's own log."""
    now = datetime.now(UTC)
    async with works.db.write() as session:
        await clean(session, now, idle_since=works.authority.lifetimes.idle_since(now))


async def tell_silences(works: Works) -> None:
    """Write an event for each server that has fallen silent since it was last looked, some in each transaction."""
    after = silences.FIRST
    for _ in range(MOST_BATCHES):
        async with works.db.write() as session:
            found = await silences.tell(session, datetime.now(UTC), SILENCES_AT_ONCE, after)
        if found.last is None or found.silent < SILENCES_AT_ONCE:
            break
        after = found.last


async def bill_periods(works: Works) -> None:
    """Bill the periods that have begun, in each account's time zone; say which accounts could not be billed."""
    renewed = await renew_all(works.db, datetime.now(UTC))
    for account_id, error in renewed.failed.items():
        _log.error("renewal.failed", account_id=str(account_id), error=error)
    if renewed.invoices:
        _log.info("renewal.done", invoices=renewed.invoices)


async def ask_autopayment(works: Works) -> None:
    """Have every account charged that a booking's own job has not: after a pause, an outage, a worker's death."""
    await autopayment.ask_waiting(works.db, datetime.now(UTC))


async def lock_indebted(works: Works) -> None:
    """Lock the accounts whose debt has lasted too long."""
    locked = await debt.lock_indebted(works.db, datetime.now(UTC))
    if locked:
        _log.info("accounts.locked_for_debt", accounts=locked)


async def remind_of_cards(works: Works) -> None:
    """Write about the cards that expire soon."""
    await expiring_cards.remind(works.db, works.authority, datetime.now(UTC))


async def reconcile_payments(works: Works) -> None:
    """Finish or undo the top-ups and refunds that were cut off lately, as the payment provider says."""
    now = datetime.now(UTC)
    _tell_unsettled(await reconcile(works.db, works.payments, now, LATELY))
    _tell_unsettled(await finish_all(works.db, works.payments, RECONCILER, now))


async def reconcile_old_payments(works: Works) -> None:
    """Look at older top-ups too, whose state nobody could tell so far."""
    _tell_unsettled(await reconcile(works.db, works.payments, datetime.now(UTC)))


def _tell_unsettled(done: Reconciled) -> None:
    for id_, error in done.failed.items():
        _log.error("payments.unsettled", id=str(id_), error=error)


async def mail_reports(works: Works) -> None:
    """Make sendings of the reports that are due."""
    await schedule_reports(works.db, datetime.now(UTC))


async def verify_ledger(works: Works) -> None:
    """Read the ledger over, and say it loudly where it does not add up: `gateway verify-ledger` tells what is wrong."""
    found = await verified(works.db)
    if found.broken:
        accounts = sorted({fault.account for fault in found.broken})
        _log.error("ledger.broken", faults=len(found.broken), accounts=accounts)
    else:
        _log.info("ledger.verified", accounts=found.accounts, entries=found.entries)


PERIODIC: Mapping[str, tuple[str, Callable[[Works], Awaitable[None]]]] = {
    "remove_expired": ("7 * * * *", remove_expired),
    "tell_silences": ("*/5 * * * *", tell_silences),
    "bill_periods": ("2,17,32,47 * * * *", bill_periods),
    "ask_autopayment": ("*/10 * * * *", ask_autopayment),
    "lock_indebted": ("12 * * * *", lock_indebted),
    "remind_of_cards": ("42 * * * *", remind_of_cards),
    "reconcile_payments": ("* * * * *", reconcile_payments),
    "reconcile_old_payments": ("27 * * * *", reconcile_old_payments),
    "mail_reports": ("*/5 * * * *", mail_reports),
    "verify_ledger": ("23 3 * * *", verify_ledger),
}
"""Each by its name, with its times as cron writes them, in UTC."""
