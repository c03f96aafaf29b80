"""Adding a card that the payment provider has confirmed. A card that is there already is renewed, not added twice."""

from uuid import UUID

from models.audit import Action, Change
from models.db import Transaction
from models.errors import UserFault
from models.queries import accounts, audit, payment_methods
from models.queries.payment_methods import MOST_METHODS
from models.tables import PaymentMethod
from resolvers.acting import acting, origin
from resolvers.begin_payment_method import too_many
from resolvers.cards import answering, choose, label, renew, target
from resolvers.context import RequestContext
from resolvers.payers import customer_of
from resolvers.ports import Card, MethodRefused

FIELD = ["providerToken"]


async def confirmed_card(context: RequestContext, token: str) -> Card:
    """The card that a token stands for. The provider is asked, so this comes before any transaction."""
    with answering():
        customer = await customer_of(context.db, context.payments, acting(context).account_id)
        try:
            card = await context.payments.confirmed_method(customer, token)
        except MethodRefused as refused:
            raise UserFault(refused.code, refused.message, FIELD) from None
    if card.expires_on < context.now.date():
        raise UserFault("INVALID", "This card is good no longer.", FIELD)
    return card


async def add_payment_method(context: RequestContext, card: Card, *, make_default: bool) -> UUID:
    """Store a card; its id. An account's first one is its default."""
    account_id = acting(context).account_id
    async with context.db.write() as session:
        await accounts.hold(session, account_id)
        held = await payment_methods.held(session, account_id)
        same = next((method for method in held if _same(method, card)), None)
        if same is not None:
            await _renewed(context, session, same, card, make_default=make_default)
            return same.id
        if len(held) >= MOST_METHODS:
            raise too_many()
        method = _method(context, card)
        session.add(method)
        await session.flush()
        if make_default or not held:
            await payment_methods.make_default(session, method)
        changes = [Change("paymentMethod", None, label(card)), Change("isDefault", None, make_default or not held)]
        await audit.record(session, origin(context), Action.PAYMENT_METHOD_ADDED, target(method), changes)
    return method.id


def _same(method: PaymentMethod, card: Card) -> bool:
    """Whether it is one card, though the provider may have been given it several times."""
    known = method.fingerprint is not None and method.fingerprint == card.fingerprint
    return known or method.provider_reference == card.reference


async def _renewed(
    context: RequestContext, session: Transaction, method: PaymentMethod, card: Card, *, make_default: bool
) -> None:
    if method.provider_reference != card.reference and await payment_methods.is_charged(session, method):
        raise UserFault("PAYMENT_PENDING", "This card is just being charged: try again later.", FIELD)
    await renew(session, method, card, origin(context))
    if make_default:
        await choose(session, method, origin(context))


def _method(context: RequestContext, card: Card) -> PaymentMethod:
    return PaymentMethod(
        account_id=acting(context).account_id,
        brand=card.brand,
        last4=card.last4,
        expires_on=card.expires_on,
        is_default=False,
        provider_reference=card.reference,
        fingerprint=card.fingerprint,
        created_at=context.now,
    )
