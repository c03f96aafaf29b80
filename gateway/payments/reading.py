"""What Stripe answers, in the port's words. Answers come as plain dictionaries: a field may be missing in any."""

import calendar
from collections.abc import Mapping
from datetime import date
from typing import Any

from models.enums import PaymentStatus
from resolvers.ports import Card, MethodRefused, Outcome, ProviderEvent

Answer = Mapping[str, Any]

KEY = "payment_key"
"""The metadata entry that says which charge of ours an intent is."""

REFUND_KEY = "refund_key"
"""The metadata entry that says which refund of ours one of the provider's is."""

BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
}

STATUSES = {
    "succeeded": PaymentStatus.SUCCEEDED,
    "requires_action": PaymentStatus.REQUIRES_ACTION,
    "requires_payment_method": PaymentStatus.FAILED,
    "canceled": PaymentStatus.FAILED,
}
"""Every other status is one that passes."""

UNCONFIRMED = {"authentication_required", "payment_intent_authentication_failure"}
"""The errors of a charge whose card's holder did not confirm it, or was not there to."""


def card(method: Answer) -> Card:
    """A card that Stripe keeps; MethodRefused for what is none."""
    details = method.get("card")
    if method.get("type") != "card" or not isinstance(details, Mapping):
        raise MethodRefused("INVALID", "Only cards can be used.")
    brand = str(details.get("brand") or "card")
    year, month = int(details["exp_year"]), int(details["exp_month"])
    return Card(
        reference=method["id"],
        brand=BRANDS.get(brand, brand.capitalize()),
        last4=details["last4"],
        expires_on=date(year, month, calendar.monthrange(year, month)[1]),
        fingerprint=details.get("fingerprint"),
    )


def outcome(intent: Answer) -> Outcome:
    """Where an intent stands."""
    status = STATUSES.get(intent["status"], PaymentStatus.PENDING)
    failed, waits = status is PaymentStatus.FAILED, status is PaymentStatus.REQUIRES_ACTION
    return Outcome(
        reference=intent["id"],
        status=status,
        failure=_failure(intent) if failed else None,
        client_secret=intent["client_secret"] if waits else None,
    )


def _failure(intent: Answer) -> str:
    """Why an intent has failed. One that was given up without an error waited for its card's holder."""
    code = (intent.get("last_payment_error") or {}).get("code")
    if code is None and intent["status"] != "canceled":
        return "PAYMENT_METHOD_REQUIRED"
    return "PAYMENT_ACTION_REQUIRED" if code is None or code in UNCONFIRMED else "PAYMENT_DECLINED"


def unfinished(setup: Answer) -> MethodRefused:
    """Why a card that was begun cannot be added yet, or can no longer."""
    match setup["status"]:
        case "requires_action":
            return MethodRefused("PAYMENT_ACTION_REQUIRED", "The card's holder has not confirmed it yet.")
        case "processing":
            return MethodRefused("PAYMENT_PENDING", "The payment provider has not finished with this card yet.")
        case "canceled":
            return MethodRefused("PAYMENT_DECLINED", "The card was declined: begin anew.")
    if setup.get("last_setup_error"):
        return MethodRefused("PAYMENT_DECLINED", "The card was declined.")
    return MethodRefused("INVALID", "The payment provider has not been given the card yet.")


def event(told: Any) -> ProviderEvent | None:
    """A message whose signature was right; None where it is no event."""
    told = _mapping(told)
    if not isinstance(told.get("id"), str) or not isinstance(told.get("type"), str):
        return None
    about = _mapping(_mapping(told.get("data")).get("object"))
    match told["type"].partition(".")[0]:
        case "payment_intent":
            key = _mapping(about.get("metadata")).get(KEY)
            return ProviderEvent(told["id"], told["type"], payment=about.get("id"), key=key)
        case "payment_method":
            return ProviderEvent(told["id"], told["type"], method=about.get("id"))
        case "setup_intent":
            return ProviderEvent(told["id"], told["type"], method=about.get("payment_method"))
    return ProviderEvent(told["id"], told["type"])


def _mapping(value: Any) -> Answer:
    return value if isinstance(value, Mapping) else {}
