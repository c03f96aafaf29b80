"""Removing a card. What autopayment charges is the default then; its last card stays until it is switched off."""

from uuid import UUID

from models.errors import UserFault
from models.queries import accounts, payment_methods
from resolvers.acting import acting, origin
from resolvers.cards import drop, is_needed
from resolvers.context import RequestContext


async def remove_payment_method(context: RequestContext, method_id: UUID) -> UUID:
    """Remove a card of the caller's account; the account's id."""
    account_id = acting(context).account_id
    async with context.db.write() as session:
        account = await accounts.lock(session, account_id)
        held = await payment_methods.held(session, account_id)
        method = next((one for one in held if one.id == method_id), None)
        if method is None:
            raise UserFault("NOT_FOUND", "The account has no such payment method.", ["id"])
        if await payment_methods.is_charged(session, method):
            raise UserFault("PAYMENT_PENDING", "This card is just being charged: try again later.", ["id"])
        if is_needed(account, held):
            message = "Autopayment charges this card: add another one first, or switch autopayment off."
            raise UserFault("CONFLICT", message, ["id"])
        await drop(session, account, held, method, origin(context))
    return account_id
