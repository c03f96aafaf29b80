"""Billed periods: calendar months and years, as days in an account's time zone."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from models.enums import BillingCycle


def day_in(zone: str, at: datetime) -> date:
    """The calendar day that a moment falls on in a time zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def period_of(day: date, cycle: BillingCycle) -> date:
    """The first day of the period that a day is in."""
    return day.replace(day=1) if cycle is BillingCycle.MONTHLY else day.replace(month=1, day=1)


def period_after(day: date, cycle: BillingCycle) -> date:
    """The first day of the period after the one that a day is in."""
    first = period_of(day, cycle)
    if cycle is BillingCycle.YEARLY or first.month == 12:
        return date(first.year + 1, 1, 1)
    return first.replace(month=first.month + 1)


def periods_due(renews_at: date, today: date, cycle: BillingCycle) -> Iterator[date]:
    """The first days of the periods that have begun since a subscription was to be renewed, the oldest first."""
    first = period_of(renews_at, cycle)
    while first <= today:
        yield first
        first = period_after(first, cycle)
