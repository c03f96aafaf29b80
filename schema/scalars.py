"""The contract's scalars: strict on the way in, the database's own rendering on the way out."""

import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal as PythonDecimal
from typing import Any, NewType
from urllib.parse import urlsplit

import strawberry
from strawberry.types.scalar import ScalarDefinition

DateTime = NewType("DateTime", datetime)
Date = NewType("Date", date)
Decimal = NewType("Decimal", PythonDecimal)
EmailAddress = NewType("EmailAddress", str)
IPAddress = NewType("IPAddress", str)
URL = NewType("URL", str)

_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,2})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,253}")
_MOST_FRACTION = 6


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what}, given as a string.")  # noqa: TRY004 (graphql-core takes either for a bad value)
    return value


def _parse_date_time(value: Any) -> datetime:
    wanted = "Expected a date and time with an offset, such as 2026-01-31T09:30:00Z"
    text = _text(value, wanted).upper()
    if not _DATE_TIME.fullmatch(text):
        raise ValueError(f"{wanted}.")
    text = re.sub(r"\.(\d+)", lambda found: "." + found[1][:_MOST_FRACTION].ljust(_MOST_FRACTION, "0"), text)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{wanted}.") from None


def _parse_date(value: Any) -> date:
    wanted = "Expected a date, such as 2026-01-31"
    text = _text(value, wanted)
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"{wanted}.")


def parse_decimal(value: Any) -> PythonDecimal:
    """A decimal as clients write it; ValueError for anything else."""
    wanted = 'Expected a decimal string with at most two places, such as "19.90"'
    text = _text(value, wanted)
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{wanted}.")
    return PythonDecimal(text)


def _parse_email(value: Any) -> str:
    wanted = "Expected an e-mail address, such as name@example.com"
    text = _text(value, wanted)
    if not _EMAIL.fullmatch(text):
        raise ValueError(f"{wanted}.")
    return text


def _parse_ip(value: Any) -> str:
    wanted = "Expected an IPv4 or IPv6 address"
    text = _text(value, wanted)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"{wanted}.") from None
    if address.version == 4:
        return str(address)
    if address.scope_id is not None:
        raise ValueError(f"{wanted}, without the name of an interface.")
    return str(address.ipv4_mapped or address)


def _parse_url(value: Any) -> str:
    wanted = "Expected an absolute http or https URL"
    text = _text(value, wanted)
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", text)
        valid = valid and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(f"{wanted}.")
    return text


def _print_date_time(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"


def _scalar(name: str, description: str, parse: Callable[[Any], Any], url: str, show: Callable[[Any], str]) -> Any:
    return strawberry.scalar(
        name=name, description=description, parse_value=parse, serialize=show, specified_by_url=url
    )


SCALARS: dict[object, ScalarDefinition] = {
    DateTime: _scalar(
        "DateTime",
        "A point in time. Printed in UTC with milliseconds and `Z`; read with any offset, which must be given.",
        _parse_date_time,
        "https://scalars.graphql.org/andimarek/date-time.html",
        _print_date_time,
    ),
    Date: _scalar(
        "Date",
        "A calendar day, as year, month and day: 2026-01-31.",
        _parse_date,
        "https://scalars.graphql.org/andimarek/local-date.html",
        str,
    ),
    Decimal: _scalar(
        "Decimal",
        "An exact decimal number, as a string with at most twelve digits before the point and two after.",
        parse_decimal,
        "https://www.rfc-editor.org/rfc/rfc8259#section-7",
        str,
    ),
    EmailAddress: _scalar(
        "EmailAddress",
        "An e-mail address: a local part, an at sign and a domain.",
        _parse_email,
        "https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2",
        str,
    ),
    IPAddress: _scalar(
        "IPAddress",
        "An IPv4 or IPv6 address, without a prefix length. An IPv4 one inside IPv6 is taken as itself.",
        _parse_ip,
        "https://www.rfc-editor.org/rfc/rfc4291#section-2.2",
        str,
    ),
    URL: _scalar(
        "URL",
        "An absolute http or https URL.",
        _parse_url,
        "https://www.rfc-editor.org/rfc/rfc3986",
        str,
    ),
}
