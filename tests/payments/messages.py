"""The provider's messages, signed as it signs them."""

import json
import time
from typing import Any
from uuid import uuid4

import httpx
import stripe

from gateway.payments import WEBHOOKS
from gateway.payments.standin import StandIn
from gateway.settings import Settings


def secret_of(stand_in: StandIn) -> str:
    """What the provider signs with."""
    secret = stand_in.named_in(Settings()).stripe_webhook_secret
    assert secret is not None
    return secret.get_secret_value()


def message(kind: str, about: dict[str, Any], id_: str | None = None) -> str:
    """A message's body."""
    told = {"object": "event", "id": id_ or f"evt_{uuid4().hex}", "type": kind, "data": {"object": about}}
    return json.dumps(told)


def signed(body: str, secret: str, *, age: float = 0) -> dict[str, str]:
    """The headers of a message that was signed so many seconds ago."""
    at = int(time.time() - age)
    return {"Stripe-Signature": stripe.WebhookSignature.generate_signature_header(body, secret, at)}


async def tell(client: httpx.AsyncClient, stand_in: StandIn, body: str) -> int:
    """Send a message as the provider does; the status of the answer."""
    return (await client.post(WEBHOOKS, content=body, headers=signed(body, secret_of(stand_in)))).status_code
