"""Which payment provider an installation has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.settings import Settings
from resolvers.no_provider import NO_PROVIDER
from resolvers.ports import PaymentProvider


@asynccontextmanager
async def paying(settings: Settings) -> AsyncIterator[PaymentProvider]:
    """The provider that the settings name, for as long as the block runs; one that is never there without a key."""
    if settings.stripe_secret_key is None:
        yield NO_PROVIDER
        return
    from gateway.payments.adapter import StripeProvider  # noqa: PLC0415 (a third of a second, which not all need)

    provider = StripeProvider(settings)
    try:
        yield provider
    finally:
        await provider.close()
