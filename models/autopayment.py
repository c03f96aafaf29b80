"""Autopayment's rule: when a balance is filled without asking, and by how much. Arithmetic over minor units alone.

What the rule calls for is charged within bounds: so much and so often within a day, and after a decline only when a
pause is over, which is twice as long each time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.enums import AutopaymentMode

LEAST_REPAID_MINOR = 2_000
"""A debt is repaid with no less: 20.00, and 2,000 in a currency without minor units."""

DEFAULT_THRESHOLD_MINOR = 10_000
"""The balance that is low where an account names none."""

LEAST_CHARGED_MINOR = 50
"""No payment provider charges less: what is smaller waits until it has grown."""

DAY = timedelta(hours=24)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=6), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Rule:
    """An account's settings. Adding funds needs both amounts, with a target that is no less than the threshold."""

    mode: AutopaymentMode
    threshold_minor: int | None = None
    target_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Caps:
    """The bounds of this installation, in minor units of each account's currency.

    `most_minor` is the greatest threshold and target, the others hold for any 24 hours of an account.
    """

    most_minor: int = 1_000_000
    daily_minor: int = 2_500_000
    daily_charges: int = 10


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most of one top-up, in minor units of an account's currency."""

    least_minor: int = 100
    most_minor: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Charged:
    """What autopayment has charged an account within the last 24 hours, or tried to: the sum leaves declines out."""

    sum_minor: int = 0
    times: int = 0


def due(rule: Rule, balance_minor: int) -> int:
    """What the rule calls for at this balance; nothing is 0."""
    if rule.mode is AutopaymentMode.AUTO_REPAY and balance_minor < 0:
        return max(LEAST_REPAID_MINOR, -balance_minor)
    if (
        rule.mode is AutopaymentMode.AUTO_ADD_FUNDS
        and rule.threshold_minor is not None
        and rule.target_minor is not None
    ):
        return rule.target_minor - balance_minor if balance_minor < rule.threshold_minor else 0
    return 0


def allowed(due_minor: int, charged: Charged, caps: Caps) -> int:
    """As much of what is due as the day's bounds leave; 0 where that is nothing, or too little to be charged."""
    if charged.times >= caps.daily_charges:
        return 0
    most = min(due_minor, caps.daily_minor - charged.sum_minor)
    return most if most >= LEAST_CHARGED_MINOR else 0


def low_below(threshold_minor: int | None) -> int:
    """The balance below which an account is told: the threshold it has set, whatever the mode, or the default."""
    return DEFAULT_THRESHOLD_MINOR if threshold_minor is None else threshold_minor


def falls_low(threshold_minor: int | None, before_minor: int, after_minor: int) -> bool:
    """Whether a booking has taken a balance below what is low: once for each fall, however low it goes on falling."""
    return after_minor < low_below(threshold_minor) <= before_minor


def tries_again_at(declined_at: datetime, declines: int) -> datetime:
    """When a card is charged again after so many declines in a row."""
    return declined_at + min(FIRST_PAUSE * (1 << min(declines - 1, 10)), LONGEST_PAUSE)
