"""Beginning to add a card: its holder gives it to the payment provider alone, and comes back with what was begun."""

from urllib.parse import urlsplit

from models.errors import UserFault
from models.queries import payers
from models.queries.payment_methods import MOST_METHODS
from resolvers import throttling
from resolvers.acting import acting
from resolvers.cards import answering
from resolvers.context import RequestContext
from resolvers.payers import known
from resolvers.throttling import Guarded

MOST_OF_A_URL = 2_000
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


async def begin_payment_method(context: RequestContext, return_url: str | None) -> str:
    """Begin; the client secret that the provider's page needs. It is stored nowhere.

    Whoever tries stolen cards would begin again and again: an account can only so often.
    """
    account_id = acting(context).account_id
    _judge(return_url)
    async with context.db.read() as reader:
        payer = await payers.payer(reader, account_id)
    if payer.methods >= MOST_METHODS:
        raise too_many()
    await throttling.attempt(context, Guarded.CARD, str(account_id))
    with answering():
        customer = await known(context.db, context.payments, account_id, payer)
        return await context.payments.begin_method(customer, return_url)


def too_many() -> UserFault:
    """There is no room for another card."""
    return UserFault("LIMIT_REACHED", f"There are {MOST_METHODS} payment methods already: remove one first.")


def _judge(return_url: str | None) -> None:
    """A browser is led there by somebody else's page: only over TLS, or to this very machine, and with no password."""
    if return_url is None:
        return
    parts = urlsplit(return_url)
    if len(return_url) > MOST_OF_A_URL:
        raise UserFault("TOO_LONG", f"This is longer than {MOST_OF_A_URL} characters.", ["returnUrl"])
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise UserFault("INVALID", "This must begin with https://.", ["returnUrl"])
    if "@" in parts.netloc or not return_url.isprintable():
        raise UserFault("INVALID", "This must be a plain address, without a user and a password.", ["returnUrl"])
