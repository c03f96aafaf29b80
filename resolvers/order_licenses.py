"""Ordering licenses: the pool grows and what was added is billed, in one transaction, or nothing happens.

The account is held, then the pool. Whatever else changes how many licenses the account holds waits for it, so that a
quota is never passed, however many order at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.audit import Action
from models.db import Transaction
from models.enums import AccountState, BillingCycle
from models.errors import UserFault, UserFaults
from models.kinds import LedgerCause, LedgerKind
from models.periods import day_in, period_after, period_of
from models.pricing import Tier, billed_for, prorated, tier_of
from models.queries import ledger, ordering
from models.queries.ledger import Books, Draft, Line
from models.queries.ordering import Held, Offered
from resolvers.acting import acting, booked_by
from resolvers.booking import book
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.licensing import MOST_LICENSES, Quote, Quoted, quantity, tell_change
from resolvers.renewing import renew
from resolvers.taxing import tax_for
from resolvers.tenants import tenant_named


@dataclass(frozen=True, slots=True)
class Order:
    """What is ordered, for the caller's own account or a customer's. The cycle is None where it was left out."""

    customer_id: UUID | None
    product_id: UUID
    license_type_id: UUID
    quantity: int
    cycle: BillingCycle | None


@dataclass(frozen=True, slots=True)
class Ordered:
    """The pool that has grown, the subscription it belongs to, and the invoice of what was added."""

    license_id: UUID
    subscription_id: UUID
    invoice_id: UUID


@dataclass(frozen=True, slots=True)
class _Priced:
    """An order with what the account holds already, and the invoice that it would make."""

    held: Held
    cycle: BillingCycle
    tier: Tier
    draft: Draft


async def order_licenses(context: RequestContext, order: Order) -> Ordered:
    """Order, or raise all that is wrong with the input."""

    async def work(session: Transaction) -> Ordered:
        tenant = await tenant_named(context, session, order.customer_id)
        books = (await ledger.hold(session, [tenant.id]))[tenant.id]
        priced = await _priced(context, session, books, order)
        refusals = _refusals(books, priced.held, order)
        if refusals:
            raise UserFaults(refusals)
        await renew(session, books, context.now)
        license_id, subscription_id = await _add(context, session, books, order, priced)
        issued = await book(session, books, priced.draft, booked_by(context), context.now)
        return Ordered(license_id, subscription_id, issued.id)

    return await context.db.transact(work)


async def quote_order(context: RequestContext, order: Order) -> Quoted:
    """What ordering would come to. Nothing is held or changed."""
    me = acting(context).account_id
    async with context.db.write() as session:
        books = await ledger.look(session, me, order.customer_id or me)
        if books is None or (order.customer_id is not None and books.id == me):
            raise UserFault("NOT_FOUND", "You have no such customer.", ["customerId"])
        priced = await _priced(context, session, books, order)
        ledger.bear(books, priced.draft)
        quote = Quote(priced.held.room, priced.tier, priced.draft.total_minor, books.currency)
        return Quoted(quote, _refusals(books, priced.held, order))


async def _priced(context: RequestContext, session: Transaction, books: Books, order: Order) -> _Priced:
    """What is ordered, held against what is offered, with its price; all that cannot be is raised."""
    faults = Faults()
    faults.read(quantity, order.quantity, "quantity")
    held = _chosen(await ordering.offered(session, books.id, order.product_id, order.license_type_id), faults)
    if held is None or faults.found:
        raise UserFaults(faults.found)
    if held.subscription_id is not None and order.cycle not in {None, held.cycle}:
        faults.add("CONFLICT", "The subscription has another billing cycle: Sales can change it.", "billingCycle")
    if held.quantity + order.quantity > MOST_LICENSES:
        message = f"An account can hold {MOST_LICENSES} licenses of a type at most."
        faults.add("LIMIT_REACHED", message, "quantity")
    faults.stop()
    cycle = order.cycle or held.cycle
    tiers = await ordering.tiers(session, held.license_type_id, cycle, books.currency)
    tier = tier_of(tiers, held.quantity + order.quantity)
    if tier is None:
        message = "This license type has no price in the account's currency and billing cycle: ask Sales for one."
        raise UserFault("INVALID", message, ["licenseTypeId"])
    return _Priced(held, cycle, tier, await _draft(context, session, books, order, held, cycle, tier))


def _chosen(offered: Offered, faults: Faults) -> Held | None:
    """What is held of the license type that was named; None, with a fault, where there is none to be ordered."""
    if not offered.known:
        faults.add("NOT_FOUND", "There is no such product.", "productId")
    elif offered.held is None:
        faults.add("NOT_FOUND", "The product has no such license type.", "licenseTypeId")
    return offered.held


def _refusals(books: Books, held: Held, order: Order) -> Sequence[UserFault]:
    """For what the account's state or quota the order is refused."""
    faults = Faults()
    if books.state is AccountState.LOCKED:
        faults.add("ACCOUNT_LOCKED", "The account is locked: it orders no licenses.")
    if held.room is not None and order.quantity > held.room:
        faults.add("QUOTA_REACHED", "The product's quota would be passed: Sales can raise it.", "quantity")
    return faults.found


async def _draft(
    context: RequestContext,
    session: Transaction,
    books: Books,
    order: Order,
    held: Held,
    cycle: BillingCycle,
    tier: Tier,
) -> Draft:
    """The invoice of the added units alone, at the price of all, from today to the end of the period."""
    today = day_in(books.time_zone, context.now)
    amount = prorated(tier.unit_price_minor * order.quantity, today, cycle)
    line = Line(
        description=billed_for(held.name, today, cycle, rest=True),
        product_id=held.product_id,
        license_type_id=held.license_type_id,
        quantity=order.quantity,
        unit_price_minor=tier.unit_price_minor,
        amount_minor=amount,
    )
    tax = await tax_for(session, books, amount)
    return Draft(LedgerKind.INVOICE, LedgerCause.ORDER, amount, period_of(today, cycle), [line], tax)


async def _add(
    context: RequestContext, session: Transaction, books: Books, order: Order, priced: _Priced
) -> tuple[UUID, UUID]:
    """Add what was ordered, and tell of it: the pool's id and the subscription's, both of which may be new."""
    held, now = priced.held, context.now
    subscription_id, license_id = held.subscription_id, held.license_id
    if subscription_id is None:
        renews_at = period_after(day_in(books.time_zone, now), priced.cycle)
        subscription_id = await ordering.subscribe(session, books.id, held.product_id, priced.cycle, renews_at, now)
    if license_id is None:
        license_id = await ordering.open_pool(session, books.id, subscription_id, held, order.quantity, now)
    else:
        await ordering.change_pool(session, books.id, license_id, order.quantity)
    await tell_change(
        context,
        session,
        books,
        Action.LICENSES_ORDERED,
        held=held,
        license_id=license_id,
        subscription_id=subscription_id,
        after=held.quantity + order.quantity,
    )
    return license_id, subscription_id
