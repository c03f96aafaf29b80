"""Filters made by chance: values that match, values that cannot, and what a client may send by mistake."""

import random
from datetime import date, timedelta
from typing import Any

from models.enums import InvoiceType, ProductFamily, ServerState
from tests.rules.access_rows import ACTIONS, ACTORS
from tests.rules.expected import Row
from tests.rules.fleet import Fleet
from tests.rules.lists import node_id
from tests.rules.rows import DAYS

SEARCHES = (
    "web", "DB-", "example.com", "_", "%", "\\", "cache_1", "CACHE-", "192.0.2.1", "2001:DB8::", "com 192", "com2001",
    "  mail ", "", "   ", "Zürich", "ÄRGER", "50% off_", "c:\\H", "no such thing", "'; --", "R-0", "-1",
)  # fmt: skip


class FilterMaker:
    """Makes filters for the lists of one account."""

    def __init__(self, fleet: Fleet, account: str, seed: str) -> None:
        self.fleet = fleet
        self.account = account
        self.chance = random.Random(seed)  # noqa: S311 (made filters are no secret)

    def _ids(self, kind: str, rows: list[Row]) -> list[str]:
        """Choose some ids: the account's own, a stranger's, of another type, forged, none at all."""
        good = [node_id(kind, row) for row in self.chance.sample(rows, k=self.chance.randrange(min(4, len(rows)) + 1))]
        strange = ["", "garbage", node_id("Invoice", rows[0]), good[0] + "=" if good else "AAAA"]
        return good + self.chance.sample(strange, k=self.chance.randrange(3)) if self.chance.random() < 0.9 else []

    def _some(self, names: list[str]) -> list[str]:
        return self.chance.sample(names, k=self.chance.randrange(len(names) + 1))

    def _rows(self, table: str) -> list[Row]:
        own = self.fleet.of(table, self.account)
        return own + self.fleet.of(table, "stranger")[:2]

    def days(self) -> dict[str, str | None]:
        """Choose a range near a day that matters: of one day or more, open, or the wrong way round."""
        first = date(*self.chance.choice(DAYS)) + timedelta(days=self.chance.randrange(-1, 2))
        last = first + timedelta(days=self.chance.choice((0, 0, 1, 2, 200, -1)))
        ends: dict[str, str | None] = {"from": first.isoformat(), "to": last.isoformat()}
        left_open = self.chance.choice((None, None, "from", "to"))
        if left_open is not None:
            ends[left_open] = None
        return ends

    def search(self) -> str:
        """Choose what to search for: odd text, or a key or a part of one in any case."""
        key = self.chance.choice(self._rows("activation_keys"))["key"]
        parts = (key, key[:9], key[-6:].upper(), f" {key} ", key.lower())
        return self.chance.choice((*SEARCHES, *parts))

    def _value(self, name: str) -> Any:
        kinds = list(self.fleet.license_types.values())
        products = [{"id": str(kind["product_id"])} for kind in kinds]
        makers = {
            "productIds": lambda: self._ids("Product", products),
            "licenseTypeIds": lambda: self._ids("LicenseType", [{"id": str(kind["id"])} for kind in kinds]),
            "activationKeyIds": lambda: self._ids("ActivationKey", self._rows("activation_keys")),
            "groupIds": lambda: self._ids("ServerGroup", self._rows("server_groups")),
            "families": lambda: self._some([family.name for family in ProductFamily]),
            "states": lambda: self._some([state.name for state in ServerState]),
            "types": lambda: self._some([kind.name for kind in InvoiceType]),
            "registered": self.days,
            "lastCheckIn": self.days,
            "created": self.days,
            "at": self.days,
            "actor": lambda: self.chance.choice((*ACTORS, "", "nobody@example.com")),
            "action": lambda: self.chance.choice((*(action.value for action in ACTIONS), "", "no.action")),
            "limited": lambda: self.chance.choice((True, False)),
            "search": self.search,
        }
        return makers[name]()

    def alone(self, name: str, how_often: int) -> list[dict[str, Any]]:
        """Make filters with one condition each."""
        return [{name: self._value(name)} for _ in range(how_often)]

    def together(self, names: list[str], how_often: int) -> list[dict[str, Any]]:
        """Make filters with two to four conditions each; one may be null, which is as if it were left out."""
        made = []
        for _ in range(how_often):
            chosen = self.chance.sample(names, k=min(len(names), self.chance.randrange(2, 5)))
            made.append({name: None if self.chance.random() < 0.1 else self._value(name) for name in chosen})
        return made
