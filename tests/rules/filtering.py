"""What each filter of the contract means, said once more in plain Python over the fleet's rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.rules.expected import Row, time
from tests.rules.fleet import Fleet
from tests.rules.lists import node_id

Filter = dict[str, Any]

HOURS_OF_STATES = (("ACTIVE", 12), ("SILENT", 48), ("STALE", 24 * 30))


def in_days(moment: datetime | None, days: dict[str, str | None], zone: str) -> bool:
    """Whether a moment's day, on the account's calendar, lies in the range."""
    if moment is None:
        return False
    day = moment.astimezone(ZoneInfo(zone)).date()
    first, last = days.get("from"), days.get("to")
    return (first is None or day >= date.fromisoformat(first)) and (last is None or day <= date.fromisoformat(last))


def contains(text: str | None, search: str) -> bool:
    """Whether a text holds what was searched for, in any case and with nothing in it taken as a wildcard."""
    return text is not None and search.strip().lower() in text.lower()


def state_of(row: Row, now: datetime) -> str:
    """How long ago a server last answered."""
    seen = time(row, "last_check_in")
    if seen is None:
        return "NEVER_SEEN"
    for state, hours in HOURS_OF_STATES:
        if now - seen <= timedelta(hours=hours):
            return state
    return "REMOVABLE"


@dataclass(frozen=True)
class Meaning:
    """The filters over one account's lists, for a caller that sees keys whole or not."""

    fleet: Fleet
    zone: str
    whole_keys: bool = True

    def families(self) -> dict[str, str]:
        """Each product's family."""
        return {str(kind["product_id"]): kind["family"] for kind in self.fleet.license_types.values()}

    def finds_key(self, key: str, search: str) -> bool:
        """Whether a search finds a key: by any part of it, or by the whole alone."""
        return contains(key, search) if self.whole_keys else key == search.strip()

    def server(self, row: Row, given: Filter) -> bool:
        """Whether a server is listed under a filter."""
        keys = {key["id"]: key for key in self.fleet.rows["activation_keys"]}
        held = [one for one in self.fleet.rows["registrations"] if one["server_id"] == row["id"]]
        held_keys = [keys[one["activation_key_id"]] for one in held]
        families = self.families()
        rules: dict[str, Callable[[Any], bool]] = {
            "productIds": lambda ids: any(product_id(one["product_id"]) in ids for one in held),
            "families": lambda names: any(families[one["product_id"]] in names for one in held),
            "activationKeyIds": lambda ids: any(node_id("ActivationKey", key) in ids for key in held_keys),
            "groupIds": lambda ids: bool(row["group_id"]) and node_id("ServerGroup", {"id": row["group_id"]}) in ids,
            "states": lambda states: state_of(row, self.fleet.made_at) in states,
            "registered": lambda days: in_days(
                time(row, "activated_at") or time(row, "registered_at"), days, self.zone
            ),
            "lastCheckIn": lambda days: in_days(time(row, "last_check_in"), days, self.zone),
            "limited": lambda limited: any((key["seat_limit"] is not None) is limited for key in held_keys),
            "search": lambda search: (
                contains(row["hostname"], search)
                or contains(row["ip"], search)
                or any(self.finds_key(key["key"], search) for key in held_keys)
                or not search.strip()
            ),
        }
        return all(rules[name](value) for name, value in given.items() if value is not None)

    def activation_key(self, row: Row, given: Filter) -> bool:
        """Whether a key is listed under a filter."""
        families = self.families()
        rules: dict[str, Callable[[Any], bool]] = {
            "productIds": lambda ids: product_id(row["product_id"]) in ids,
            "families": lambda names: families[row["product_id"]] in names,
            "licenseTypeIds": lambda ids: node_id("LicenseType", {"id": row["license_type_id"]}) in ids,
            "limited": lambda limited: (row["seat_limit"] is not None) is limited,
            "search": lambda search: (
                contains(row["note"], search) or self.finds_key(row["key"], search) or not search.strip()
            ),
        }
        return all(rules[name](value) for name, value in given.items() if value is not None)

    def invoice(self, row: Row, given: Filter) -> bool:
        """Whether an invoice is listed under a filter."""
        rules: dict[str, Callable[[Any], bool]] = {
            "types": lambda types: row["type"] in types,
            "created": lambda days: in_days(time(row, "created_at"), days, self.zone),
            "search": lambda search: contains(row["number"], search),
        }
        return all(rules[name](value) for name, value in given.items() if value is not None)

    def audit_event(self, row: Row, given: Filter) -> bool:
        """Whether an event is listed under a filter."""
        rules: dict[str, Callable[[Any], bool]] = {
            "actor": lambda actor: row["actor"] == actor,
            "action": lambda action: row["action"] == action,
            "at": lambda days: in_days(time(row, "at"), days, self.zone),
        }
        return all(rules[name](value) for name, value in given.items() if value is not None)

    def listed(self, name: str, rows: list[Row], given: Filter) -> list[Row]:
        """The rows of a list that a filter leaves."""
        rules: dict[str, Callable[[Row, Filter], bool]] = {
            "servers": self.server,
            "activationKeys": self.activation_key,
            "invoices": self.invoice,
            "auditEvents": self.audit_event,
        }
        return [row for row in rows if rules[name](row, given)]


def product_id(key: str) -> str:
    """A product's global id."""
    return node_id("Product", {"id": key})
