"""A reseller with fifty customers that have a little of everything; a small account and a large one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg

from models.roles import RoleName
from tests.rules.access_rows import add_audit_events
from tests.rules.fleet import TABLES, insert, sign_in
from tests.rules.money_rows import add_invoices, add_payments, add_requests
from tests.rules.rows import LICENSE_TYPES, Maker

PARENTS = 50
EXTRA_TABLES = ("payment_methods", "report_configs", "api_keys", "api_secret_keys")


@dataclass(frozen=True)
class Crowd:
    """The rows by table, and the tokens of the masters of the accounts."""

    rows: dict[str, list[dict[str, Any]]]
    tokens: dict[str, str]


def _small_tenant(maker: Maker, account: dict[str, Any], servers: int, keys: int) -> None:
    made = maker.keys(account, keys)
    groups = maker.groups(account)
    for place in range(servers):
        server, group = maker.server(account, "UTC", groups), groups[place % 3]
        server |= {"group_id": group["id"], "group_name": group["name"]}
        maker.register(server, "UTC", made[place % len(made)])
    maker.count_used(made)
    add_invoices(maker, account, "UTC", 2)


def _rest_of_home(maker: Maker, home: dict[str, Any]) -> None:
    add_payments(maker, home, PARENTS)
    add_requests(maker, home, PARENTS)
    add_audit_events(maker, home, "UTC", PARENTS)
    invoice = next(row for row in maker.rows["invoices"] if row["account_id"] == home["id"])
    for payment in maker.rows["payments"]:
        payment["invoice_id"] = invoice["id"]
    product = str(maker.catalogue["kernelcare"]["product_id"])
    for number in range(PARENTS):
        own = {"account_id": home["id"]}
        mail = {"email": "reports@home.example.com", "kind": "SERVERS", "frequency": "DAILY"}
        maker.add("report_configs", **own, **mail, product_ids=[product])
        maker.add("api_keys", **own, name="key", prefix="spkey_", secret_hash=f"\\x{number:04x}", role="BILLING")
        if number < 20:
            card = {"brand": "Visa", "last4": "4242", "expires_on": "2030-01-31"}
            maker.add("payment_methods", **own, **card, provider_reference=f"card-{number}")
    home["autopayment_method_id"] = maker.rows["payment_methods"][0]["id"]
    maker.add("api_secret_keys", account_id=home["id"], prefix="spsec_", secret_hash="\\xff")


def _make(catalogue: dict[str, Any]) -> Crowd:
    maker = Maker(catalogue, datetime.now(UTC))
    home = maker.account("home", "Home", kind="RESELLER")
    large, small = maker.account("large", "Large"), maker.account("small", "Small")
    for number in range(PARENTS):
        _small_tenant(maker, maker.account(f"customer-{number}", "Customer", reseller=home["id"]), 2, 3)
    maker.account("elsewhere", "In another time zone", reseller=home["id"])["time_zone"] = "Asia/Tokyo"
    _small_tenant(maker, home, 3, 3)
    _small_tenant(maker, small, 1, 1)
    _small_tenant(maker, large, 1_000, 10 * len(LICENSE_TYPES))
    _rest_of_home(maker, home)
    tokens = {
        name: sign_in(maker, account, RoleName.MASTER, f"master@{name}.example.com")
        for name, account in (("home", home), ("small", small), ("large", large))
    }
    return Crowd(maker.rows, tokens)


async def write(dsn: str) -> Crowd:
    """Make the crowd and write it into a migrated database."""
    connection = await asyncpg.connect(dsn)
    try:
        types = await connection.fetch("SELECT id, code, product_id FROM license_types ORDER BY number")
        crowd = _make({row["code"]: dict(row) for row in types})
        async with connection.transaction():
            for table in (*TABLES, *EXTRA_TABLES):
                await insert(connection, table, crowd.rows[table])
        for table in ("products", "license_types"):
            crowd.rows[table] = [{"id": str(row["id"])} for row in await connection.fetch(f"SELECT id FROM {table}")]
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return crowd
