"""Loading the demo: all or nothing, once, the same each time, and without a second write."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from gateway.demo import DemoExistsError, load, loading
from gateway.postgres import EmbeddedPostgres
from tests.databases import execute, throw_away
from tests.models.catalog import INDEXES, STATISTICS, facts

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PASSWORD = "of no importance"
FEW: dict[str, Any] = {"accounts": 9, "servers": 400, "demo_servers": 150, "now": NOON, "password": PASSWORD}

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"


async def digests(dsn: str) -> dict[str, str | None]:
    """What each table holds, but for what is different by nature: salted passwords and numbers of transactions."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = "to_jsonb(t) - 'password_hash' - 'transaction_id'"
        tables = [row[0] for row in await connection.fetch(TABLES)]
        return {
            table: await connection.fetchval(
                f"SELECT md5(string_agg(({rows})::text, '' ORDER BY ({rows})::text)) FROM {table} t"
            )
            for table in tables
        }
    finally:
        await connection.close()


async def fetch(dsn: str, query: str) -> list[asyncpg.Record]:
    """The rows of a question."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


@pytest.fixture
async def another_dsn(postgres: EmbeddedPostgres, empty_template: str) -> AsyncIterator[str]:
    """A second migrated database."""
    async with throw_away(postgres, empty_template) as address:
        yield address


async def test_the_same_seed_and_time_make_the_same_rows(dsn: str, another_dsn: str) -> None:
    await load(dsn, seed=7, **FEW)
    await load(another_dsn, seed=7, **FEW)
    assert await digests(dsn) == await digests(another_dsn)


async def test_another_seed_makes_others(dsn: str, another_dsn: str) -> None:
    await load(dsn, seed=7, **FEW)
    await load(another_dsn, seed=8, **FEW)
    one, other = await digests(dsn), await digests(another_dsn)
    assert {table for table in one if one[table] == other[table]} >= {"products", "license_types"}
    assert one["servers"] != other["servers"]
    assert one["invoices"] != other["invoices"]


async def test_a_second_load_is_refused_and_changes_nothing(dsn: str) -> None:
    await load(dsn, **FEW)
    before = await digests(dsn)
    with pytest.raises(DemoExistsError):
        await load(dsn, **FEW)
    assert await digests(dsn) == before


async def test_a_load_that_fails_leaves_nothing(dsn: str) -> None:
    before = await digests(dsn)
    await execute(dsn, "ALTER TABLE events ADD CONSTRAINT none CHECK (false)")
    with pytest.raises(asyncpg.CheckViolationError):
        await load(dsn, **FEW)
    assert await digests(dsn) == before


async def test_no_server_is_written_a_second_time(dsn: str) -> None:
    """What the triggers would keep is there already, so they find nothing to do."""
    await execute(
        dsn,
        "CREATE FUNCTION refuse_update() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'updated'; END $$",
        "CREATE TRIGGER refuse_updates BEFORE UPDATE ON servers FOR EACH ROW EXECUTE FUNCTION refuse_update()",
    )
    await load(dsn, **FEW)
    assert (await fetch(dsn, "SELECT count(*) FROM registrations"))[0][0] > 400
    with pytest.raises(asyncpg.RaiseError, match="updated"):
        await execute(dsn, "UPDATE activation_keys SET seat_limit = NULL")


async def test_a_large_load_builds_its_indexes_last_and_ends_with_the_same(
    dsn: str, another_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await facts(dsn, INDEXES, STATISTICS)
    assert all(before)
    monkeypatch.setattr(loading, "UNINDEXED_FROM", 100)
    monkeypatch.setattr(loading, "COPIED_AT_ONCE", 200)
    await load(dsn, **FEW)
    assert await facts(dsn, INDEXES, STATISTICS) == before
    monkeypatch.undo()
    await load(another_dsn, **FEW)
    assert await digests(dsn) == await digests(another_dsn)


async def test_counting_goes_on_where_the_demo_stopped(dsn: str) -> None:
    await load(dsn, **FEW)
    highest = (await fetch(dsn, "SELECT max(number) FROM activation_keys"))[0][0]
    await execute(
        dsn,
        "INSERT INTO activation_keys (account_id, product_id, license_type_id, key)"
        " SELECT account_id, product_id, license_type_id, 'AAAAAAAAAAAAAAAA' FROM activation_keys LIMIT 1",
        "INSERT INTO server_groups (account_id, name) SELECT account_id, 'Later' FROM server_groups LIMIT 1",
    )
    assert (await fetch(dsn, "SELECT number FROM activation_keys WHERE key = 'AAAAAAAAAAAAAAAA'"))[0][0] == highest + 1
    numbers = await fetch(dsn, "SELECT number FROM accounts ORDER BY number")
    assert [row[0] for row in numbers] == [str(100_001 + place) for place in range(9)]


async def test_servers_are_shared_as_asked(dsn: str) -> None:
    reported: list[tuple[int, int]] = []
    await load(dsn, **FEW, progress=lambda done, total: reported.append((done, total)))
    own = await fetch(dsn, "SELECT count(*) FROM servers WHERE hostname LIKE '%.demo.example.com'")
    every = await fetch(dsn, "SELECT count(*) FROM servers")
    assert (own[0][0], every[0][0]) == (150, 400)
    assert reported[-1] == (400, 400)


def test_without_a_crowd_the_demo_account_has_them_all() -> None:
    cast = loading.cast_of(accounts=7, servers=200_000, demo_servers=None, seed=1)
    assert len(cast) == 7
    assert sum(profile.servers for profile in cast) == 200_000
    assert cast[0].servers > 199_000


def test_a_crowd_shares_what_is_left() -> None:
    cast = loading.cast_of(accounts=1_000, servers=200_000, demo_servers=None, seed=1)
    assert len(cast) == 1_000
    assert sum(profile.servers for profile in cast) == 200_000
    assert cast[0].servers == 1_060
    assert min(profile.servers for profile in cast[7:]) > 10
