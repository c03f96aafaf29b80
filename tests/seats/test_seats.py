"""Seats over the tables: held, taken, moved and given back, with the counters equal to the rows at every time."""

import asyncio
from dataclasses import replace
from ipaddress import ip_network
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from models.db import ATTEMPTS, Database, Transaction
from models.errors import Contended, UserFault
from models.queries import releasing, seats
from models.queries.audit import Origin
from models.seats import HeldRegistration, Networks, Seats, refusals
from models.tables import ActivationKey, License, Server
from tests import factories
from tests.databases import StatementLog
from tests.factories import NOON
from tests.seats.counting import assert_counters_right

PATH = ["activationKey"]


@pytest.fixture
async def key(db: Database) -> ActivationKey:
    """A key of three seats over a pool of ten."""
    return await factories.key_of(db, (await factories.account(db)).id, seat_limit=3)


async def take(db: Database, key: ActivationKey, server: Server) -> UUID:
    """Register a server as a mutation does: hold, judge, take."""

    async def work(session: Transaction) -> UUID:
        held = (await seats.hold_keys(session, [key.account_id], [key.id]))[key.id]
        for fault in refusals(held, PATH):
            raise fault
        return await seats.take(session, held, server.id, server.hostname, NOON)

    return await db.transact(work)


async def events_of(db: Database) -> list[tuple[str, UUID | None, UUID | None]]:
    """What was told, in the order of the telling."""
    async with db.read() as reader:
        rows = await reader.fetch("SELECT kind, server_id, activation_key_id FROM events ORDER BY position")
    return [(row["kind"], row["server_id"], row["activation_key_id"]) for row in rows]


async def another_key(db: Database, key: ActivationKey, **values: Any) -> ActivationKey:
    """A key of the same pool."""
    async with db.write() as session:
        pool = await session.get_one(License, key.license_id)
    return await factories.activation_key(db, pool, **values)


async def test_a_seat_is_counted_on_both_levels_and_told(db: Database, key: ActivationKey) -> None:
    servers = [await factories.server(db, key.account_id) for _ in range(3)]
    for server in servers:
        await take(db, key, server)
    assert [one.used for one in await assert_counters_right(db)] == [3, 3]
    registered = [("SERVER_REGISTERED", server.id, key.id) for server in servers]
    assert await events_of(db) == [*registered, ("KEY_LIMIT_REACHED", None, key.id)]
    with pytest.raises(UserFault) as refused:
        await take(db, key, await factories.server(db, key.account_id))
    assert (refused.value.code, refused.value.field) == ("KEY_LIMIT_REACHED", ("activationKey",))
    assert [one.used for one in await assert_counters_right(db)] == [3, 3]


@pytest.mark.parametrize(("limit", "quantity", "won"), [(3, 10, 3), (None, 4, 4), (5, 5, 5)])
async def test_of_many_at_once_as_many_win_as_there_are_seats(
    db: Database, limit: int | None, quantity: int, won: int
) -> None:
    kind = await factories.license_type(db)
    held = await factories.subscription(db, (await factories.account(db)).id, kind.product_id)
    pool = await factories.pool(db, held, kind, quantity=quantity)
    key = await factories.activation_key(db, pool, seat_limit=limit)
    servers = [await factories.server(db, key.account_id) for _ in range(12)]
    results = await asyncio.gather(*(take(db, key, server) for server in servers), return_exceptions=True)
    assert sum(isinstance(result, UUID) for result in results) == won
    refused = {result.code for result in results if isinstance(result, UserFault)}
    assert refused <= {"KEY_LIMIT_REACHED", "LICENSE_POOL_EXHAUSTED"}
    assert [one.used for one in await assert_counters_right(db)] == [won, won]
    assert [kind for kind, *_ in await events_of(db)].count("KEY_LIMIT_REACHED") == (limit == won)


async def test_a_registration_moves_without_a_second_license(
    db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    full = await factories.server(db, key.account_id)
    first = await take(db, key, full)
    other = await another_key(db, key, seat_limit=1)
    statements.clear()
    async with db.write() as session:
        held = await seats.hold_keys(session, [key.account_id], [key.id, other.id])
        registration = HeldRegistration(first, full.id, key.id, key.license_type_id)
        assert refusals(held[other.id], PATH, moving=True) == []
        await seats.move(session, held[other.id], registration, NOON)
    assert len(statements) == 4
    assert sorted(one.used for one in await assert_counters_right(db)) == [0, 1, 1]
    assert (await events_of(db))[-1] == ("KEY_LIMIT_REACHED", None, other.id)


async def test_a_thousand_servers_go_in_one_statement(
    db: Database, key: ActivationKey, statements: StatementLog
) -> None:
    second = await factories.key_of(db, key.account_id, "centos-7", key="CENTOS7-Aa0000000000000000000001")
    both = await factories.server(db, key.account_id)
    stays = await factories.server(db, key.account_id)
    bare = await factories.server(db, key.account_id)
    for server, with_key in ((both, key), (both, second), (stays, key)):
        await take(db, with_key, server)
    statements.clear()
    async with db.write() as session:
        held = await seats.hold_servers(session, [key.account_id], [both.id, bare.id, uuid4()])
        assert [len(server.registrations) for server in held] == [2, 0]
        assert len(statements) == 4
        assert list(await releasing.release(session, held, NOON)) == sorted([both.id, bare.id])
    assert len(statements) == 5
    assert sorted(one.used for one in await assert_counters_right(db)) == [0, 0, 1, 1]
    assert (await events_of(db))[-2:] == [("SERVER_REMOVED", server.id, None) for server in (both, bare)]
    async with db.read() as reader:
        assert [row["id"] for row in await reader.fetch("SELECT id FROM servers")] == [stays.id]


async def test_a_keys_servers_go_where_no_other_key_holds_them(db: Database, key: ActivationKey) -> None:
    second = await factories.key_of(db, key.account_id, "centos-7", key="CENTOS7-Aa0000000000000000000001")
    both, one = [await factories.server(db, key.account_id) for _ in range(2)]
    for server, with_key in ((both, key), (both, second), (one, key)):
        await take(db, with_key, server)
    async with db.write() as session:
        held = await seats.hold_keys(session, [key.account_id], [key.id])
        assert await seats.hold_servers_of_keys(session, [key.account_id], held) == 2
        by = Origin(key.account_id, "somebody@example.com", NOON, None)
        assert await releasing.remove_of_keys(session, [key.account_id], held, by) == [one.id]
        assert await releasing.release(session, [], NOON) == []
    assert sorted(count.used for count in await assert_counters_right(db)) == [0, 0, 1, 1]


async def test_nothing_of_another_account_is_held(db: Database, key: ActivationKey) -> None:
    server = await factories.server(db, key.account_id)
    await take(db, key, server)
    stranger = (await factories.account(db)).id
    async with db.write() as session:
        assert await seats.hold_keys(session, [stranger], [key.id]) == {}
        assert await seats.hold_servers(session, [stranger], [server.id]) == []
        held = await seats.hold_servers(session, [key.account_id], [server.id])
        assert await releasing.release(session, [replace(held[0], account_id=stranger)], NOON) == []
    assert [one.used for one in await assert_counters_right(db)] == [1, 1]


async def test_a_registration_that_moves_while_its_server_is_waited_for_is_found_again(
    db: Database, key: ActivationKey
) -> None:
    server = await factories.server(db, key.account_id)
    registration = await take(db, key, server)
    other = await another_key(db, key)
    tries = 0

    async def removing(session: Transaction) -> list[UUID]:
        nonlocal tries
        tries += 1
        return list(
            await releasing.release(session, await seats.hold_servers(session, [key.account_id], [server.id]), NOON)
        )

    async with db.write() as session:
        held = await seats.hold_keys(session, [key.account_id], [key.id, other.id])
        waiting = asyncio.create_task(db.transact(removing))
        await waited_for(db)
        await seats.move(
            session, held[other.id], HeldRegistration(registration, server.id, key.id, key.license_type_id), NOON
        )
    assert await waiting == [server.id]
    assert tries in {1, 2}, "where the key was found after the move, nothing had to begin anew"
    assert {one.used for one in await assert_counters_right(db)} == {0}


async def test_no_key_is_held_before_its_pool(db: Database, key: ActivationKey) -> None:
    """A server that is registered once more while its first pool is waited for is begun with anew, not deadlocked."""
    server = await factories.server(db, key.account_id)
    await take(db, key, server)
    second = await factories.key_of(db, key.account_id, "centos-7", key="CENTOS7-Aa0000000000000000000001")
    tries = 0

    async def removing(session: Transaction) -> list[UUID]:
        nonlocal tries
        tries += 1
        held = await seats.hold_servers(session, [key.account_id], [server.id])
        assert len(held[0].registrations) == 2
        return list(await releasing.release(session, held, NOON))

    async with db.write() as session:
        await seats.hold_keys(session, [key.account_id], [key.id])
        waiting = asyncio.create_task(db.transact(removing))
        await waited_for(db)
        await take(db, second, server)
    assert await waiting == [server.id]
    assert tries == 2
    assert {one.used for one in await assert_counters_right(db)} == {0}


async def waited_for(db: Database) -> None:
    """Return once some session waits for a lock."""
    waiting = "SELECT FROM pg_locks WHERE NOT granted"
    while True:
        async with db.read() as reader:
            if await reader.fetch(waiting):
                return
        await asyncio.sleep(0.01)


async def test_a_deadlock_is_begun_anew_and_both_end(db: Database) -> None:
    accounts = [(await factories.account(db)).id for _ in range(2)]
    met = asyncio.Barrier(2)
    tries: list[UUID] = []

    async def crossing(first: UUID, second: UUID) -> None:
        async def work(session: Transaction) -> None:
            connection = await session.connection()
            tries.append(first)
            for place, account_id in enumerate((first, second)):
                await connection.execute(
                    text("UPDATE accounts SET company_name = 'Crossed' WHERE id = :id"), {"id": account_id}
                )
                if place == 0 and tries.count(first) == 1:
                    await met.wait()

        await db.transact(work)

    await asyncio.gather(crossing(*accounts), crossing(*reversed(accounts)))
    assert len(tries) == 3


async def test_the_new_beginnings_are_bounded(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.db.FIRST_PAUSE", 0.0001)
    tries = 0

    async def never(session: Transaction) -> None:
        nonlocal tries
        tries += 1
        raise Contended

    with pytest.raises(UserFault) as refused:
        await db.transact(never)
    assert (refused.value.code, tries) == ("CONFLICT", ATTEMPTS)
    assert refused.value.retry_after_ms


def seats_of(**values: Any) -> Seats:
    """Seats with room, unless told otherwise."""
    ids: dict[str, Any] = {
        name: uuid4() for name in ("key_id", "account_id", "product_id", "license_type_id", "pool_id")
    }
    given = {"key": "TEST-0", "used": 0, "limit": None, "allowed_addresses": (), "quantity": 1, "pool_used": 0}
    return Seats(**(ids | given | {"account_locked": False, "subscribed": True} | values))


def networks(*texts: str) -> Networks:
    """Networks as the database gives them."""
    return tuple(ip_network(network) for network in texts)


@pytest.mark.parametrize(
    ("values", "moving", "codes"),
    [
        ({}, False, []),
        ({"limit": 1}, False, []),
        ({"limit": 1, "used": 1}, False, ["KEY_LIMIT_REACHED"]),
        ({"limit": 1, "used": 1}, True, ["KEY_LIMIT_REACHED"]),
        ({"pool_used": 1}, False, ["LICENSE_POOL_EXHAUSTED"]),
        ({"pool_used": 1}, True, []),
        ({"pool_id": None, "quantity": 0}, False, ["LICENSE_POOL_EXHAUSTED"]),
        ({"pool_id": None, "quantity": 0, "subscribed": False}, False, ["NOT_SUBSCRIBED"]),
        ({"account_locked": True}, False, ["ACCOUNT_LOCKED"]),
        ({"allowed_addresses": networks("192.0.2.0/24", "2001:db8::/32")}, False, []),
        ({"allowed_addresses": networks("2001:db8::/32")}, False, ["ADDRESS_NOT_ALLOWED"]),
        ({"allowed_addresses": networks("192.0.2.8/32")}, False, ["ADDRESS_NOT_ALLOWED"]),
        (
            {"account_locked": True, "allowed_addresses": networks("192.0.2.8/32"), "limit": 1, "used": 1}
            | {"pool_used": 1},
            False,
            ["ACCOUNT_LOCKED", "ADDRESS_NOT_ALLOWED", "KEY_LIMIT_REACHED", "LICENSE_POOL_EXHAUSTED"],
        ),
    ],
)
def test_every_reason_is_told(values: dict[str, Any], moving: bool, codes: list[str]) -> None:
    found = refusals(seats_of(**values), PATH, address="192.0.2.7", moving=moving)
    assert [fault.code for fault in found] == codes


def test_an_unlimited_key_has_no_room_to_tell() -> None:
    assert (seats_of().key_room, seats_of().pool_room) == (None, 1)
    assert (seats_of(limit=3, used=1).key_room, seats_of(quantity=3, pool_used=3).pool_room) == (2, 0)
    assert seats_of(allowed_addresses=networks("192.0.2.8/32")).allows("192.0.2.8")
