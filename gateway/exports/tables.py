"""Rows of servers as CSV or JSON lines: the same columns in the same order in both."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from gateway.spreadsheets import csv_lines, defused
from models.statements import Row
from resolvers.server_links import ExportFormat
from schema import ids

Write = Callable[[Sequence[Row]], bytes]

COLUMNS: Mapping[str, str] = {
    "hostname": "hostname",
    "ip": "ip",
    "registeredAt": "registered_at",
    "lastCheckIn": "last_check_in",
    "state": "state",
    "group": "group",
    "products": "products",
    "licenseTypes": "license_types",
    "activationKeys": "activation_keys",
    "versions": "versions",
    "id": "id",
}
"""The columns by name, each with what it is in a row. Programs read them by place: new ones are added at the end."""

LISTS = frozenset({"products", "license_types", "activation_keys", "versions"})
BETWEEN = "; "
"""What stands between the entries of a list in a cell."""

MEDIA_TYPES: Mapping[ExportFormat, str] = {
    ExportFormat.CSV: "text/csv; charset=utf-8; header=present",
    ExportFormat.JSONL: "application/jsonl; charset=utf-8",
}


def heading(format_: ExportFormat) -> bytes:
    """What stands before all rows."""
    return csv_lines([list(COLUMNS)]) if format_ is ExportFormat.CSV else b""


def writer(format_: ExportFormat) -> Write:
    """What writes rows."""
    return _as_csv if format_ is ExportFormat.CSV else _as_json_lines


def _as_csv(rows: Sequence[Row]) -> bytes:
    return csv_lines([[defused(_cell(value)) for value in _values(row)] for row in rows])


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return BETWEEN.join(entry or "" for entry in value)
    return value or ""


def _as_json_lines(rows: Sequence[Row]) -> bytes:
    return b"".join(orjson.dumps(dict(zip(COLUMNS, _values(row), strict=True))) + b"\n" for row in rows)


def _values(row: Row) -> list[Any]:
    """A row's values in the order of the columns."""
    return [_value(row, name) for name in COLUMNS.values()]


def _value(row: Row, name: str) -> Any:
    if name == "id":
        return ids.encode("Server", row["id"])
    return row[name] or [] if name in LISTS else row[name]
