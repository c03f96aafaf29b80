"""The payment provider, spoken to through Stripe's own library."""

import hashlib
import re
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
import stripe
import structlog

from gateway.payments import reading
from gateway.payments.calls import RETRIES, Connections, asking
from gateway.settings import Settings
from models.enums import PaymentStatus
from resolvers.ports import (
    Card,
    Charge,
    EventRefused,
    MethodRefused,
    Outcome,
    ProviderEvent,
    ProviderUnavailable,
    RefundRefused,
)

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams, SetupIntentCreateParams

_log = structlog.get_logger(__name__)

SETUP, METHOD = re.compile(r"seti_[A-Za-z0-9]{1,100}"), re.compile(r"pm_[A-Za-z0-9_]{1,100}")
TOLERANCE_SECONDS = 300
"""So old may a message be when it arrives; one that is sent again is signed anew."""

CARD_PARAMETERS = ("customer", "payment_method")
NOT_FOUND = 404


class StripeProvider:
    """One Stripe account. Close it when nobody pays any more."""

    def __init__(self, settings: Settings) -> None:
        """Call it inside the running loop; nothing is sent yet."""
        key, secret = settings.stripe_secret_key, settings.stripe_webhook_secret
        self._seconds = settings.stripe_seconds
        self._webhook_secret = secret.get_secret_value() if secret else None
        self._connections = Connections(settings.stripe_api_base, self._seconds)
        self._api = stripe.StripeClient(
            key.get_secret_value() if key else "",
            base_addresses={"api": settings.stripe_api_base},
            http_client=self._connections,
            max_network_retries=RETRIES,
        ).v1

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    async def customer(self, account_id: UUID, name: str, email: str | None) -> str:
        """Make a customer, once for what is said of it: a key with other words beside it would be refused."""
        said = hashlib.sha256(f"{name}\n{email}".encode()).hexdigest()[:16]
        metadata = {"account": str(account_id)}
        options: stripe.RequestOptions = {"idempotency_key": f"customer-{account_id}-{said}"}
        async with asking("customer", self._seconds):
            made = await self._api.customers.create_async(
                {"name": name, "metadata": metadata, **({"email": email} if email else {})}, options
            )
        return made.id

    async def begin_method(self, customer: str, return_url: str | None) -> str:
        """Begin a SetupIntent. Stripe takes an address to return to only when the card is given, so we just note it."""
        async with asking("begin_method", self._seconds):
            made = await self._api.setup_intents.create_async(_setup(customer, return_url))
        if made.client_secret is None:
            raise ProviderUnavailable("begin_method")
        return made.client_secret

    async def confirmed_method(self, customer: str, token: str) -> Card:
        """Look the card up by its id or its SetupIntent's, and attach it to the customer where it is not yet."""
        reference = await self._given(customer, token) if SETUP.fullmatch(token) else token
        if not METHOD.fullmatch(reference):
            raise _no_such_card()
        try:
            async with asking("confirmed_method", self._seconds, stripe.InvalidRequestError, stripe.CardError):
                method = (await self._api.payment_methods.retrieve_async(reference)).to_dict()
                found = reading.card(method)
                if method.get("customer") is None:
                    await self._api.payment_methods.attach_async(method["id"], {"customer": customer})
        except stripe.CardError:
            raise MethodRefused("PAYMENT_DECLINED", "The card was declined.") from None
        except stripe.InvalidRequestError:
            raise _no_such_card() from None
        if method.get("customer") not in {None, customer}:
            raise _no_such_card()
        return found

    async def _given(self, customer: str, setup: str) -> str:
        """The card that a SetupIntent of this customer was confirmed with."""
        try:
            async with asking("confirmed_method", self._seconds, stripe.InvalidRequestError):
                found = (await self._api.setup_intents.retrieve_async(setup)).to_dict()
        except stripe.InvalidRequestError:
            raise _no_such_card() from None
        if found.get("customer") != customer:
            raise _no_such_card()
        if found["status"] != "succeeded":
            raise reading.unfinished(found)
        return str(found["payment_method"])

    async def method(self, reference: str) -> Card | None:
        """Look a card up; one without a customer is kept for nobody."""
        try:
            async with asking("method", self._seconds, stripe.InvalidRequestError):
                found = (await self._api.payment_methods.retrieve_async(reference)).to_dict()
        except stripe.InvalidRequestError:
            return None
        return reading.card(found) if found.get("customer") else None

    async def forget_method(self, reference: str) -> None:
        """Detach a card; what Stripe does not know, or keeps for nobody, is forgotten already."""
        try:
            async with asking("forget_method", self._seconds, stripe.InvalidRequestError):
                await self._api.payment_methods.detach_async(reference)
        except stripe.InvalidRequestError as error:
            _log.info("payments.nothing_to_forget", code=error.code)

    async def charge(self, charge: Charge) -> Outcome:
        """Make and confirm an intent in one call, which Stripe does once for the key, refusals included."""
        try:
            async with asking("charge", self._seconds, stripe.InvalidRequestError, stripe.CardError):
                made = await self._api.payment_intents.create_async(
                    _intent(charge), {"idempotency_key": f"charge-{charge.key}"}
                )
        except stripe.CardError as error:
            return _declined(error)
        except stripe.InvalidRequestError as error:
            _log.warning("payments.charge_refused", code=error.code, parameter=error.param)
            gone = error.http_status == NOT_FOUND or (error.param or "").startswith(CARD_PARAMETERS)
            return Outcome(None, PaymentStatus.FAILED, "PAYMENT_METHOD_REQUIRED" if gone else "PAYMENT_DECLINED")
        return reading.outcome(made.to_dict())

    async def outcome(self, reference: str) -> Outcome:
        """Read an intent. One that Stripe does not know may have been another Stripe account's: nobody can say."""
        async with asking("outcome", self._seconds):
            found = await self._api.payment_intents.retrieve_async(reference)
        return reading.outcome(found.to_dict())

    async def cancel(self, reference: str) -> Outcome:
        """Cancel an intent. One that has ended cannot be cancelled; then it is read."""
        try:
            async with asking("cancel", self._seconds, stripe.InvalidRequestError):
                cancelled = await self._api.payment_intents.cancel_async(reference)
        except stripe.InvalidRequestError:
            return await self.outcome(reference)
        return reading.outcome(cancelled.to_dict())

    async def refund(self, key: str, reference: str, amount_minor: int) -> str:
        """Refund a part of an intent, or all of it."""
        try:
            async with asking("refund", self._seconds, stripe.InvalidRequestError, stripe.CardError):
                made = await self._api.refunds.create_async(
                    {"payment_intent": reference, "amount": amount_minor, "metadata": {reading.REFUND_KEY: key}},
                    {"idempotency_key": f"refund-{key}"},
                )
        except (stripe.InvalidRequestError, stripe.CardError) as error:
            raise RefundRefused(error.code or "refused") from None
        return made.id

    async def refunded(self, key: str, reference: str) -> str | None:
        """Look among the refunds of an intent for the one that has the key in its metadata."""
        async with asking("refunded", self._seconds):
            found = await self._api.refunds.list_async({"payment_intent": reference, "limit": 100})
        made = [one.to_dict() for one in found.data]
        keyed = (one["id"] for one in made if (one.get("metadata") or {}).get(reading.REFUND_KEY) == key)
        return next(keyed, None)

    def event(self, body: bytes, signature: str) -> ProviderEvent:
        """Verify who has signed a message and when, and read what it is about."""
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._webhook_secret, TOLERANCE_SECONDS)
            found = reading.event(orjson.loads(body))
        except (stripe.SignatureVerificationError, ValueError, TypeError) as error:
            raise EventRefused(type(error).__name__) from None
        if found is None:
            raise EventRefused("it is no event")
        return found


def _setup(customer: str, return_url: str | None) -> "SetupIntentCreateParams":
    """What is asked of Stripe for a card that is kept to be charged later, when its holder may be away."""
    asked: SetupIntentCreateParams = {
        "customer": customer,
        "usage": "off_session",
        "allowed_payment_method_types": ["card"],
    }
    if return_url is not None:
        asked["metadata"] = {"return_url": return_url}
    return asked


def _intent(charge: Charge) -> "PaymentIntentCreateParams":
    """What is asked of Stripe for a charge; it must not lead the card's holder to a page and back."""
    asked: PaymentIntentCreateParams = {
        "amount": charge.amount_minor,
        "currency": charge.currency.lower(),
        "customer": charge.customer,
        "payment_method": charge.method,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "confirm": True,
        "description": charge.description,
        "metadata": {reading.KEY: charge.key},
    }
    if not charge.attended:
        asked["off_session"] = True
    return asked


def _declined(error: stripe.CardError) -> Outcome:
    """What became of an intent whose card was declined: Stripe tells it beside the error."""
    body = error.json_body if isinstance(error.json_body, dict) else {}
    intent = body.get("error", {}).get("payment_intent")
    return reading.outcome(intent) if intent else Outcome(None, PaymentStatus.FAILED, "PAYMENT_DECLINED")


def _no_such_card() -> MethodRefused:
    return MethodRefused("NOT_FOUND", "The payment provider knows no such card of this account.")
