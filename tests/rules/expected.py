"""The lists as plain Python makes them of the fleet's rows: which rows, and how they are sorted."""

import ipaddress
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.rules.fleet import Fleet
from tests.rules.lists import ROUTES, node_id

Row = dict[str, Any]
Value = Callable[[Row], Any]


def time(row: Row, name: str) -> datetime | None:
    """A row's moment, None where it has none."""
    return datetime.fromisoformat(row[name]) if row.get(name) else None


def address(text: str) -> tuple[int, int]:
    """An address as PostgreSQL sorts it: version 4 before 6, then by its number."""
    found = ipaddress.ip_address(text)
    return found.version, int(found)


def lower(text: str | None) -> str | None:
    """A text without regard to case."""
    return None if text is None else text.lower()


SERVER_ORDERS: dict[str, Value] = {
    "HOSTNAME": lambda row: row["hostname"],
    "IP": lambda row: address(row["ip"]),
    "REGISTERED_AT": lambda row: time(row, "activated_at") or time(row, "registered_at"),
    "LAST_CHECK_IN": lambda row: time(row, "last_check_in"),
    "GROUP": lambda row: lower(row["group_name"]),
}
INVOICE_ORDERS: dict[str, Value] = {
    "NUMBER": lambda row: row["sequence"],
    "CREATED_AT": lambda row: time(row, "created_at"),
    "TYPE": lambda row: row["type"],
    "PAY_PERIOD": lambda row: row["pay_period"],
    "TOTAL": lambda row: row["total_minor"],
    "BALANCE": lambda row: row["balance_minor"],
}
NULLABLE = {("servers", "LAST_CHECK_IN"), ("servers", "GROUP"), ("activationKeys", "NOTE"), ("activationKeys", "LIMIT")}
NULLABLE |= {("invoices", "PAY_PERIOD")}
"""The orders whose value can be null; a test holds that the fleet has both for each."""

TABLES = {"activationKeys": "activation_keys", "salesRequests": "sales_requests", "auditEvents": "audit_events"}
NEWEST_FIRST = {"invoices", "payments", "salesRequests", "auditEvents"}


def key_orders(fleet: Fleet) -> dict[str, Value]:
    """What activation keys are sorted by."""
    names = {str(kind["id"]): kind["name"] for kind in fleet.license_types.values()}
    return {
        "KEY": lambda row: row["key"],
        "LICENSE_TYPE": lambda row: names[row["license_type_id"]],
        "NOTE": lambda row: lower(row["note"]),
        "USED": lambda row: row["used"],
        "LIMIT": lambda row: row["seat_limit"],
        "CREATED_AT": lambda row: time(row, "created_at"),
    }


class Expected:
    """What each list holds, by the coordinate of its field."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.orders = {
            "servers": SERVER_ORDERS,
            "invoices": INVOICE_ORDERS,
            "activationKeys": key_orders(fleet),
            "payments": {"CREATED_AT": lambda row: time(row, "created_at")},
            "salesRequests": {"CREATED_AT": lambda row: time(row, "created_at")},
            "auditEvents": {"AT": lambda row: time(row, "at")},
            "customers": {"NAME": lambda row: lower(row["company_name"])},
        }
        self.defaults = {"servers": "HOSTNAME", "activationKeys": "KEY", "customers": "NAME", "auditEvents": "AT"}

    def account_of(self, coordinate: str) -> str:
        """Whose list is looked at: the caller's own, or its customer's."""
        return "customer" if coordinate.startswith("Customer.") else "home"

    def start(self, coordinate: str) -> tuple[str, Row]:
        """The node that the list hangs on: its id, and its row; of several the one with the longest list."""
        kind = ROUTES[coordinate].start
        if kind in {"Account", "Customer"}:
            row = self.fleet.accounts[self.account_of(coordinate)]
            return node_id(kind, row), row
        row = max(self._starts(kind), key=lambda row: len(self.rows(coordinate, row)))
        return node_id(kind, row), row

    def empty_start(self, coordinate: str) -> str:
        """A node whose list is empty."""
        kind = ROUTES[coordinate].start
        if kind == "Customer":
            return node_id(kind, self.fleet.accounts["small-0"])
        row = next(row for row in self._starts(kind) if not self.rows(coordinate, row))
        return node_id(kind, row)

    def _starts(self, kind: str) -> list[Row]:
        tables = {
            "ActivationKey": "activation_keys",
            "ServerGroup": "server_groups",
            "ProductSubscription": "product_subscriptions",
            "Invoice": "invoices",
        }
        rows = self.fleet.of(tables[kind], "home")
        return [row for row in rows if kind != "Invoice" or row["type"] == "INVOICE"]

    def rows(self, coordinate: str, start: Row) -> list[Row]:
        """The rows of a list, in no order."""
        parent, _, name = coordinate.partition(".")
        if name == "customers":
            return [row for row in self.fleet.rows["accounts"] if row["reseller_id"] == start["id"]]
        table = TABLES.get(name, name)
        if parent in {"Account", "Customer", "Billing"}:
            return [row for row in self.fleet.rows[table] if row["account_id"] == start["id"]]
        if parent == "ServerGroup":
            return [row for row in self.fleet.rows["servers"] if row["group_id"] == start["id"]]
        if name == "activationKeys":
            return [row for row in self.fleet.of(table, "home") if row["product_id"] == start["product_id"]]
        return self.billed(start) if parent == "InvoiceLine" else self.registered(parent, start)

    def registered(self, parent: str, start: Row) -> list[Row]:
        """The servers under a key or a subscription, each with the registration that it is listed for."""
        wanted: dict[str, Callable[[Row], bool]] = {
            "ActivationKey": lambda one: one["activation_key_id"] == start["id"],
            "ProductSubscription": lambda one: one["product_id"] == start["product_id"],
        }
        first: dict[str, Row] = {}
        for one in sorted(self.fleet.of("registrations", "home"), key=lambda one: UUID(one["id"])):
            if wanted[parent](one):
                first.setdefault(one["server_id"], one)
        servers = {row["id"]: row for row in self.fleet.of("servers", "home")}
        return [
            {**servers[id_], "activated_at": one["activated_at"], "registration_id": one["id"]}
            for id_, one in first.items()
        ]

    def billed(self, invoice: Row) -> list[Row]:
        """The servers that an invoice's line was issued for, each with its registration, where it has one still."""
        line = next(line for line in self.fleet.rows["invoice_lines"] if line["invoice_id"] == invoice["id"])
        registered = {
            one["server_id"]: one["id"]
            for one in self.fleet.of("registrations", "home")
            if one["license_type_id"] == line["license_type_id"]
        }
        servers = [row for row in self.fleet.of("servers", "home") if row["id"] in line["server_ids"]]
        return [{**row, "registration_id": registered.get(row["id"])} for row in servers]

    def sorted(self, coordinate: str, rows: list[Row], order: dict[str, str] | None) -> list[str]:
        """The rows' ids in an order; null is the greatest value, and ids break ties in the same direction."""
        name = coordinate.partition(".")[2]
        value = self.orders[name][order["field"] if order else self.defaults.get(name, "CREATED_AT")]
        descending = order["direction"] == "DESC" if order else name in NEWEST_FIRST

        def place(row: Row) -> tuple[bool, Any, int]:
            found = value(row)
            return (found is None, 0 if found is None else found, UUID(row["id"]).int)

        return [row["id"] for row in sorted(rows, key=place, reverse=descending)]
