"""The demo has whom and what it should: roles, states, ages, and something in every field."""

from enum import Enum

import pytest

from models.db import Database
from models.enums import (
    AccountKind,
    AccountState,
    AutopaymentMode,
    BillingCycle,
    InvoiceType,
    LoginState,
    PaymentStatus,
    ProductFamily,
    ReportFrequency,
    ReportKind,
    SalesRequestState,
    SalesTopic,
)
from models.kinds import InvitationState, LedgerKind, PaymentCause
from models.roles import RoleName
from models.statements import Row

OWN = "(SELECT account_id FROM logins WHERE email = 'master@demo.example.com')"
REACHED = f"(SELECT id FROM accounts WHERE id = {OWN} OR reseller_id = {OWN})"

HELD = "products p JOIN product_subscriptions s ON s.product_id = p.id"

USED: dict[str, type[Enum]] = {
    "SELECT kind FROM accounts": AccountKind,
    f"SELECT state FROM accounts WHERE reseller_id = {OWN}": AccountState,
    "SELECT autopayment_mode FROM accounts": AutopaymentMode,
    f"SELECT billing_cycle FROM product_subscriptions WHERE account_id = {OWN}": BillingCycle,
    f"SELECT type FROM invoices WHERE account_id = {OWN}": InvoiceType,
    f"SELECT state FROM logins WHERE account_id = {OWN}": LoginState,
    f"SELECT role FROM logins WHERE account_id = {OWN} AND state = 'ACTIVE'": RoleName,
    f"SELECT state FROM invitations WHERE account_id = {OWN}": InvitationState,
    f"SELECT status FROM payments WHERE account_id = {OWN}": PaymentStatus,
    f"SELECT kind FROM ledger_entries WHERE account_id = {OWN}": LedgerKind,
    "SELECT cause FROM payments": PaymentCause,
    f"SELECT kind FROM report_configs WHERE account_id = {OWN}": ReportKind,
    f"SELECT frequency FROM report_configs WHERE account_id = {OWN}": ReportFrequency,
    f"SELECT topic FROM sales_requests WHERE account_id = {OWN}": SalesTopic,
    f"SELECT state FROM sales_requests WHERE account_id = {OWN}": SalesRequestState,
    f"SELECT family FROM {HELD} WHERE account_id IN {REACHED}": ProductFamily,
}

NULLABLE = """
    SELECT c.relname AS owner, a.attname AS name
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attnotnull
        AND NOT a.attisdropped
    ORDER BY 1, 2
"""
NOWHERE = {
    ("accounts", "locked_by_operator_at"),
    ("accounts", "provider_customer"),
    ("customer_invitations", "token_hash"),
    ("logins", "totp_begun_at"),
    ("logins", "totp_last_step"),
    ("payment_methods", "fingerprint"),
    ("refunds", "invoice_id"),
    ("refunds", "provider_reference"),
    ("report_sendings", "claimed_until"),
    ("report_sendings", "sent_at"),
    ("sessions", "ip"),
    ("sessions", "user_agent"),
    ("throttles", "closed_until"),
    ("throttles", "known_until"),
}
"""What only comes about by using the gateway."""

DEMO_ADDRESSES = {
    "master@demo.example.com": "MASTER",
    "full-access@demo.example.com": "FULL_ACCESS",
    "billing@demo.example.com": "BILLING",
    "server-and-license-management@demo.example.com": "SERVER_AND_LICENSE_MANAGEMENT",
    "server-management@demo.example.com": "SERVER_MANAGEMENT",
    "read-only-billing@demo.example.com": "READ_ONLY_BILLING",
    "read-only-server-management@demo.example.com": "READ_ONLY_SERVER_MANAGEMENT",
}


async def fetch(db: Database, query: str) -> list[Row]:
    """The rows of a question to the demo."""
    async with db.read() as reader:
        return await reader.fetch(query)


async def test_every_name_of_every_list_is_used(demo_db: Database) -> None:
    for query, members in USED.items():
        column = query.split()[1]
        assert {row[column] for row in await fetch(demo_db, query)} == {member.name for member in members}, query


async def test_every_column_holds_something_somewhere(demo_db: Database) -> None:
    columns = [(row["owner"], row["name"]) for row in await fetch(demo_db, NULLABLE)]
    empty = {
        (table, name)
        for table, name in columns
        if not await fetch(demo_db, f"SELECT FROM {table} WHERE {name} IS NOT NULL LIMIT 1")
    }
    assert empty == NOWHERE
    assert len(columns) > 60


async def test_every_role_signs_in_under_its_own_address(demo_db: Database) -> None:
    rows = await fetch(demo_db, f"SELECT email, role, state, password_hash FROM logins WHERE account_id = {OWN}")
    found = {row["email"]: row for row in rows}
    for email, role in DEMO_ADDRESSES.items():
        assert (found[email]["role"], found[email]["state"]) == (role, "ACTIVE")
        assert found[email]["password_hash"].startswith("$argon2id$")


async def test_who_has_a_second_factor_cannot_sign_in_without_it(demo_db: Database) -> None:
    rows = await fetch(demo_db, "SELECT password_hash FROM logins WHERE totp_secret IS NOT NULL")
    assert [row["password_hash"] for row in rows] == [None]
    used = await fetch(demo_db, "SELECT count(*) AS all, count(used_at) AS used FROM recovery_codes")
    assert (used[0]["all"], used[0]["used"]) == (10, 2)


async def test_the_demo_account_is_a_reseller_of_three_with_kernelcare_and_four_more(demo_db: Database) -> None:
    own = (
        await fetch(
            demo_db,
            f"SELECT kind, balance_minor, autopayment_threshold_minor AS threshold FROM accounts WHERE id = {OWN}",
        )
    )[0]
    assert own["kind"] == "RESELLER"
    assert own["threshold"] <= own["balance_minor"] <= own["threshold"] * 1.5
    assert len(await fetch(demo_db, f"SELECT FROM accounts WHERE reseller_id = {OWN}")) == 3
    families = await fetch(
        demo_db,
        f"SELECT family, code FROM {HELD} WHERE account_id = {OWN}",
    )
    assert [row["code"] for row in families if row["family"] == "LIVE_PATCHING"] == ["kernelcare"]
    assert len([row for row in families if row["family"] == "EXTENDED_SUPPORT"]) == 4
    pools = await fetch(demo_db, f"SELECT max(quantity - used) AS free FROM licenses WHERE account_id = {OWN}")
    assert pools[0]["free"] >= 200
    groups = await fetch(demo_db, f"SELECT name FROM server_groups WHERE account_id = {OWN}")
    assert {"Production", "QA"} <= {row["name"] for row in groups}


async def test_fifty_keys_of_one_subscription_have_twenty_servers_of_one_to_three_products(demo_db: Database) -> None:
    keys = await fetch(
        demo_db,
        "SELECT used FROM activation_keys k JOIN products p ON p.id = k.product_id"
        f" WHERE account_id = {OWN} AND p.code = 'kernelcare'",
    )
    assert [row["used"] for row in keys] == [20] * 50
    counts = await fetch(
        demo_db, f"SELECT count(*) AS held FROM registrations WHERE account_id = {OWN} GROUP BY server_id, account_id"
    )
    assert {row["held"] for row in counts} == {1, 2, 3}
    assert len(counts) >= 1_000


async def test_beside_it_are_a_tiny_a_locked_and_a_fresh_account(demo_db: Database) -> None:
    rows = await fetch(
        demo_db,
        "SELECT l.email, a.balance_minor AS balance, a.state, a.autopayment_mode AS mode,"
        " (SELECT count(*) FROM activation_keys k WHERE k.account_id = a.id) AS keys"
        " FROM accounts a JOIN logins l ON l.account_id = a.id"
        " WHERE a.kind = 'DIRECT' AND l.email LIKE '%.example.net'",
    )
    found = {row["email"]: row for row in rows}
    tiny, locked, fresh = (found[f"master@{name}.example.net"] for name in ("tiny", "locked", "fresh"))
    assert (tiny["balance"], tiny["mode"]) == (-1500, "AUTO_REPAY")
    assert (locked["state"], locked["balance"] < 0) == ("LOCKED", True)
    assert (fresh["keys"], fresh["state"]) == (0, "ACTIVE")


AGES = """
    SELECT count(*) AS all,
           count(*) FILTER (WHERE age < '4 hours') AS lately,
           count(*) FILTER (WHERE age BETWEEN '4 hours' AND '48 hours') AS days,
           count(*) FILTER (WHERE age BETWEEN '48 hours' AND '30 days') AS weeks,
           count(*) FILTER (WHERE age > '30 days') AS months,
           count(*) FILTER (WHERE age IS NULL) AS never
    FROM (SELECT max(last_check_in) OVER () - last_check_in AS age FROM server_check_ins) AS servers
"""
"""By the last of them, which was a moment before the demo was made: a run may have begun long ago."""

SHARES = {"lately": 0.80, "days": 0.08, "weeks": 0.05, "months": 0.04, "never": 0.03}


async def test_check_ins_are_of_every_age(demo_db: Database) -> None:
    row = (await fetch(demo_db, AGES))[0]
    shares = {name: row[name] / row["all"] for name in SHARES}
    assert shares == pytest.approx(SHARES, abs=0.03)
    assert sum(row[name] for name in SHARES) == row["all"]
    silent = f"SELECT FROM server_check_ins WHERE account_id = {OWN} AND now() - last_check_in BETWEEN '12h' AND '48h'"
    assert await fetch(demo_db, silent)


async def test_three_hosts_share_an_address_and_some_have_version_six(demo_db: Database) -> None:
    shared = await fetch(demo_db, "SELECT FROM servers WHERE ip = '203.0.113.250'")
    assert len(shared) == 3
    assert await fetch(demo_db, f"SELECT FROM servers WHERE account_id = {OWN} AND family(ip) = 6")
    assert await fetch(
        demo_db, f"SELECT FROM servers WHERE account_id = {OWN} AND created_by_hand AND machine_id IS NULL"
    )


async def test_a_year_of_invoices_has_a_refund_and_days_with_both_kinds(demo_db: Database) -> None:
    rows = await fetch(
        demo_db,
        "SELECT type, total_minor AS total, created_at::date AS day, pay_period FROM invoices"
        f" WHERE account_id = {OWN}",
    )
    assert len({row["pay_period"] for row in rows if row["pay_period"]}) >= 12
    assert [row["type"] for row in rows if row["total"] < 0] == ["PAYMENT_RECEIVED", "PAYMENT_RECEIVED"]
    days = {kind: {row["day"] for row in rows if row["type"] == kind} for kind in ("INVOICE", "PAYMENT_RECEIVED")}
    assert days["INVOICE"] & days["PAYMENT_RECEIVED"]


async def test_some_keys_are_full_some_unlimited_and_some_bound_to_networks(demo_db: Database) -> None:
    own = f"SELECT FROM activation_keys WHERE account_id = {OWN} AND"
    for what in (
        "used = seat_limit",
        "seat_limit IS NULL AND NOT is_default",
        "used < seat_limit",
        "allowed_addresses <> '{}'",
    ):
        assert await fetch(demo_db, f"{own} {what}"), what
    shapes = await fetch(
        demo_db,
        "SELECT DISTINCT split_part(key, '-', 1) AS prefix FROM activation_keys"
        f" WHERE account_id = {OWN} AND key LIKE '%-%'",
    )
    assert {row["prefix"] for row in shapes} == {"CENTOS7", "OLINUX7", "UELS18", "UELS18SLA", "PHP_ELS"}
