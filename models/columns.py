"""How values leave the database: rendered by SQL as the API prints them, so that no row is decoded in Python."""

from typing import Any

from sqlalchemy import ColumnElement, Numeric, Text, case, cast, func, literal_column
from sqlalchemy.dialects.postgresql import ARRAY

from models.enums import ServerState

NOW = "now"
"""The bind parameter that holds the request's time."""

ZERO_DECIMAL_CURRENCIES = ("JPY",)
"""Currencies without minor units; all others that accounts can have are divided in hundredths."""

SEEN_WITHIN_HOURS = {ServerState.ACTIVE: 12, ServerState.SILENT: 48, ServerState.STALE: 30 * 24}
"""A server is in the first state whose bound its last check-in is within; past the last it is removable."""


def instant(column: Any) -> ColumnElement[str]:
    """A timestamp in UTC with milliseconds and `Z`."""
    return func.to_char(
        func.timezone(literal_column("'UTC'"), column), literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'""")
    )


def day(column: Any) -> ColumnElement[str]:
    """A date as ISO 8601 prints it."""
    return cast(column, Text)


def decimal_text(minor: Any, currency: Any) -> ColumnElement[str]:
    """An amount in minor units as a decimal with its currency's number of places."""
    whole = cast(cast(minor, Numeric(20, 0)), Text)
    hundredths = cast(cast(cast(minor, Numeric) / literal_column("100"), Numeric(20, 2)), Text)
    without_minor_units: list[Any] = [literal_column(f"'{code}'") for code in ZERO_DECIMAL_CURRENCIES]
    return case((currency.in_(without_minor_units), whole), else_=hundredths)


def money(name: str, minor: Any, currency: Any) -> dict[str, Any]:
    """The two columns of a Money value, named for an embedded `name`."""
    return {f"{name}_amount": decimal_text(minor, currency), f"{name}_currency": currency}


def address_text(column: Any) -> ColumnElement[str]:
    """An IP address without its prefix length."""
    return func.host(column)


def address_list(column: Any) -> ColumnElement[Any]:
    """A list of networks in CIDR notation."""
    return cast(column, ARRAY(Text))


def server_state(last_seen: Any, now: Any) -> ColumnElement[str]:
    """The state that a last check-in, `infinity` where there was none, amounts to at a time."""
    branches: list[tuple[Any, Any]] = [
        (last_seen == literal_column("'infinity'::timestamptz"), literal_column(f"'{ServerState.NEVER_SEEN.value}'"))
    ]
    for state, hours in SEEN_WITHIN_HOURS.items():
        since = now - literal_column(f"interval '{hours} hours'")
        branches.append((last_seen >= since, literal_column(f"'{state.value}'")))
    return case(*branches, else_=literal_column(f"'{ServerState.REMOVABLE.value}'"))
