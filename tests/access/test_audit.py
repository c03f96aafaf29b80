"""The audit log: what a row says, what it hides, how it is read, and that nothing changes it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from models.audit import Action, Change, Target, kept, masked_key, shown
from models.db import Database
from models.entities import ACTIVATION_KEY, API_KEY, INVOICE, SERVER
from models.queries import audit, lookups
from models.roles import RoleName
from models.tables import AuditEvent
from schema.ids import encode
from tests.access.people import audit_of, make_account, make_api_key, make_login, make_master, make_session
from tests.client import ask, sign_in
from tests.databases import StatementLog, execute

EVENTS = """query ($filter: AuditEventFilter) { viewer { account { auditEvents(filter: $filter) { totalCount nodes {
  id at actor action targetLabel ip target { __typename id ... on ApiKey { name } } changes { field before after }
} } } } }"""


def origin(account_id: UUID, **columns: Any) -> audit.Origin:
    """Somebody at a known moment."""
    known: dict[str, Any] = {"actor": "first@example.com", "at": datetime(2026, 3, 1, tzinfo=UTC), "ip": "192.0.2.9"}
    return audit.Origin(account_id, **{**known, **columns})


async def record(db: Database, by: audit.Origin, action: Action, *rest: Any) -> None:
    """One row in a transaction of its own."""
    async with db.write() as session:
        await audit.record(session, by, action, *rest)


def test_what_the_log_hides_is_not_copied_there_by_the_database() -> None:
    assert "jsonb_build_array(hostname, NULL)" in audit.lost("gone", Action.SERVER_REMOVED, SERVER, "hostname")
    for field in ("key", "password"):
        with pytest.raises(ValueError, match=f"{field} is hidden"):
            audit.lost("gone", Action.ACTIVATION_KEY_REMOVED, ACTIVATION_KEY, field)


def test_actions_are_a_noun_and_a_verb() -> None:
    assert all(action.value.count(".") == 1 for action in Action)
    assert [action.name for action in Action] == [action.value.replace(".", "_").upper() for action in Action]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("password", "hunter2", "…"),
        ("login.newPassword", "hunter2", "…"),
        ("apiKey.secret", "spkey_x", "…"),
        ("resetToken", "x", "…"),
        ("passwordHash", "x", "…"),
        ("code", "123456", "…"),
        ("password", None, None),
        ("billingContact.address.postalCode", "10115", "10115"),
        ("key", "CELS-abcdEFGHIJKLwxyz", "CELS-abcd…wxyz"),
        ("disabled", False, "false"),
        ("role", RoleName.BILLING, "BILLING"),
        ("expiresAt", datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01T12:00:00.000Z"),
        ("allowedAddresses", ["192.0.2.0/24", "::/0"], "192.0.2.0/24, ::/0"),
        ("overlapHours", 24, "24"),
    ],
)
def test_a_value_is_shown_as_text_unless_its_field_is_secret(field: str, value: Any, text: str | None) -> None:
    assert shown(field, value) == text


async def test_an_activation_key_is_masked_as_the_api_masks_it(demo_db: Database) -> None:
    async with demo_db.read() as reader:
        rows = await reader.fetch("SELECT id, account_id FROM activation_keys")
        account = rows[0]["account_id"]
        own = [row["id"] for row in rows if row["account_id"] == account]
        keys = await lookups.find(reader, ACTIVATION_KEY, own, {"me": account, "now": datetime.now(UTC)})
    assert len({key["key"].partition("-")[0] for key in keys if key}) > 1
    assert all(key is not None and masked_key(key["key"]) == key["masked_key"] for key in keys)


def test_what_did_not_change_is_not_kept() -> None:
    assert kept([Change("a", "x", "x"), Change("b", "x", None)]) == {"b": ["x", None]}


async def test_the_master_reads_what_was_done(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    await make_api_key(db, master.account_id, RoleName.BILLING)
    async with db.read() as reader:
        key = (await reader.fetch("SELECT id FROM api_keys"))[0]["id"]
    changes = [Change("role", None, RoleName.BILLING), Change("name", None, "key")]
    await record(db, origin(master.account_id), Action.API_KEY_CREATED, Target(API_KEY, key, "key"), changes)
    token = (await make_session(db, master)).text
    (event,) = (await ask(client, EVENTS, token=token))["viewer"]["account"]["auditEvents"]["nodes"]
    (row,) = await audit_of(db)
    assert event == {
        "id": encode("AuditEvent", row.id),
        "at": "2026-03-01T00:00:00.000Z",
        "actor": "first@example.com",
        "action": "api_key.created",
        "targetLabel": "key",
        "ip": "192.0.2.9",
        "target": {"__typename": "ApiKey", "id": encode("ApiKey", key), "name": "key"},
        "changes": [
            {"field": "name", "before": None, "after": "key"},
            {"field": "role", "before": None, "after": "BILLING"},
        ],
    }


async def test_a_target_that_is_gone_or_a_strangers_is_null_and_keeps_its_label(
    client: httpx.AsyncClient, db: Database, dsn: str
) -> None:
    master, stranger = await make_master(db), await make_account(db, "A-2")
    await make_api_key(db, stranger, RoleName.BILLING)
    async with db.read() as reader:
        foreign = (await reader.fetch("SELECT id FROM api_keys"))[0]["id"]
    for id_ in (UUID(int=1), foreign):
        await record(db, origin(master.account_id), Action.API_KEY_REVOKED, Target(API_KEY, id_, "key"))
    await record(db, origin(master.account_id), Action.LOGIN_SIGNED_IN)
    await execute(
        dsn,
        "INSERT INTO audit_events (account_id, actor, action, target_type, target_id, target_label)"
        f" VALUES ('{master.account_id}', 'x', 'old.thing', 'NoLongerAType', uuidv7(), 'old')",
    )
    nodes = (await ask(client, EVENTS, token=(await make_session(db, master)).text))["viewer"]["account"]["auditEvents"]
    assert [(node["target"], node["targetLabel"]) for node in nodes["nodes"]] == [
        (None, "old"), (None, None), (None, "key"), (None, "key")
    ]  # fmt: skip


async def test_events_with_targets_and_changes_cost_a_statement_for_each_relation(
    client: httpx.AsyncClient, db: Database, statements: StatementLog
) -> None:
    master = await make_master(db)
    token = (await make_session(db, master)).text
    counts = []
    for number in range(1, 4):
        await record(
            db,
            origin(master.account_id),
            Action.API_KEY_CREATED,
            Target(API_KEY, UUID(int=number)),
            [Change("name", None, "key")],
        )
        await record(db, origin(master.account_id), Action.ACCOUNT_UPDATED, Target(INVOICE, UUID(int=number)))
        statements.clear()
        page = (await ask(client, EVENTS, token=token))["viewer"]["account"]["auditEvents"]
        assert page["totalCount"] == 2 * number
        counts.append(len(statements))
    # the page, its count, changes, and a look-up for each of two types
    assert counts == [5, 5, 5]


async def test_filters_name_who_what_and_when(client: httpx.AsyncClient, db: Database) -> None:
    master = await make_master(db)
    by = origin(master.account_id)
    await record(db, by, Action.LOGIN_SIGNED_IN)
    await record(db, origin(master.account_id, actor="second@example.com"), Action.LOGIN_SIGNED_IN)
    await record(db, origin(master.account_id, at=datetime(2026, 3, 2, tzinfo=UTC)), Action.LOGIN_SIGNED_OUT)
    token = (await make_session(db, master)).text
    cases: list[tuple[dict[str, Any], int]] = [
        ({}, 3),
        ({"actor": "first@example.com"}, 2),
        ({"action": "login.signed_in"}, 2),
        ({"action": "login.signed_in", "actor": "second@example.com"}, 1),
        ({"at": {"from": "2026-03-02"}}, 1),
        ({"at": {"to": "2026-03-01"}, "actor": None}, 2),
        ({"action": "no.such"}, 0),
    ]
    for given, count in cases:
        page = (await ask(client, EVENTS, {"filter": given}, token=token))["viewer"]["account"]["auditEvents"]
        assert (page["totalCount"], len(page["nodes"])) == (count, count), given


async def test_machine_credentials_are_named(db: Database) -> None:
    account = await make_account(db)
    token = await make_api_key(db, account, RoleName.BILLING)
    async with db.read() as reader:
        key = (await reader.fetch("SELECT id FROM api_keys"))[0]["id"]
    await record(db, origin(account, actor=None, api_key_id=key), Action.ACCOUNT_UPDATED)
    await record(db, origin(account, actor=None), Action.ACCOUNT_UPDATED)
    await record(db, origin(account, actor=None, api_key_id=account), Action.ACCOUNT_UPDATED)
    named = {f"API key key ({token.shown}…)", "API secret key", "API key"}
    assert {row.actor for row in await audit_of(db)} == named, "a key that was revoked meanwhile is named too"


async def test_a_row_goes_with_its_transaction_and_is_never_changed(db: Database, dsn: str) -> None:
    master = await make_master(db)
    with pytest.raises(RuntimeError, match="undone"):
        await _record_and_fail(db, master.account_id)
    assert await audit_of(db) == []
    await record(db, origin(master.account_id), Action.LOGIN_SIGNED_IN)
    for statement in (
        "UPDATE audit_events SET actor = 'nobody'", "DELETE FROM audit_events", "TRUNCATE audit_events"
    ):  # fmt: skip
        with pytest.raises(asyncpg.PostgresError):
            await execute(dsn, statement)
    assert [row.actor for row in await audit_of(db)] == ["first@example.com"]


async def _record_and_fail(db: Database, account_id: UUID) -> None:
    async with db.write() as session:
        await audit.record(session, origin(account_id), Action.LOGIN_SIGNED_IN)
        raise RuntimeError("undone")


async def test_every_list_of_the_log_has_an_index_of_its_own(db: Database, dsn: str) -> None:
    master = await make_master(db)
    async with db.write() as session:
        for number in range(400):
            session.add(
                AuditEvent(account_id=master.account_id, actor=f"{number % 7}@x.example", action="login.signed_in")
            )
    await execute(dsn, "ANALYZE audit_events")
    async with db.read() as reader:
        await reader.fetch("SET enable_seqscan = off")
        for condition in ("true", "actor = '1@x.example'", "action = 'login.signed_in'"):
            rows = await reader.fetch(
                f"EXPLAIN SELECT id FROM audit_events WHERE account_id = '{master.account_id}' AND {condition}"
                " ORDER BY at DESC, id DESC LIMIT 21"
            )
            plan = " ".join(row[0] for row in rows)  # type: ignore[index]
            assert "Sort" not in plan, plan
            assert "Index" in plan, plan


async def test_nobody_but_the_master_reads_it(demo_client: httpx.AsyncClient, statements: StatementLog) -> None:
    token = await sign_in(demo_client, "full-access@demo.example.com")
    statements.clear()
    response = await demo_client.post(
        "/graphql",
        json={"query": "{ viewer { account { auditEvents { totalCount } } } }"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert response.json()["data"] == {"viewer": {"account": {"auditEvents": None}}}
    assert response.json()["errors"][0]["extensions"]["permission"] == "MANAGE_ACCESS"


async def test_a_logins_master_alone_is_told_of_its_account(client: httpx.AsyncClient, db: Database) -> None:
    home, other = await make_master(db), await make_master(db, "A-2", "other@example.com")
    await make_login(db, home.account_id, RoleName.BILLING)
    await record(db, origin(home.account_id), Action.LOGIN_SIGNED_IN)
    page = (await ask(client, EVENTS, token=(await make_session(db, other)).text))["viewer"]["account"]["auditEvents"]
    assert page == {"totalCount": 0, "nodes": []}
