"""What licenses cost: tiers, and the part of a period that is left. Whole numbers of minor units throughout."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.enums import BillingCycle
from models.periods import period_after, period_of

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of each unit from a quantity on."""

    from_quantity: int
    unit_price_minor: int


def tier_of(tiers: Sequence[Tier], quantity: int) -> Tier | None:
    """The tier that so many units are in, whose price holds for all of them; None where none begins so low."""
    reached = [tier for tier in tiers if tier.from_quantity <= quantity]
    return max(reached, key=lambda tier: tier.from_quantity, default=None)


def prorated(minor: int, day: date, cycle: BillingCycle) -> int:
    """What is left of a whole period's amount from a day on, that day included, rounded half-even."""
    after = period_after(day, cycle)
    return rounded(minor * (after - day).days, (after - period_of(day, cycle)).days)


def rounded(numerator: int, denominator: int) -> int:
    """A fraction, rounded to the nearest whole number, halves to the even one. The denominator is above zero."""
    whole, left = divmod(numerator, denominator)
    twice = 2 * left
    return whole + 1 if twice > denominator or (twice == denominator and whole % 2 == 1) else whole


def billed_for(name: str, day: date, cycle: BillingCycle, *, rest: bool = False) -> str:
    """How a line names what it bills: the period that a day is in, or the rest of it from that day on.

    It never holds a price: logins that may not see prices read it.
    """
    period = str(day.year) if cycle is BillingCycle.YEARLY else f"{MONTHS[day.month - 1]} {day.year}"
    what = f"{name}, server licenses, {period}"
    return f"{what}, from {day}" if rest else what
