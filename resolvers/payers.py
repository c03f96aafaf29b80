"""Making an account known to the payment provider, once, the first time that it has to do with it."""

from uuid import UUID

from models.db import Database
from models.queries import payers
from models.queries.payers import Payer
from resolvers.ports import PaymentProvider


async def customer_of(db: Database, payments: PaymentProvider, account_id: UUID) -> str:
    """The customer that an account is to the provider. It may have to ask: never call it inside a transaction.

    It is noted in a transaction of its own, which stands whatever becomes of what it was asked for.
    """
    async with db.read() as reader:
        found = await payers.payer(reader, account_id)
    return await known(db, payments, account_id, found)


async def known(db: Database, payments: PaymentProvider, account_id: UUID, payer: Payer) -> str:
    """The customer that a payer is, or becomes."""
    if payer.customer is not None:
        return payer.customer
    made = await payments.customer(account_id, payer.name, payer.email)
    async with db.apart.write() as session:
        return await payers.remember(session, account_id, made)
