"""Moving money from a reseller's balance to a customer's: both ledgers move in one transaction, or neither."""

from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import CUSTOMER
from models.enums import AccountState
from models.errors import UserFault
from models.kinds import LedgerCause, LedgerKind
from models.queries import audit, customers, ledger
from models.queries.audit import Deed
from models.queries.ledger import MOST_MINOR, Books, Draft
from resolvers.acting import acting, booked_by, origin
from resolvers.amounts import Amount, minor_units
from resolvers.booking import book
from resolvers.context import RequestContext


async def transfer_funds(context: RequestContext, customer_id: UUID, given: Amount) -> UUID:
    """Give a customer some of the money that the caller's account holds. It cannot give what it has not.

    A locked customer takes it: that is how a debt is paid. A locked reseller gives nothing.
    """
    me = acting(context).account_id
    async with context.db.write() as session:
        reseller, customer = await _held(session, me, customer_id)
        minor = _judged(reseller, customer, given)
        paid = Draft(LedgerKind.TRANSFER, LedgerCause.TRANSFER, -minor)
        await book(session, reseller, paid, booked_by(context), context.now)
        received = Draft(LedgerKind.TRANSFER, LedgerCause.TRANSFER, minor)
        await book(session, customer, received, f"Reseller {reseller.number}", context.now)
        changes = [Change("amount", None, f"{given.amount} {given.currency}")]
        deed = Deed(customer.id, Action.FUNDS_TRANSFERRED, Target(CUSTOMER, customer.id, customer.number), changes)
        await audit.record_all(session, origin(context), [deed])
    return customer_id


async def _held(session: Transaction, me: UUID, customer_id: UUID) -> tuple[Books, Books]:
    """Both accounts, held in the order of their ids, so that transfers never wait for each other in a ring."""
    if not await customers.is_customer(session, me, customer_id):
        raise UserFault("NOT_FOUND", "You have no such customer.", ["customerId"])
    books = await ledger.hold(session, [me, customer_id])
    return books[me], books[customer_id]


def _judged(reseller: Books, customer: Books, given: Amount) -> int:
    """The amount in minor units, where it can be moved."""
    if reseller.state is AccountState.LOCKED:
        raise UserFault("ACCOUNT_LOCKED", "The account is locked: it transfers nothing.")
    if reseller.currency != customer.currency:
        raise UserFault("CONFLICT", "The customer's account is kept in another currency.", ["customerId"])
    try:
        minor = minor_units(given, reseller.currency, most=MOST_MINOR)
    except UserFault as fault:
        raise UserFault(fault.code, fault.message, ["amount", *(fault.field or ())]) from None
    if reseller.balance_minor < minor:
        raise UserFault("INSUFFICIENT_FUNDS", "The account holds less than that.", ["amount"])
    return minor
