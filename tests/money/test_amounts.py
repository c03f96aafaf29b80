"""Amounts as they are typed: exact in minor units, or refused by name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UserFault
from resolvers.amounts import Amount, minor_units

MOST = 1_000_000


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [("0.01", "USD", 1), ("134.20", "USD", 13_420), ("19.9", "EUR", 1_990), ("10000", "GBP", MOST), ("20", "JPY", 20)],
)
def test_an_amount_is_whole_minor_units(typed: str, currency: str, minor: int) -> None:
    assert minor_units(Amount(Decimal(typed), currency), currency, most=MOST) == minor


@pytest.mark.parametrize(
    ("typed", "currency", "code", "field"),
    [
        ("0", "USD", "INVALID", "amount"),
        ("-20", "USD", "INVALID", "amount"),
        ("0.5", "JPY", "INVALID", "amount"),
        ("20", "EUR", "INVALID", "currency"),
        ("20", "usd", "INVALID", "currency"),
        ("10000.01", "USD", "LIMIT_REACHED", "amount"),
        ("999999999999.99", "USD", "LIMIT_REACHED", "amount"),
    ],
)
def test_what_cannot_be_is_refused_and_not_repeated(typed: str, currency: str, code: str, field: str) -> None:
    with pytest.raises(UserFault) as refused:
        minor_units(Amount(Decimal(typed), currency), "JPY" if currency == "JPY" else "USD", most=MOST)
    assert (refused.value.code, refused.value.field) == (code, (field,))
    assert typed not in refused.value.message


@given(st.integers(1, MOST))
def test_every_amount_comes_back(minor: int) -> None:
    assert minor_units(Amount(Decimal(minor) / 100, "USD"), "USD", most=MOST) == minor
