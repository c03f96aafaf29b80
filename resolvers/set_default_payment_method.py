"""Choosing the card that is charged where no other is named."""

from uuid import UUID

from models.errors import UserFault
from models.queries import accounts, payment_methods
from resolvers.acting import acting, origin
from resolvers.cards import choose
from resolvers.context import RequestContext


async def set_default_payment_method(context: RequestContext, method_id: UUID) -> UUID:
    """Make a card of the caller's account the default; the account's id."""
    account_id = acting(context).account_id
    async with context.db.write() as session:
        await accounts.hold(session, account_id)
        held = await payment_methods.held(session, account_id)
        method = next((one for one in held if one.id == method_id), None)
        if method is None:
            raise UserFault("NOT_FOUND", "The account has no such payment method.", ["id"])
        await choose(session, method, origin(context))
    return account_id
