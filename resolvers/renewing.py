"""Billing new periods: once per account, license type and period, for what is held as the period begins.

See docs/decisions/renewals-come-before-changes.md.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from models.db import Database, Transaction
from models.enums import BillingCycle
from models.errors import UserFault
from models.kinds import LedgerCause, LedgerKind
from models.periods import day_in, period_after, periods_due
from models.pricing import billed_for
from models.queries import ledger, renewals
from models.queries.ledger import Books, Draft, Issued, Line
from models.queries.renewals import Behind, Due, Held
from resolvers.booking import book
from resolvers.taxing import tax_for

ACCOUNTS_AT_ONCE = 500
ACTOR = "renewal"


@dataclass
class Renewed:
    """What a run came to: the invoices that were issued, and the accounts that failed, with the kind of failure."""

    invoices: int = 0
    failed: dict[UUID, str] = field(default_factory=dict)


async def renew_all(db: Database, now: datetime) -> Renewed:
    """Bill every account whose period has begun, each in a transaction of its own.

    Run twice, by two workers at once, or cut off and run again, it bills nothing twice. An account that cannot be
    billed stays due, and keeps no other waiting.
    """
    renewed = Renewed()
    after: UUID | None = UUID(int=0)
    while after is not None:
        async with db.read() as reader:
            accounts = await renewals.nearly_due(reader, now, after, ACCOUNTS_AT_ONCE)
        for account in accounts:
            if account.renews_at <= day_in(account.time_zone, now):
                await _renew_one(db, account.id, now, renewed)
        after = accounts[-1].id if len(accounts) == ACCOUNTS_AT_ONCE else None
    return renewed


async def _renew_one(db: Database, account_id: UUID, now: datetime, renewed: Renewed) -> None:
    async def work(session: Transaction) -> int:
        books = (await ledger.hold(session, [account_id]))[account_id]
        return len(await renew(session, books, now))

    try:
        renewed.invoices += await db.transact(work)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other accounts must be billed)
        renewed.failed[account_id] = type(error).__name__


async def renew(session: Transaction, books: Books, now: datetime) -> Sequence[Issued]:
    """Bill what is due in an account that is held, an invoice for each first day of periods; usually nothing is.

    Whoever changes how much an account holds calls this first. A locked account is billed for what it holds too.
    """
    today = day_in(books.time_zone, now)
    due = await renewals.due(session, books.id, books.currency, today)
    if not due:
        return []
    lines = await _lines(session, books, due, today)
    issued = [await _issue(session, books, first, lines[first], now) for first in sorted(lines)]
    await renewals.move(session, books.id, {one.subscription_id: period_after(today, one.cycle) for one in due})
    return issued


async def _lines(session: Transaction, books: Books, due: Sequence[Due], today: date) -> Mapping[date, list[Line]]:
    """The lines by the first day of their period, without those that were billed already."""
    periods = [(one, one.held, first) for one in due if one.held for first in _firsts(one, today)]
    lines: dict[date, list[Line]] = defaultdict(list)
    if not periods:
        return lines
    firsts = [first for _, _, first in periods]
    billed = await renewals.billed(session, books.id, min(firsts), max(firsts))
    behind = await renewals.servers_behind(session, books.id, [held.license_type_id for _, held, _ in periods])
    for one, held, first in periods:
        if (held.license_type_id, first) not in billed:
            servers = behind.get(held.license_type_id, Behind())
            lines[first].append(_line(held, one.cycle, first, servers))
    return lines


def _firsts(one: Due, today: date) -> Sequence[date]:
    return list(periods_due(one.renews_at, today, one.cycle))


def _line(held: Held, cycle: BillingCycle, first: date, behind: Behind) -> Line:
    if held.unit_price_minor is None:
        raise UserFault("CONFLICT", "A license type that is held has no price in the account's currency and cycle.")
    return Line(
        description=billed_for(held.name, first, cycle),
        product_id=held.product_id,
        license_type_id=held.license_type_id,
        quantity=held.quantity,
        unit_price_minor=held.unit_price_minor,
        amount_minor=held.quantity * held.unit_price_minor,
        period=first,
        server_ids=behind.ids,
        server_names=behind.names,
    )


async def _issue(session: Transaction, books: Books, first: date, lines: Sequence[Line], now: datetime) -> Issued:
    subtotal = sum(line.amount_minor for line in lines)
    tax = await tax_for(session, books, subtotal)
    draft = Draft(LedgerKind.INVOICE, LedgerCause.RENEWAL, subtotal, first, lines, tax)
    return await book(session, books, draft, ACTOR, now)
