"""What the server list filters by is right after every way in which data changes."""

import asyncio
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Database
from models.tables import ActivationKey, License, Server, ServerGroup
from tests import factories
from tests.models.listing import Listing, listings, strays


@dataclass(frozen=True)
class Fleet:
    """Servers of one account: `first` in a group with two keys, `second` with one, `bare` with none."""

    db: Database
    limited: ActivationKey
    unlimited: ActivationKey
    spare: ActivationKey
    group: ServerGroup
    other_group: ServerGroup
    first: Server
    second: Server
    bare: Server

    async def run(self, statement: str) -> None:
        """Change something; names of the fleet's rows stand for their ids."""
        async with self.db.write() as session:
            await self.send(session, statement)

    async def send(self, session: AsyncSession, statement: str) -> None:
        """Change something in a transaction that is open."""
        await (await session.connection()).execute(text(statement), self.ids(statement))

    def ids(self, statement: str) -> dict[str, object]:
        """The ids that a statement names."""
        return {name: getattr(self, name).id for name in vars(self) if name != "db" and f":{name}" in statement}


@pytest.fixture
async def fleet(db: Database) -> Fleet:
    """The fleet in a database of its own."""
    account_id = (await factories.account(db)).id
    limited = await factories.key_of(db, account_id, "kernelcare", seat_limit=5, key="Zz00000000000001")
    unlimited = await factories.key_of(db, account_id, "centos-7", key="CENTOS7-Aa0000000000000000000001")
    async with db.write() as session:
        pool = await session.get_one(License, limited.license_id)
    spare = await factories.activation_key(db, pool, key="Bb00000000000002")
    group, other = [await factories.group(db, account_id, name) for name in ("Production", "QA")]
    first = await factories.server(db, account_id, group, ip="2001:db8::1")
    second, bare = [await factories.server(db, account_id, ip=f"192.0.2.{place}") for place in (1, 2)]
    for server, key in ((first, limited), (first, unlimited), (second, limited)):
        await factories.registration(db, server, key)
    return Fleet(db, limited, unlimited, spare, group, other, first, second, bare)


async def right(fleet: Fleet) -> Listing:
    """What is listed, once it is what it should be."""
    said, should = await listings(fleet.db)
    assert said == should
    assert await strays(fleet.db) == []
    return said


async def test_registered_servers_list_products_keys_limits_and_group(fleet: Fleet) -> None:
    listing = await right(fleet)
    facets = listing[fleet.first.hostname]
    limited, unlimited = 1_000_000 + fleet.limited.number, 1_000_000 + fleet.unlimited.number
    assert facets == sorted([-fleet.group.number, 1, 6, 10_001, 10_002, limited, unlimited])
    assert listing[fleet.second.hostname] == sorted([1, 10_001, limited])
    assert listing[fleet.bare.hostname] == []


A_ROW = """
    INSERT INTO registrations (account_id, server_id, hostname, product_id, license_type_id, activation_key_id)
    SELECT s.account_id, s.id, s.hostname, k.product_id, k.license_type_id, k.id FROM servers s, activation_keys k
"""

CHANGES = {
    "a registration is added": f"{A_ROW} WHERE s.id = :bare AND k.id = :unlimited",
    "several are added at once": f"{A_ROW} WHERE s.id IN (:bare, :second) AND k.id = :unlimited",
    "a registration moves to another key": (
        "UPDATE registrations SET activation_key_id = :spare WHERE server_id = :second"
    ),
    "all registrations move to another key": (
        "UPDATE registrations SET activation_key_id = :spare WHERE activation_key_id = :limited"
    ),
    "a registration moves to another server": (
        "UPDATE registrations r SET server_id = s.id, hostname = s.hostname FROM servers s"
        " WHERE s.id = :bare AND r.server_id = :second"
    ),
    "a registration is removed": "DELETE FROM registrations WHERE server_id = :second",
    "all registrations are removed": "DELETE FROM registrations",
    "a key is removed": "DELETE FROM activation_keys WHERE id = :limited",
    "a limit is cleared": "UPDATE activation_keys SET seat_limit = NULL WHERE id = :limited",
    "a limit is set": "UPDATE activation_keys SET seat_limit = 9 WHERE id = :unlimited",
    "all limits are cleared": "UPDATE activation_keys SET seat_limit = NULL",
    "a server is renamed": "UPDATE servers SET hostname = 'renamed.example.com' WHERE id = :first",
    "all servers are renamed": "UPDATE servers SET hostname = 'x-' || hostname",
    "a server changes its group": (
        "UPDATE servers SET group_id = g.id, group_name = g.name FROM server_groups g"
        " WHERE servers.id = :first AND g.id = :other_group"
    ),
    "a server leaves its group": "UPDATE servers SET group_id = NULL, group_name = NULL WHERE id = :first",
    "a server enters a group": (
        "UPDATE servers SET group_id = g.id, group_name = g.name FROM server_groups g"
        " WHERE servers.id = :bare AND g.id = :group"
    ),
    "a group is removed": "DELETE FROM server_groups WHERE id = :group",
    "a server is removed": "DELETE FROM servers WHERE id = :first",
    "a server is added": (
        "INSERT INTO servers (account_id, hostname, ip) SELECT account_id, 'new.example.com', '192.0.2.9'"
        " FROM servers WHERE id = :first"
    ),
    "a server is added to a group": (
        "INSERT INTO servers (account_id, hostname, ip, group_id, group_name)"
        " SELECT account_id, 'new.example.com', '192.0.2.9', id, name FROM server_groups WHERE id = :group"
    ),
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_is_listed(fleet: Fleet, statement: str) -> None:
    before = await right(fleet)
    await fleet.run(statement)
    assert await right(fleet) != before


UNSEEN = {
    "a key is spelt anew": "UPDATE activation_keys SET key = 'Qq00000000000009' WHERE id = :limited",
    "a server changes its address": "UPDATE servers SET ip = '192.0.2.200' WHERE id = :second",
    "a group is renamed": "UPDATE server_groups SET name = 'Live' WHERE id = :group",
    "a limit changes": "UPDATE activation_keys SET seat_limit = 50 WHERE id = :limited",
    "a note changes": "UPDATE activation_keys SET note = 'Rack 1'",
    "a seat is counted": "UPDATE activation_keys SET used = used + 1 WHERE id = :limited",
    "a server is seen as another machine": "UPDATE servers SET machine_id = 'm-1' WHERE id = :first",
    "a registration ends and begins anew": "UPDATE registrations SET epoch = epoch + 1",
}

REFUSE_REWRITES = (
    """
    CREATE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rewritten';
    END
    $$
    """,
    """
    CREATE TRIGGER refuse_rewrites BEFORE UPDATE OF facets ON servers
        FOR EACH ROW EXECUTE FUNCTION refuse_rewrite()
    """,
    """
    CREATE TRIGGER refuse_rewrites BEFORE UPDATE OF facets ON server_check_ins
        FOR EACH ROW WHEN ((NEW.ip, NEW.registered_at, NEW.group_sort) = (OLD.ip, OLD.registered_at, OLD.group_sort))
        EXECUTE FUNCTION refuse_rewrite()
    """,
)


@pytest.mark.parametrize("statement", UNSEEN.values(), ids=UNSEEN.keys())
async def test_what_the_list_does_not_compare_rewrites_no_server_for_it(fleet: Fleet, statement: str) -> None:
    before = await right(fleet)
    for refusal in REFUSE_REWRITES:
        await fleet.run(refusal)
    await fleet.run(statement)
    assert await right(fleet) == before


async def test_a_rewrite_would_have_been_noticed(fleet: Fleet) -> None:
    for refusal in REFUSE_REWRITES:
        await fleet.run(refusal)
    with pytest.raises(DBAPIError, match="rewritten"):
        await fleet.run(CHANGES["a limit is cleared"])


async def test_moving_there_and_back_restores_what_was_listed(fleet: Fleet) -> None:
    before = await right(fleet)
    await fleet.run("UPDATE registrations SET activation_key_id = :spare WHERE activation_key_id = :limited")
    await fleet.run("UPDATE registrations SET activation_key_id = :limited WHERE activation_key_id = :spare")
    assert await right(fleet) == before


async def test_a_server_object_added_by_a_session_is_listed(fleet: Fleet) -> None:
    async with fleet.db.write() as session:
        session.add(
            Server(
                account_id=fleet.first.account_id,
                hostname="object.example.com",
                ip="192.0.2.77",
                group_id=fleet.group.id,
                group_name=fleet.group.name,
            )
        )
    listing = await right(fleet)
    assert listing["object.example.com"] == [-fleet.group.number]


async def test_registrations_of_one_server_at_the_same_time_are_both_listed(fleet: Fleet) -> None:
    """The second waits for the first, and then computes with what the first has written."""
    statements = [f"{A_ROW} WHERE s.id = :bare AND k.id = :{key}" for key in ("limited", "unlimited")]

    async with fleet.db.write() as one:
        await fleet.send(one, statements[0])
        async with fleet.db.write() as other:
            waiting = asyncio.create_task(fleet.send(other, statements[1]))
            await blocked(fleet.db)
            assert not waiting.done()
            await one.commit()
            await waiting
    listing = await right(fleet)
    both = {1_000_000 + fleet.limited.number, 1_000_000 + fleet.unlimited.number}
    assert both <= set(listing[fleet.bare.hostname])


async def blocked(db: Database) -> None:
    """Wait until some statement waits for a lock."""
    async with db.read() as reader:
        for _ in range(1000):
            if await reader.fetch("SELECT FROM pg_locks WHERE NOT granted"):
                return
            await asyncio.sleep(0.01)
    raise AssertionError("nothing waits")
