"""How Stripe is called: over one pool of connections, for a bounded time, with its failures told in our own words."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import stripe
import structlog

from resolvers.ports import ProviderUnavailable

_log = structlog.get_logger(__name__)

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
RETRIES = 1
"""Once more after a lost connection or a conflict: the library sends the same idempotency key then."""


class Connections(stripe.HTTPXClient):
    """The library's own pool. What is on this machine is reached without the proxy that the environment may name."""

    def __init__(self, api_base: str, seconds: float) -> None:
        super().__init__(timeout=seconds)
        if urlsplit(api_base).hostname in LOOPBACK:
            self._client_async = httpx.AsyncClient(trust_env=False)

    def _get_request_args_kwargs(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any
    ) -> tuple[tuple[str, str], dict[str, Any]]:
        """What is sent, by the name that the HTTP client has for an encoded body today."""
        where, how = super()._get_request_args_kwargs(method, url, headers, post_data)
        body = how.pop("data")
        return where, how | ({"content": body} if body else {})

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client_async.aclose()


@asynccontextmanager
async def asking(what: str, seconds: float, *refusals: type[stripe.StripeError]) -> AsyncIterator[None]:
    """Bound what is asked in the block; raise ProviderUnavailable where nobody can say whether it was done.

    These refusals are for good, and left to the block's caller. Neither the log nor the exception has an error's
    message: it may quote what was sent or answered.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except refusals:
        raise
    except TimeoutError:
        _log.warning("payments.unavailable", asked=what, error="TimeoutError")
    except stripe.StripeError as error:
        told = {"status": error.http_status, "code": error.code, "provider_request": error.request_id}
        _log.warning("payments.unavailable", asked=what, error=type(error).__name__, **told)
    else:
        return
    raise ProviderUnavailable(what)
