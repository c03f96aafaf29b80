"""Registering: once for each machine and license type, however often and by whatever way it is asked for."""

import asyncio
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.app import create_app
from models.audit import masked_key
from models.db import Database
from models.enums import AccountState
from models.tables import Account, ActivationKey, License
from tests import factories
from tests.access.people import audit_of, utc
from tests.agents.calls import codes, everything, register, registered, rows
from tests.agents.conftest import At
from tests.conftest import calling, settings_for
from tests.databases import StatementLog
from tests.seats.counting import assert_counters_right

FIELD = ["activationKey"]


async def another_key(db: Database, key: ActivationKey, **values: Any) -> ActivationKey:
    """A key of the same pool."""
    async with db.write() as session:
        pool = await session.get_one(License, key.license_id)
    return await factories.activation_key(db, pool, **values)


async def test_a_new_machine_is_a_new_server(
    client: httpx.AsyncClient, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    statements.clear()
    token = await registered(client, key.key, hostname=" Web-1.Example.COM. ", version=" 1.2 ")
    assert len(statements) == 10
    assert token.startswith("spreg_")
    ((machine, hostname, ip, registered_at, by_hand),) = await rows(
        db, "SELECT machine_id, hostname, host(ip), registered_at, created_by_hand FROM servers"
    )
    assert (machine, hostname, ip, by_hand) == ("machine-1", "web-1.example.com", "127.0.0.1", False)
    assert timedelta(0) <= utc() - registered_at < timedelta(minutes=1)
    ((server_id, version, activated_at, epoch),) = await rows(
        db,
        "SELECT r.server_id, c.version, r.activated_at, r.epoch FROM registrations r"
        " JOIN registration_check_ins c ON c.registration_id = r.id",
    )
    assert (version, activated_at, epoch) == ("1.2", registered_at, 0)
    assert [one.used for one in await assert_counters_right(db)] == [1, 1]
    assert await rows(db, "SELECT kind, server_id, activation_key_id FROM events") == [
        ("SERVER_REGISTERED", server_id, key.id)
    ]
    (told,) = await audit_of(db)
    assert (told.action, told.target_type, told.target_id, told.target_label) == (
        "server.registered",
        "Server",
        server_id,
        "web-1.example.com",
    )
    assert (told.actor, told.login_id, told.credential_kind) == (f"Activation key {masked_key(key.key)}", None, None)
    assert str(told.ip) == "127.0.0.1"
    assert told.changes == {
        "hostname": [None, "web-1.example.com"],
        "ip": [None, "127.0.0.1"],
        "key": [None, masked_key(key.key)],
    }
    assert key.key not in str(told)
    assert token not in str(await everything(db))


async def test_a_retry_is_one_look_and_changes_nothing(
    client: httpx.AsyncClient, db: Database, dsn: str, key: ActivationKey, statements: StatementLog
) -> None:
    first = await registered(client, key.key, version="1.0")
    before = await everything(db)
    statements.clear()
    assert await registered(client, key.key, hostname="WEB-1.example.com", version="1.0") == first
    assert await registered(client, key.key) == first
    assert len(statements) == 2
    async with calling(create_app(settings_for(dsn))) as another_process:
        assert await registered(another_process, key.key) == first
    assert await everything(db) == before


async def test_a_retry_is_answered_where_all_seats_are_taken(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    tokens = [await registered(client, key.key, f"machine-{number}") for number in range(3)]
    assert codes(await register(client, key.key, "machine-3")) == [("KEY_LIMIT_REACHED", FIELD)]
    assert [await registered(client, key.key, f"machine-{number}") for number in range(3)] == tokens
    kinds = [kind for (kind,) in await rows(db, "SELECT kind FROM events ORDER BY position")]
    assert kinds == ["SERVER_REGISTERED"] * 3 + ["KEY_LIMIT_REACHED"]


async def test_the_same_machine_in_parallel_is_one_server(
    client: httpx.AsyncClient, db: Database, dsn: str, key: ActivationKey
) -> None:
    async with calling(create_app(settings_for(dsn))) as other:
        tokens = await asyncio.gather(*(registered(caller, key.key) for caller in (client, other) * 8))
    assert len(set(tokens)) == 1
    assert await rows(db, "SELECT count(*) FROM servers") == [(1,)]
    assert [one.used for one in await assert_counters_right(db)] == [1, 1]
    assert len(await audit_of(db)) == 1


async def test_a_new_machine_with_two_products_at_once_is_one_server(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    second = await factories.key_of(db, key.account_id, "centos-7", key="CENTOS7-Aa0000000000000000000001")
    tokens = await asyncio.gather(
        *(registered(client, one.key, f"machine-{number}") for number in range(3) for one in (key, second))
    )
    assert len(set(tokens)) == 6
    assert await rows(db, "SELECT count(*) FROM servers") == [(3,)]
    assert [one.used for one in await assert_counters_right(db)] == [3, 3, 3, 3]
    assert [len(facets) for (facets,) in await rows(db, "SELECT facets FROM servers")] == [6, 6, 6]


async def test_another_key_of_the_license_type_takes_the_registration_over(
    client: httpx.AsyncClient, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    other = await another_key(db, key, seat_limit=1)
    token = await registered(client, key.key)
    statements.clear()
    assert await registered(client, other.key) == token
    assert len(statements) == 8
    assert sorted(one.used for one in await assert_counters_right(db)) == [0, 1, 1]
    assert await rows(db, "SELECT activation_key_id FROM registrations") == [(other.id,)]
    *_, told = await audit_of(db)
    assert (told.action, told.changes) == ("server.moved", {"key": [masked_key(key.key), masked_key(other.key)]})
    assert (await rows(db, "SELECT kind, activation_key_id FROM events ORDER BY position"))[1:] == [
        ("KEY_LIMIT_REACHED", other.id)
    ]
    await registered(client, key.key, "machine-2")
    before = await everything(db)
    assert codes(await register(client, other.key, "machine-2")) == [("KEY_LIMIT_REACHED", FIELD)]
    assert await everything(db) == before


async def test_a_registration_moves_though_the_pool_is_exhausted(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    other = await another_key(db, key)
    token = await registered(client, key.key)
    await execute_in(db, "UPDATE licenses SET quantity = used")
    assert codes(await register(client, key.key, "machine-2")) == [("LICENSE_POOL_EXHAUSTED", FIELD)]
    assert await registered(client, other.key) == token
    await assert_counters_right(db)


async def execute_in(db: Database, statement: str) -> None:
    """Change something beside the API."""
    async with db.read() as reader:
        await reader.fetch(statement)


async def test_keys_that_take_a_machine_from_each_other_leave_it_with_one(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    other = await another_key(db, key)
    tokens = await asyncio.gather(*(registered(client, one.key) for one in (key, other) * 6))
    assert len(set(tokens)) == 1
    assert sorted(one.used for one in await assert_counters_right(db)) == [0, 1, 1]


async def test_a_machine_that_has_changed_is_told_as_it_is(
    client: httpx.AsyncClient, at: At, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    token = await registered(client, key.key, version="1.0")
    second = await factories.key_of(db, key.account_id, "centos-7", key="CENTOS7-Aa0000000000000000000001")
    await registered(client, second.key)
    moved = at("2001:db8::7")
    statements.clear()
    assert await registered(moved, key.key, hostname="web-2.example.com", version="2.0") == token
    assert len(statements) == 8
    assert await rows(db, "SELECT hostname, host(ip) FROM servers") == [("web-2.example.com", "2001:db8::7")]
    assert await rows(
        db,
        "SELECT hostname, version FROM registrations r"
        " JOIN registration_check_ins ON registration_id = r.id ORDER BY r.id",
    ) == [
        ("web-2.example.com", "2.0"),
        ("web-2.example.com", None),
    ]
    *_, told = await audit_of(db)
    assert told.action == "server.updated"
    assert told.changes == {
        "hostname": ["web-1.example.com", "web-2.example.com"],
        "ip": ["127.0.0.1", "2001:db8::7"],
        "version": ["1.0", "2.0"],
    }


async def test_a_server_added_by_hand_is_adopted_by_its_machine(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    by_hand = await factories.server(
        db, key.account_id, hostname="web-1.example.com", ip="127.0.0.1", created_by_hand=True
    )
    await factories.registration(db, by_hand, key)
    elsewhere = await another_key(db, key)
    await registered(client, elsewhere.key, "machine-2")
    token = await registered(client, key.key, version="1.0")
    assert await registered(client, key.key) == token
    await registered(client, key.key, "machine-3")
    assert await rows(db, "SELECT machine_id, created_by_hand FROM servers ORDER BY registered_at") == [
        ("machine-1", False),
        ("machine-2", False),
        ("machine-3", False),
    ]
    assert sorted(one.used for one in await assert_counters_right(db)) == [1, 2, 3]
    adopted = [row for row in await audit_of(db) if row.action == "server.adopted"]
    assert [row.changes for row in adopted] == [{"machineId": [None, "machine-1"], "version": [None, "1.0"]}]


async def test_two_machines_adopt_one_server_each_at_most(
    client: httpx.AsyncClient, db: Database, key: ActivationKey
) -> None:
    by_hand = await factories.server(db, key.account_id, hostname="web-1.example.com", ip="127.0.0.1")
    await factories.registration(db, by_hand, key)
    tokens = await asyncio.gather(*(registered(client, key.key, machine) for machine in ("one", "two")))
    assert len(set(tokens)) == 2
    assert await rows(db, "SELECT count(*) FROM servers WHERE machine_id IS NOT NULL") == [(2,)]
    assert [one.used for one in await assert_counters_right(db)] == [2, 2]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"machineId": ""}, [("REQUIRED", ["machineId"])]),
        ({"machineId": "a b"}, [("INVALID", ["machineId"])]),
        ({"machineId": "é"}, [("INVALID", ["machineId"])]),
        ({"machineId": "a" * 129}, [("INVALID", ["machineId"])]),
        ({"hostname": " . "}, [("REQUIRED", ["hostname"])]),
        ({"hostname": "  "}, [("REQUIRED", ["hostname"])]),
        ({"hostname": "a..b"}, [("INVALID", ["hostname"])]),
        ({"hostname": "-a.example.com"}, [("INVALID", ["hostname"])]),
        ({"hostname": "a_b/c"}, [("INVALID", ["hostname"])]),
        ({"hostname": "a" * 64}, [("INVALID", ["hostname"])]),
        ({"hostname": "a." * 127 + "a"}, [("TOO_LONG", ["hostname"])]),
        ({"version": "a\nb"}, [("INVALID", ["version"])]),
        ({"version": "a" * 101}, [("TOO_LONG", ["version"])]),
        (
            {"machineId": "", "hostname": "", "version": "a\u2028b"},
            [("REQUIRED", ["machineId"]), ("REQUIRED", ["hostname"]), ("INVALID", ["version"])],
        ),
        ({"activationKey": "TEST-000000000000000000000 "}, [("UNKNOWN_KEY", FIELD)]),
        ({"activationKey": ""}, [("UNKNOWN_KEY", FIELD)]),
        ({"activationKey": "a" * 10_000}, [("UNKNOWN_KEY", FIELD)]),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field(
    client: httpx.AsyncClient,
    db: Database,
    key: ActivationKey,
    given: dict[str, str],
    wrong: list[tuple[str, list[str]]],
) -> None:
    before = await everything(db)
    payload = await register(client, **{"key": key.key, **given})
    assert (payload["serverToken"], payload["checkInEverySeconds"]) == (None, None)
    assert codes(payload) == wrong
    assert await everything(db) == before


@pytest.mark.parametrize("longest", ["a" * 63 + ".example.com", "a." * 126 + "a", "_srv.host_1", "10"])
async def test_what_can_be_is_taken(client: httpx.AsyncClient, key: ActivationKey, longest: str) -> None:
    await registered(client, key.key, machine="~" * 128, hostname=longest, version="ü" * 100)


async def test_an_unknown_key_and_a_removed_one_are_one_case(
    client: httpx.AsyncClient, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    await registered(client, key.key)
    await execute_in(db, "DELETE FROM activation_keys")
    answers, sent = [], []
    for asked in (key.key, "TEST-99999999999999999999"):
        statements.clear()
        answers.append(await register(client, asked, "machine-2"))
        sent.append(statements.texts.copy())
    assert answers[0] == answers[1]
    assert codes(answers[0]) == [("UNKNOWN_KEY", FIELD)]
    assert sent[0] == sent[1]
    assert len(sent[0]) == 1


async def test_a_locked_account_registers_nothing(client: httpx.AsyncClient, db: Database, key: ActivationKey) -> None:
    await registered(client, key.key)
    async with db.write() as session:
        (await session.get_one(Account, key.account_id)).state = AccountState.LOCKED
    before = await everything(db)
    for machine in ("machine-1", "machine-2"):
        assert codes(await register(client, key.key, machine)) == [("ACCOUNT_LOCKED", None)]
    assert await everything(db) == before


async def test_a_key_lists_the_networks_that_it_allows(at: At, db: Database, key: ActivationKey) -> None:
    listed = await another_key(db, key, allowed_addresses=["192.0.2.0/25", "2001:db8:1::/48"])
    for number, address in enumerate(("192.0.2.127", "2001:db8:1::9")):
        await registered(at(address), listed.key, f"machine-{number}")
    before = await everything(db)
    for address in ("192.0.2.128", "2001:db8:2::9", "127.0.0.1"):
        assert codes(await register(at(address), listed.key, "machine-0")) == [("ADDRESS_NOT_ALLOWED", None)]
    assert await everything(db) == before


async def test_without_a_subscription_or_a_pool_there_is_no_seat(client: httpx.AsyncClient, db: Database) -> None:
    account_id = (await factories.account(db)).id
    kind = await factories.license_type(db)
    own = {"account_id": account_id, "product_id": kind.product_id, "license_type_id": kind.id}
    key = await factories.add(db, ActivationKey, **own, key="TEST-00000000000000000000")
    assert codes(await register(client, key.key)) == [("NOT_SUBSCRIBED", FIELD)]
    await factories.subscription(db, account_id, kind.product_id)
    assert codes(await register(client, key.key)) == [("LICENSE_POOL_EXHAUSTED", FIELD)]


async def test_every_reason_is_told_at_once(at: At, db: Database) -> None:
    account = await factories.account(db, state=AccountState.LOCKED)
    key = await factories.key_of(db, account.id, seat_limit=1, allowed_addresses=["192.0.2.1/32"])
    await factories.registration(db, await factories.server(db, account.id), key)
    await execute_in(db, "UPDATE licenses SET quantity = used")
    assert codes(await register(at("192.0.2.2"), key.key)) == [
        ("ACCOUNT_LOCKED", None),
        ("ADDRESS_NOT_ALLOWED", None),
        ("KEY_LIMIT_REACHED", FIELD),
        ("LICENSE_POOL_EXHAUSTED", FIELD),
    ]


async def test_the_address_is_the_peers_and_a_header_counts_only_from_a_trusted_proxy(
    app: Starlette, dsn: str, db: Database, client: httpx.AsyncClient, key: ActivationKey
) -> None:
    client.headers["X-Forwarded-For"] = "203.0.113.9"
    await registered(client, key.key)
    settings = settings_for(dsn).model_copy(update={"trusted_proxies": (ip_network("127.0.0.0/8"),)})
    async with calling(create_app(settings)) as behind_proxy:
        behind_proxy.headers["X-Forwarded-For"] = "203.0.113.9"
        await registered(behind_proxy, key.key, "machine-2")
    found = await rows(db, "SELECT host(ip) FROM servers ORDER BY registered_at")
    assert found == [("127.0.0.1",), ("203.0.113.9",)]


async def test_a_key_that_is_used_from_many_networks_is_told_once(
    at: At, db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    await execute_in(db, "UPDATE licenses SET quantity = 100")
    wide = await another_key(db, key)
    for number in range(24):
        family = f"198.51.{number}.7" if number % 2 else f"2001:db8:{number:x}::7"
        await registered(at(family), wide.key, f"machine-{number}")
        await registered(at(family), wide.key, f"beside-{number}")
    found = [row for row in await audit_of(db) if row.action == "activation_key.seen_from_many_networks"]
    assert [(row.target_type, row.target_id, row.target_label) for row in found] == [
        ("ActivationKey", wide.id, masked_key(wide.key))
    ]
    assert found[0].changes == {"key": [None, masked_key(wide.key)], "networks": [None, "20"]}
    assert await rows(db, "SELECT count(*) FROM activation_key_networks") == [(24,)]
