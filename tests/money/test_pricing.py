"""Tiers and parts of periods, against fractions reckoned another way."""

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import BillingCycle
from models.pricing import Tier, billed_for, prorated, rounded, tier_of

MONTHLY, YEARLY = BillingCycle.MONTHLY, BillingCycle.YEARLY
TIERS = [Tier(500, 225), Tier(1, 395), Tier(50, 255), Tier(2, 295)]
"""KernelCare's public list, in no order."""


@pytest.mark.parametrize(
    ("quantity", "price"), [(1, 395), (2, 295), (49, 295), (50, 255), (499, 255), (500, 225), (10**6, 225)]
)
def test_the_tier_of_a_quantity_begins_at_or_below_it(quantity: int, price: int) -> None:
    tier = tier_of(TIERS, quantity)
    assert tier is not None
    assert tier.unit_price_minor == price


def test_there_is_no_tier_below_the_first_one() -> None:
    assert tier_of(TIERS, 0) is None
    assert tier_of([], 5) is None


@pytest.mark.parametrize(
    ("day", "cycle", "whole", "left"),
    [
        (date(2026, 11, 1), MONTHLY, 395, 395),
        (date(2026, 11, 16), MONTHLY, 395, 198),  # 197.5: to the even one
        (date(2026, 11, 16), MONTHLY, 397, 198),  # 198.5: to the even one
        (date(2026, 11, 30), MONTHLY, 395, 13),
        (date(2027, 2, 15), MONTHLY, 2_800, 1_400),
        (date(2028, 2, 29), MONTHLY, 2_900, 100),
        (date(2026, 12, 31), YEARLY, 36_500, 100),
        (date(2028, 12, 31), YEARLY, 36_600, 100),
        (date(2026, 1, 1), YEARLY, 3_950, 3_950),
    ],
)
def test_today_is_included_to_the_end_of_the_period(day: date, cycle: BillingCycle, whole: int, left: int) -> None:
    assert prorated(whole, day, cycle) == left


@given(st.integers(-(10**15), 10**15), st.integers(1, 400))
def test_halves_go_to_the_even_one(numerator: int, denominator: int) -> None:
    with localcontext(prec=60):
        exact = (Decimal(numerator) / denominator).quantize(Decimal(1), ROUND_HALF_EVEN)
    assert rounded(numerator, denominator) == exact == round(Fraction(numerator, denominator))


@given(st.integers(0, 10**12), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(BillingCycle))
def test_a_later_day_never_costs_more_nor_a_part_more_than_the_whole(
    whole: int, day: date, cycle: BillingCycle
) -> None:
    left = prorated(whole, day, cycle)
    assert 0 <= left <= whole
    after = day + timedelta(days=1)
    if after.day != 1:
        assert prorated(whole, after, cycle) <= left


def test_a_line_says_what_it_bills_and_no_price() -> None:
    day = date(2026, 9, 5)
    assert billed_for("PHP", day, MONTHLY) == "PHP, server licenses, September 2026"
    assert billed_for("PHP", day, YEARLY) == "PHP, server licenses, 2026"
    assert billed_for("PHP", day, MONTHLY, rest=True) == "PHP, server licenses, September 2026, from 2026-09-05"
