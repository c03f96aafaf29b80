"""Amounts of money as an input gives them, turned into the whole minor units that are stored. Nothing is a float."""

from dataclasses import dataclass
from decimal import Decimal

from models.columns import ZERO_DECIMAL_CURRENCIES
from models.errors import UserFault


@dataclass(frozen=True, slots=True)
class Amount:
    """What was typed: an amount in a currency's major unit."""

    amount: Decimal
    currency: str


def places(currency: str) -> int:
    """How many decimal places a currency has."""
    return 0 if currency in ZERO_DECIMAL_CURRENCIES else 2


def minor_units(given: Amount, currency: str, *, least: int = 1, most: int) -> int:
    """The amount in minor units of an account's currency, from `least` to `most` of them; a fault names the field.

    What is refused is not repeated in the message: no message holds an amount.
    """
    if given.currency != currency:
        raise UserFault("INVALID", "This is not the currency of the account.", ["currency"])
    scaled = given.amount.scaleb(places(currency))
    minor = int(scaled)
    if minor != scaled:
        raise UserFault("INVALID", "The currency has fewer decimal places than this.", ["amount"])
    if minor < least:
        raise UserFault("INVALID", "This is less than is possible here.", ["amount"])
    if minor > most:
        raise UserFault("LIMIT_REACHED", "This is more than is possible here.", ["amount"])
    return minor


def decimal(minor: int, currency: str) -> Decimal:
    """An amount in the currency's major unit, with all of its decimal places."""
    return Decimal(minor).scaleb(-places(currency))


def shown(minor: int | None, currency: str) -> str | None:
    """An amount as the audit log writes it; nothing stays nothing."""
    return None if minor is None else f"{decimal(minor, currency)} {currency}"
