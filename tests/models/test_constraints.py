"""Every rule that stands in the database refuses what it should, and then nothing has happened."""

import re
from collections.abc import Sequence

import asyncpg
import pytest

from models.db import Database
from models.statements import Row
from tests.models.refusals import ONLY_ADDED, RULES, Refusal, changed, copied

ENUM_CHECK = re.compile(r"^CHECK \(\((\w+) = ANY \(ARRAY\[")
CONSTRAINTS = """
    SELECT conname AS name, conrelid::regclass::text AS owner, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u')
    UNION ALL
    SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, ''
    FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
    WHERE i.indisunique AND c.oid IS NULL AND i.indrelid::regclass::text NOT SIMILAR TO '(pg|jobs.)%'
    ORDER BY 1
"""
FOREIGN_KEYS = """
    SELECT pg_get_constraintdef(c.oid) AS definition
    FROM pg_constraint c
    JOIN pg_attribute ours ON ours.attrelid = c.conrelid AND ours.attname = 'account_id'
    JOIN pg_attribute theirs ON theirs.attrelid = c.confrelid AND theirs.attname = 'account_id'
    WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
"""
FITTING = {"ck_invoices_type": "type = 'PAYMENT_RECEIVED'"}
"""Rows whose other rules a strange name does not break as well."""

TARGETS_OF_FOREIGN_KEYS = {
    "uq_activation_keys_registered",
    "uq_invoices_account_id_id",
    "uq_license_types_id_product_id",
    "uq_licenses_account_id_id_license_type_id",
    "uq_logins_account_id_id",
    "uq_payment_methods_account_id_id",
    "uq_payments_account_id_id",
    "uq_product_subscriptions_account_id_id_product_id",
    "uq_registrations_account_id_id_server_id",
    "uq_report_configs_account_id_id",
    "uq_server_groups_account_id_id_name",
    "uq_servers_account_id_id_hostname",
}
"""They hold a primary key and more, so nothing can break them that does not break the primary key."""


EMPTY_IN_DEMO = {"refunds"}
"""Tables without a row to be changed: their rules are tried by rows of their own."""

NUMBERED_BY_TRIGGER = {"uq_ledger_entries_account_id_sequence"}
"""What the database numbers itself as a row is added, whatever was asked for."""


async def digest(db: Database) -> dict[str, str]:
    """What all tables hold."""
    async with db.read() as reader:
        named = await reader.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        tables = [row["relname"] for row in named]
        return {
            table: (await reader.fetch(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) AS d FROM {table} t"))[0][
                "d"
            ]
            for table in tables
        }


async def refuse(db: Database, refusals: Sequence[Refusal]) -> None:
    """Try what must be refused, each by its rule, and see that nothing happened."""
    before = await digest(db)
    for refusal in refusals:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            async with db.read() as reader:
                await reader.fetch(refusal.statement)
        assert refused.value.constraint_name == refusal.constraint
    assert await digest(db) == before


async def constraints(db: Database) -> list[Row]:
    """All CHECKs and unique rules, primary keys aside. The queue's tables are its library's."""
    async with db.read() as reader:
        return await reader.fetch(CONSTRAINTS)


def enum_refusals(rules: list[Row]) -> list[Refusal]:
    """Each list of names, with a name that is none of them."""
    found = []
    for rule in rules:
        listed = ENUM_CHECK.match(rule["definition"])
        if listed and rule["owner"] in ONLY_ADDED:
            found.append(
                copied(rule["owner"], rule["name"], f"'{listed[1]}', 'NONSENSE'", FITTING.get(rule["name"], "true"))
            )
        elif listed and rule["owner"] not in EMPTY_IN_DEMO:
            found.append(changed(rule["owner"], rule["name"], f"{listed[1]} = 'NONSENSE'"))
    return found


@pytest.mark.parametrize("area", RULES)
async def test_rules_refuse_what_they_should(demo_db: Database, area: str) -> None:
    await refuse(demo_db, RULES[area])


async def test_closed_lists_refuse_other_names(demo_db: Database) -> None:
    refusals = enum_refusals(await constraints(demo_db))
    assert len(refusals) > 20
    await refuse(demo_db, refusals)


async def test_every_rule_is_tried(demo_db: Database) -> None:
    rules = await constraints(demo_db)
    tried = {refusal.constraint for area in RULES.values() for refusal in area}
    tried |= {refusal.constraint for refusal in enum_refusals(rules)}
    assert {rule["name"] for rule in rules} - tried == TARGETS_OF_FOREIGN_KEYS | NUMBERED_BY_TRIGGER


@pytest.mark.parametrize("table", ONLY_ADDED)
@pytest.mark.parametrize("change", ["UPDATE {0} SET id = id", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
async def test_what_was_booked_or_noted_is_never_changed(demo_db: Database, table: str, change: str) -> None:
    before = await digest(demo_db)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="are added and never changed"):
        async with demo_db.read() as reader:
            await reader.fetch(change.format(table))
    assert await digest(demo_db) == before


async def test_a_tenant_cannot_name_anothers_row(demo_db: Database) -> None:
    """Between tables that both carry account_id, each foreign key compares it."""
    async with demo_db.read() as reader:
        keys = await reader.fetch(FOREIGN_KEYS)
    assert len(keys) >= 12
    assert [key["definition"] for key in keys if not key["definition"].startswith("FOREIGN KEY (account_id, ")] == []


async def test_removing_a_group_leaves_its_servers(demo_db: Database) -> None:
    async with demo_db.read() as reader:
        count = "SELECT count(*) FILTER (WHERE group_name IS NULL) AS without, count(*) AS all FROM servers"
        before = (await reader.fetch(count))[0]
        await reader.fetch("DELETE FROM server_groups")
        after = (await reader.fetch(count))[0]
    assert before["without"] < before["all"] == after["all"] == after["without"]


async def test_removing_a_key_removes_its_registrations_and_no_server(demo_db: Database) -> None:
    count = "SELECT (SELECT count(*) FROM registrations) AS registrations, (SELECT count(*) FROM servers) AS servers"
    key = "SELECT id, used FROM activation_keys WHERE NOT is_default AND used > 5 LIMIT 1"
    async with demo_db.read() as reader:
        before, removed = (await reader.fetch(count))[0], (await reader.fetch(key))[0]
        await reader.fetch("DELETE FROM activation_keys WHERE id = $1", removed["id"])
        after = (await reader.fetch(count))[0]
    assert before["registrations"] - after["registrations"] == removed["used"]
    assert before["servers"] == after["servers"]


async def test_removing_a_pool_leaves_its_keys_without_one(demo_db: Database) -> None:
    async with demo_db.read() as reader:
        pool = (await reader.fetch("SELECT license_id AS id FROM activation_keys LIMIT 1"))[0]["id"]
        await reader.fetch("DELETE FROM licenses WHERE id = $1", pool)
        keys = await reader.fetch("SELECT license_type_id FROM activation_keys WHERE license_id IS NULL")
    assert keys


async def test_a_renamed_server_and_group_are_renamed_where_they_are_repeated(demo_db: Database) -> None:
    async with demo_db.read() as reader:
        await reader.fetch("UPDATE servers SET hostname = 'x-' || hostname")
        await reader.fetch("UPDATE server_groups SET name = 'x-' || name")
        repeated = await reader.fetch(
            "SELECT r.hostname = s.hostname AS same FROM registrations r JOIN servers s ON s.id = r.server_id"
            " UNION ALL SELECT s.group_name = g.name FROM servers s JOIN server_groups g ON g.id = s.group_id"
        )
    assert len(repeated) > 2000
    assert all(row["same"] for row in repeated)
