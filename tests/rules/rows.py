"""The rows that lists are compared with: made by chance from one seed, full of ties, nulls and odd text."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

Rows = dict[str, list[dict[str, Any]]]

ZONES = {"home": "Europe/Berlin", "customer": "Africa/Cairo", "stranger": "UTC", "strangers_customer": "UTC"}
LICENSE_TYPES = ("kernelcare", "centos-7", "centos-7-sla", "imunify-360-single", "imunify-360-5")
UNTOUCHED_TYPE, KEYLESS_TYPE = "libcare", "qemucare"
DAYS = ((2026, 3, 29), (2026, 4, 24), (2026, 10, 25), (2026, 10, 30), (2026, 11, 2))
"""Both zones put their clocks on and back on these days; Cairo does so at midnight."""
AGES_IN_HOURS = (1, 11, 13, 47, 49, 24 * 29, 24 * 31, 24 * 200)
NOTES = (None, "Web servers", "web SERVERS", "50% off_all", r"C:\hosts", "Zürich", "ärger")
GROUPS = ("Production", "alpha", "Zürich", "nobody")
HOSTS = ("web", "db", "cache_1", "cachex1", "mail", "192.0.9")


class Maker:
    """Invents the rows of one account after the other."""

    def __init__(self, catalogue: dict[str, Any], now: datetime) -> None:
        self.rows: Rows = {}
        self.catalogue = catalogue
        self.now = now
        self.chance = random.Random(20261124)  # noqa: S311 (made rows are no secret)
        self._serial = count(1)

    def id(self) -> str:
        """Make an id whose order says nothing about the order of creation."""
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        """Keep a row for its table and return it."""
        row = {"id": self.id(), **values}
        self.rows.setdefault(table, []).append(row)
        return row

    def one_of(self, choices: Iterable[Any]) -> Any:
        """Choose one."""
        return self.chance.choice(list(choices))

    def instant(self, zone: str) -> str:
        """Choose a moment close to a midnight that matters, so that many rows share one."""
        year, month, of_month = self.one_of(DAYS)
        day = datetime(year, month, of_month, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        shift: timedelta = self.one_of(
            (timedelta(0), timedelta(microseconds=-1), timedelta(hours=11), timedelta(days=1))
        )
        return (day + shift).isoformat()

    def account(self, name: str, company: str, reseller: str | None = None, kind: str = "DIRECT") -> dict[str, Any]:
        """Make an account."""
        person = {"first_name": "First", "last_name": "Byron"}
        return self.add(
            "accounts",
            number=f"R-{next(self._serial):03}",
            kind="CUSTOMER" if reseller else kind,
            time_zone=ZONES.get(name, "UTC"),
            reseller_id=reseller,
            company_name=company,
            personal_email=f"{name}@example.com",
            billing_contact_email=f"billing-{name}@example.com",
            **{f"{part}_{field}": value for part in ("personal", "billing") for field, value in person.items()},
        )

    def holdings(self, account: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Subscribe an account, with a pool for each license type."""
        subscriptions: dict[str, dict[str, Any]] = {}
        pools = {}
        for code in (*LICENSE_TYPES, UNTOUCHED_TYPE, KEYLESS_TYPE):
            kind = self.catalogue[code]
            product = str(kind["product_id"])
            if product not in subscriptions:
                subscriptions[product] = self.add(
                    "product_subscriptions", account_id=account["id"], product_id=product, billing_cycle="MONTHLY"
                )
            pools[code] = self.add(
                "licenses",
                account_id=account["id"],
                product_subscription_id=subscriptions[product]["id"],
                product_id=product,
                license_type_id=str(kind["id"]),
                quantity=500,
                used=0,
            )
        return pools

    def keys(self, account: dict[str, Any], how_many: int) -> list[dict[str, Any]]:
        """Make activation keys over some of the pools, and beside them one that nothing is registered with."""
        pools = self.holdings(account)
        self._key(account, pools[UNTOUCHED_TYPE], default=True)
        types = len(LICENSE_TYPES)
        return [
            self._key(account, pools[LICENSE_TYPES[place % types]], default=place < types) for place in range(how_many)
        ]

    def _key(self, account: dict[str, Any], pool: dict[str, Any], *, default: bool) -> dict[str, Any]:
        letters = "".join(self.chance.choices("abcdefABCDEF0123456789", k=16))
        return self.add(
            "activation_keys",
            account_id=account["id"],
            product_id=pool["product_id"],
            license_type_id=pool["license_type_id"],
            license_id=pool["id"],
            key=self.one_of(("", "CELS-", "CELS_8-")) + letters,
            note=self.one_of(NOTES),
            is_default=default,
            used=0,
            seat_limit=self.one_of((None, 400, 450)),
            created_at=self.instant("UTC"),
        )

    def groups(self, account: dict[str, Any]) -> list[dict[str, Any]]:
        """Make groups, of which the last stays empty."""
        return [self.add("server_groups", account_id=account["id"], name=name) for name in GROUPS]

    def server(self, account: dict[str, Any], zone: str, groups: list[dict[str, Any]]) -> dict[str, Any]:
        """Make a server, perhaps in a group, perhaps never seen."""
        group = self.one_of((None, *groups[:-1]))
        age = self.one_of((None, *AGES_IN_HOURS))
        seen = None if age is None else (self.now - timedelta(hours=age, seconds=self.one_of((0, 7)))).isoformat()
        number = self.chance.randrange(1, 12)
        return self.add(
            "servers",
            account_id=account["id"],
            hostname=f"{self.one_of(HOSTS)}-{self.chance.randrange(9)}.example.com",
            ip=self.one_of(
                (f"192.0.2.{number}", f"2001:db8::{number:x}", f"10.192.0.{number}", f"::ffff:192.0.{number}.7")
            ),
            registered_at=self.instant(zone),
            last_check_in=self.instant(zone) if self.chance.random() < 0.2 else seen,
            group_id=group and group["id"],
            group_name=group and group["name"],
        )

    def registrations(self, server: dict[str, Any], zone: str, keys: list[dict[str, Any]]) -> None:
        """Register a server with up to three keys of different license types."""
        taken: set[str] = set()
        for key in self.chance.sample(keys, k=self.chance.randrange(min(4, len(keys) + 1))):
            if key["license_type_id"] not in taken:
                taken.add(key["license_type_id"])
                self.register(server, zone, key)

    def register(self, server: dict[str, Any], zone: str, key: dict[str, Any]) -> None:
        """Register a server with a key."""
        key["used"] += 1
        self.add(
            "registrations",
            account_id=server["account_id"],
            server_id=server["id"],
            hostname=server["hostname"],
            product_id=key["product_id"],
            license_type_id=key["license_type_id"],
            activation_key_id=key["id"],
            activated_at=self.instant(zone),
            version=self.one_of((None, "2.14")),
        )

    def count_used(self, keys: list[dict[str, Any]]) -> None:
        """Count in the pools what the keys have taken from them."""
        pools = {row["id"]: row for row in self.rows["licenses"]}
        for key in keys:
            pools[key["license_id"]]["used"] += key["used"]
