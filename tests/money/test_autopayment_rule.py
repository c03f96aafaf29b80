"""Autopayment's rule as arithmetic: the numbers of the manual, and what holds for all others."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.autopayment import (
    LEAST_CHARGED_MINOR,
    Caps,
    Charged,
    Rule,
    allowed,
    due,
    falls_low,
    tries_again_at,
)
from models.enums import AutopaymentMode

OFF, REPAY, FUNDS = (AutopaymentMode[name] for name in ("OFF", "AUTO_REPAY", "AUTO_ADD_FUNDS"))
BALANCES = st.integers(-(10**12), 10**12)
AMOUNTS = st.integers(1, 10**9)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("balance", "charged"), [(-1_500, 2_000), (-13_420, 13_420), (-1, 2_000), (-2_000, 2_000), (-2_001, 2_001), (0, 0)]
)
def test_a_debt_is_repaid_with_twenty_at_least(balance: int, charged: int) -> None:
    assert due(Rule(REPAY), balance) == charged


@pytest.mark.parametrize(
    ("balance", "charged"), [(9_999, 5_001), (10_000, 0), (10_001, 0), (0, 15_000), (-700, 15_700)]
)
def test_funds_are_added_up_to_the_target(balance: int, charged: int) -> None:
    assert due(Rule(FUNDS, 10_000, 15_000), balance) == charged


@given(BALANCES, AMOUNTS, st.integers(0, 10**9))
def test_what_is_charged_leaves_nothing_due(balance: int, threshold: int, more: int) -> None:
    target = threshold + more
    for rule in (Rule(REPAY, threshold, target), Rule(FUNDS, threshold, target), Rule(OFF, threshold, target)):
        charged = due(rule, balance)
        assert charged >= 0
        assert due(rule, balance + charged) == 0
    assert due(Rule(OFF, threshold, target), balance) == 0
    assert balance + due(Rule(FUNDS, threshold, target), balance) == (target if balance < threshold else balance)
    after_repayment = balance + due(Rule(REPAY), balance)
    assert after_repayment == balance if balance >= 0 else 0 <= after_repayment < 2_000


@given(st.lists(AMOUNTS, min_size=1, max_size=20), st.integers(0, 10**10), st.integers(1, 12))
def test_a_day_is_bounded_in_sum_and_number(wanted: list[int], daily: int, times: int) -> None:
    caps, charged = Caps(daily_minor=daily, daily_charges=times), Charged()
    for amount in wanted:
        now = allowed(amount, charged, caps)
        assert now == 0 or LEAST_CHARGED_MINOR <= now <= amount
        charged = Charged(charged.sum_minor + now, charged.times + (now > 0))
    assert charged.sum_minor <= daily
    assert charged.times <= times


@given(BALANCES, BALANCES, st.none() | AMOUNTS)
def test_a_fall_is_one_way_and_once(before: int, after: int, threshold: int | None) -> None:
    low = 10_000 if threshold is None else threshold
    assert falls_low(threshold, before, after) is (before >= low and after < low)
    assert not (falls_low(threshold, before, after) and falls_low(threshold, after, after - 1))


def test_pauses_double_up_to_a_week() -> None:
    pauses = [tries_again_at(NOON, declines) - NOON for declines in range(1, 9)]
    assert pauses[:5] == [timedelta(hours=hours) for hours in (6, 12, 24, 48, 96)]
    assert pauses[5:] == [timedelta(days=7)] * 3
    assert tries_again_at(NOON, 10_000) - NOON == timedelta(days=7)
