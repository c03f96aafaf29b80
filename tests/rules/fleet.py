"""One database for all comparisons: a reseller with a fleet, a customer with one, and a stranger with one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from auth.actors import CredentialKind
from auth.tokens import new_token
from models.roles import RoleName
from schema import ids
from tests.rules.access_rows import add_audit_events
from tests.rules.money_rows import add_invoices, add_payments, add_requests
from tests.rules.rows import ZONES, Maker, Rows

COMPANIES = ("Twin", "twin", "Acme 50%_off", r"Back\slash", "Ärger GmbH", "Zürich AG", "Twin", "Last")

TABLES = (
    "accounts",
    "logins",
    "sessions",
    "product_subscriptions",
    "licenses",
    "activation_keys",
    "server_groups",
    "servers",
    "registrations",
    "invoices",
    "invoice_lines",
    "payments",
    "sales_requests",
    "audit_events",
)


@dataclass(frozen=True)
class Fleet:
    """What tests know of the database: the rows as they were written, accounts by name, a token for each login."""

    rows: Rows
    accounts: Mapping[str, dict[str, Any]]
    tokens: Mapping[str, str]
    license_types: Mapping[str, Any]
    made_at: datetime

    def of(self, table: str, account: str) -> list[dict[str, Any]]:
        """A table's rows of one account."""
        owner = self.accounts[account]["id"]
        return [row for row in self.rows.get(table, []) if row["account_id"] == owner]

    def account_node(self, name: str) -> str:
        """The id under which the reseller's logins find an account."""
        kind = "Account" if name == "home" else "Customer"
        return ids.encode(kind, UUID(self.accounts[name]["id"]))


def _make_tenant(maker: Maker, name: str, account: dict[str, Any], servers: int) -> None:
    zone = ZONES[name]
    keys = maker.keys(account, 12)
    groups = maker.groups(account)
    for _ in range(servers):
        maker.registrations(maker.server(account, zone, groups), zone, keys)
    maker.count_used(keys)
    add_invoices(maker, account, zone, 17)
    add_payments(maker, account, 9)
    add_requests(maker, account, 7)
    add_audit_events(maker, account, zone, 30)


def sign_in(maker: Maker, account: dict[str, Any], role: RoleName, email: str) -> str:
    """Give an account a login that is signed in, and return its token."""
    login = maker.add("logins", account_id=account["id"], email=email, role=role.name)
    token = new_token(CredentialKind.SESSION)
    maker.add(
        "sessions",
        account_id=account["id"],
        login_id=login["id"],
        token_hash=f"\\x{token.digest.hex()}",
        expires_at=(maker.now + timedelta(hours=2)).isoformat(),
    )
    return token.text


def _make(catalogue: dict[str, Any]) -> Fleet:
    maker = Maker(catalogue, datetime.now(UTC))
    home = maker.account("home", "Home", kind="RESELLER")
    stranger = maker.account("stranger", "Stranger", kind="RESELLER")
    accounts = {
        "home": home,
        "customer": maker.account("customer", "Customer", reseller=home["id"]),
        "stranger": stranger,
        "idle": maker.account("idle", "Idle"),
        "strangers_customer": maker.account("strangers_customer", "Other customer", reseller=stranger["id"]),
    }
    for number, company in enumerate(COMPANIES):
        accounts[f"small-{number}"] = maker.account(f"small-{number}", company, reseller=home["id"])
    for name, servers in (("home", 45), ("customer", 14), ("stranger", 12), ("strangers_customer", 6)):
        _make_tenant(maker, name, accounts[name], servers)
    tokens = {role.name: sign_in(maker, home, role, f"{role.name.lower()}@home.example.com") for role in RoleName}
    for name in ("customer", "stranger", "idle"):
        tokens[name] = sign_in(maker, accounts[name], RoleName.MASTER, f"master@{name}.example.com")
    for key in maker.rows["activation_keys"]:
        logins = (row for row in maker.rows["logins"] if row["account_id"] == key["account_id"])
        key["created_by"] = next((row["id"] for row in logins), None)
    return Fleet(maker.rows, accounts, tokens, catalogue, maker.now)


CHECK_INS = {
    "servers": """
        UPDATE server_check_ins c SET last_check_in = made.last_check_in
        FROM jsonb_to_recordset($1::jsonb) AS made (id uuid, last_check_in timestamptz) WHERE c.server_id = made.id
    """,
    "registrations": """
        UPDATE registration_check_ins c SET version = made.version
        FROM jsonb_to_recordset($1::jsonb) AS made (id uuid, version text) WHERE c.registration_id = made.id
    """,
}
"""What check-ins have written of a table's rows stands elsewhere."""
TOLD = {"servers": "last_check_in", "registrations": "version"}


async def write(dsn: str) -> Fleet:
    """Make the fleet and write it into a migrated database."""
    connection = await asyncpg.connect(dsn)
    try:
        types = await connection.fetch(
            "SELECT l.id, l.code, l.name, l.product_id, p.family, p.number AS product_number"
            " FROM license_types l JOIN products p ON p.id = l.product_id"
        )
        fleet = _make({row["code"]: dict(row) for row in types})
        async with connection.transaction():
            for table in TABLES:
                await insert(connection, table, fleet.rows[table])
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return fleet


async def insert(connection: asyncpg.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    """Write rows as they are; a column that none of them has is the table's own business."""
    columns = ", ".join(dict.fromkeys(name for row in rows for name in row if name != TOLD.get(table)))
    await connection.execute(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb)",
        json.dumps(rows),
    )
    if table in CHECK_INS:
        await connection.execute(CHECK_INS[table], json.dumps(rows))
