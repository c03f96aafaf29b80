"""What the user can mend, as data: codes that a program can act on, and a sentence for a person."""

from enum import Enum
from typing import Any

import strawberry

from models.errors import UserFault
from schema.directives import sized
from schema.kinds import Column, column, field


def _value(name: str, description: str) -> Any:
    return strawberry.enum_value(name, description=description)


@strawberry.enum(description="Why something was refused that the user can mend.")
class UserErrorCode(Enum):
    """The closed list of codes. Clients decide by them, so a code never changes its meaning."""

    INVALID = _value("INVALID", "The value is not one that is possible here.")
    REQUIRED = _value("REQUIRED", "A value is needed here.")
    TOO_LONG = _value("TOO_LONG", "The value is longer than there is room for.")
    TAKEN = _value("TAKEN", "Another one has this value already.")
    NOT_FOUND = _value("NOT_FOUND", "There is no such thing within one's reach.")
    CONFLICT = _value("CONFLICT", "It does not fit what is there now; look again, then decide.")
    LIMIT_REACHED = _value("LIMIT_REACHED", "There may be no more of these.")
    INVALID_CREDENTIALS = _value("INVALID_CREDENTIALS", "The e-mail or the password is wrong.")
    TWO_FACTOR_REQUIRED = _value(
        "TWO_FACTOR_REQUIRED", "The login has two-factor authentication: a code is needed too."
    )
    TWO_FACTOR_INVALID = _value("TWO_FACTOR_INVALID", "The code is wrong, has run out, or was used before.")
    WEAK_PASSWORD = _value("WEAK_PASSWORD", "The password is too easy to guess.")
    TOKEN_EXPIRED = _value("TOKEN_EXPIRED", "The link has run out or was used; ask for a new one.")
    THROTTLED = _value("THROTTLED", "Too many attempts; `retryAfterMs` says when to try again.")
    ACCOUNT_LOCKED = _value("ACCOUNT_LOCKED", "The account is locked: it can sign in and pay, and nothing else.")
    UNKNOWN_KEY = _value("UNKNOWN_KEY", "There is no such activation key.")
    KEY_LIMIT_REACHED = _value("KEY_LIMIT_REACHED", "The activation key's own limit of servers is reached.")
    LICENSE_POOL_EXHAUSTED = _value("LICENSE_POOL_EXHAUSTED", "All licenses of this type are in use.")
    ADDRESS_NOT_ALLOWED = _value("ADDRESS_NOT_ALLOWED", "The activation key does not allow this address.")
    NOT_SUBSCRIBED = _value("NOT_SUBSCRIBED", "The account is not subscribed to the product.")
    DEFAULT_KEY = _value("DEFAULT_KEY", "The default key of a license type cannot be removed.")
    LIMIT_BELOW_USE = _value("LIMIT_BELOW_USE", "The limit is lower than what is in use.")
    LICENSES_IN_USE = _value("LICENSES_IN_USE", "More licenses would go than are free.")
    QUOTA_REACHED = _value("QUOTA_REACHED", "The product's quota is reached; Sales can raise it.")
    PAYMENT_DECLINED = _value("PAYMENT_DECLINED", "The payment was declined.")
    PAYMENT_METHOD_REQUIRED = _value("PAYMENT_METHOD_REQUIRED", "There is no payment method to charge.")
    PAYMENT_ACTION_REQUIRED = _value("PAYMENT_ACTION_REQUIRED", "The card's holder has to confirm the payment.")
    PAYMENT_PENDING = _value("PAYMENT_PENDING", "The payment provider has not answered yet.")
    PAYMENT_PROVIDER_UNAVAILABLE = _value("PAYMENT_PROVIDER_UNAVAILABLE", "The payment provider cannot be reached.")
    INSUFFICIENT_FUNDS = _value("INSUFFICIENT_FUNDS", "The balance does not cover it.")


@strawberry.type(description="Something in the input that the user can mend.")
class UserError:
    """An entry of a payload's `userErrors`."""

    code: UserErrorCode = column("What is wrong, for programs.")
    message: str = column("What is wrong, for people. It never holds amounts or secrets.")
    field: list[str] | None = column(
        "The path inside `input`, list indexes as digits; null where no single field is at fault."
    )
    retry_after_ms: int | None = column("When to try again, in milliseconds from now; null where time does not help.")


def user_errors(description: str) -> Any:
    """Declare a payload's `userErrors`, of which there is usually none."""
    return field(description, Column(), directives=sized(1))


def user_error(fault: UserFault) -> dict[str, object]:
    """The entry for a fault, its code by name: an answer that is given again is read from JSON."""
    return {
        "code": UserErrorCode[fault.code].name,
        "message": fault.message,
        "field": None if fault.field is None else list(fault.field),
        "retry_after_ms": fault.retry_after_ms,
    }
