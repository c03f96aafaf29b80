"""Deleting licenses: the pool shrinks at once, without a refund, and never below what servers use.

See docs/decisions/keys-outlive-their-pool.md for what becomes of keys whose pool is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.audit import Action
from models.db import Transaction
from models.errors import UserFault, UserFaults
from models.pricing import tier_of
from models.queries import ledger, ordering
from models.queries.ledger import Books
from models.queries.ordering import Held
from models.tables import License
from resolvers.acting import acting
from resolvers.context import RequestContext
from resolvers.licensing import Quote, Quoted, quantity, tell_change
from resolvers.renewing import renew
from resolvers.taxing import tax_for
from resolvers.tenants import tenant_of


@dataclass(frozen=True, slots=True)
class Deletion:
    """How many licenses of which pool are deleted."""

    license_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """The pool and the subscription that are left; None where they ended."""

    license_id: UUID | None
    subscription_id: UUID | None


async def delete_licenses(context: RequestContext, deletion: Deletion) -> Deleted:
    """Delete licenses that no server uses. What is due is billed before, for what was held until now."""
    number = _quantity(deletion)

    async def work(session: Transaction) -> Deleted:
        tenant = await tenant_of(context, session, License, deletion.license_id, _missing())
        books = (await ledger.hold(session, [tenant.id]))[tenant.id]
        held = _found(await ordering.pool(session, books.id, deletion.license_id, hold=True), number)
        refusals = _refusals(held, number)
        if refusals:
            raise UserFaults(refusals)
        await renew(session, books, context.now)
        return await _take(context, session, books, held, deletion)

    return await context.db.transact(work)


async def quote_deletion(context: RequestContext, deletion: Deletion) -> Quoted:
    """What deleting would come to. Nothing is held or changed."""
    number, me = _quantity(deletion), acting(context).account_id
    async with context.db.write() as session:
        account_id = await ordering.owner_of_pool(session, me, deletion.license_id)
        books = None if account_id is None else await ledger.look(session, me, account_id)
        if books is None:
            raise _missing()
        held = _found(await ordering.pool(session, books.id, deletion.license_id, hold=False), number)
        refusals = _refusals(held, number)
        if refusals:
            return Quoted(Quote(held.free, None, None, books.currency), refusals)
        return Quoted(await _quote(session, books, held, held.quantity - number))


def _quantity(deletion: Deletion) -> int:
    try:
        return quantity(deletion.quantity)
    except UserFault as fault:
        raise UserFault(fault.code, fault.message, ["quantity"]) from None


def _missing() -> UserFault:
    return UserFault("NOT_FOUND", "There are no such licenses.", ["licenseId"])


def _found(held: Held | None, number: int) -> Held:
    """The pool, where it is there and has so many licenses."""
    if held is None:
        raise _missing()
    if number > held.quantity:
        raise UserFault("INVALID", "The account does not hold so many licenses of this type.", ["quantity"])
    return held


def _refusals(held: Held, number: int) -> Sequence[UserFault]:
    if number <= held.free:
        return []
    return [UserFault("LICENSES_IN_USE", "Servers use some of these licenses: remove servers first.", ["quantity"])]


async def _quote(session: Transaction, books: Books, held: Held, left: int) -> Quote:
    """What the licenses that stay will cost for the next whole period, with tax."""
    if left == 0:
        return Quote(held.free, None, 0, books.currency)
    tier = tier_of(await ordering.tiers(session, held.license_type_id, held.cycle, books.currency), left)
    if tier is None:
        return Quote(held.free, None, None, books.currency)
    amount = tier.unit_price_minor * left
    tax = await tax_for(session, books, amount)
    return Quote(held.free, tier, amount + tax.amount_minor, books.currency)


async def _take(context: RequestContext, session: Transaction, books: Books, held: Held, deletion: Deletion) -> Deleted:
    """Take the licenses away, and tell of it."""
    left = held.quantity - deletion.quantity
    deleted = Deleted(deletion.license_id, held.subscription_id)
    if left:
        await ordering.change_pool(session, books.id, deletion.license_id, -deletion.quantity)
    else:
        ended = await ordering.close_pool(session, books.id, held)
        deleted = Deleted(None, None if ended else held.subscription_id)
    await tell_change(
        context,
        session,
        books,
        Action.LICENSES_DELETED,
        held=held,
        license_id=deletion.license_id,
        subscription_id=held.subscription_id,
        after=left,
    )
    return deleted
