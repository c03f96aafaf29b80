"""Migrations make what the models say, can be taken back, and may be run by several gateways at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import make_url, text

from gateway.postgres import EmbeddedPostgres
from models.migrations import BASE, current, downgrade, head, pending, transaction, upgrade
from models.tables import Table
from tests.databases import execute, throw_away
from tests.models.catalog import COLUMNS, CONSTRAINTS, DECLARED, EVERYTHING, EXTENSIONS, INDEXES, facts

ALL = ("accounts", "activation_keys", "events", "idempotency_keys", "invoice_lines", "registrations", "servers")


@pytest.fixture
async def bare(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The address of a database that nothing has been done to."""
    async with throw_away(postgres, "template0") as address:
        yield address


async def test_the_migrations_make_exactly_what_the_models_say(dsn: str, bare: str) -> None:
    """Compared in the catalogue: alembic's own comparison sees no CHECKs, and mistakes spellings for differences."""
    async with transaction(bare) as connection:
        for extension in ("pg_trgm", "btree_gin"):
            await connection.execute(text(f"CREATE EXTENSION {extension}"))
        await connection.run_sync(Table.metadata.create_all)
    migrated, declared = await facts(dsn, *DECLARED), await facts(bare, *DECLARED)
    assert migrated == declared
    columns, constraints, indexes, _ = migrated
    assert len(columns) > 250
    assert len(constraints) > 120
    assert len(indexes) > 100
    assert {table for table, *_ in columns} >= set(ALL)


async def test_the_comparison_sees_a_changed_check_a_default_and_an_index(dsn: str) -> None:
    questions = (COLUMNS, CONSTRAINTS, INDEXES)
    before = await facts(dsn, *questions)
    async with transaction(dsn) as connection:
        await connection.execute(text("ALTER TABLE licenses DROP CONSTRAINT ck_licenses_used"))
        await connection.execute(text("ALTER TABLE licenses ADD CONSTRAINT ck_licenses_used CHECK (used >= 0)"))
        await connection.execute(text("ALTER TABLE licenses ALTER used DROP DEFAULT"))
        await connection.execute(text("DROP INDEX ix_servers_search"))
    after = await facts(dsn, *questions)
    assert [old != new for old, new in zip(before, after, strict=True)] == [True, True, True]


async def test_down_to_base_leaves_nothing_and_up_again_makes_the_same(dsn: str, bare: str) -> None:
    first = await facts(dsn, *EVERYTHING)
    await downgrade(dsn, BASE)
    assert await facts(dsn, *EVERYTHING) == await facts(bare, *EVERYTHING) == [[] for _ in EVERYTHING]
    assert await current(dsn) is None
    await upgrade(dsn)
    assert await facts(dsn, *EVERYTHING) == first


async def test_every_version_can_be_taken_back_by_itself(bare: str) -> None:
    numbers = [f"{number:04}" for number in range(1, int(head() or 0) + 1)]
    made = []
    for number in numbers:
        await upgrade(bare, number)
        assert await current(bare) == number
        made.append(await facts(bare, *EVERYTHING))
    for number, expected in zip(reversed(numbers[:-1]), reversed(made[:-1]), strict=True):
        await downgrade(bare, number)
        assert await facts(bare, *EVERYTHING) == expected


async def test_a_database_is_pending_until_it_is_at_the_head(bare: str) -> None:
    assert await pending(bare)
    await upgrade(bare, "0003")
    assert await pending(bare)
    await upgrade(bare)
    assert not await pending(bare)
    assert await current(bare) == head()


async def test_gateways_that_start_together_migrate_once(bare: str, dsn: str) -> None:
    await asyncio.gather(*(upgrade(bare) for _ in range(4)))
    assert await facts(bare, *EVERYTHING) == await facts(dsn, *EVERYTHING)


@pytest.fixture
async def plain_owner(postgres: EmbeddedPostgres, bare: str) -> AsyncIterator[str]:
    """The address of the bare database as its owner sees it who is no superuser."""
    name = make_url(bare).database
    await execute(postgres.dsn("postgres"), "CREATE ROLE plain LOGIN", f'ALTER DATABASE "{name}" OWNER TO plain')
    yield make_url(bare).set(username="plain").render_as_string(hide_password=False)
    await execute(postgres.dsn("postgres"), f'ALTER DATABASE "{name}" OWNER TO CURRENT_USER')
    await execute(bare, "DROP OWNED BY plain CASCADE", "DROP ROLE plain")


async def test_a_databases_owner_needs_to_be_no_superuser(plain_owner: str) -> None:
    await upgrade(plain_owner)
    assert await facts(plain_owner, EXTENSIONS) == [[("btree_gin",), ("pg_trgm",)]]
    await downgrade(plain_owner, BASE)
    assert await facts(plain_owner, *EVERYTHING) == [[] for _ in EVERYTHING]


async def test_extensions_that_were_there_before_stay(bare: str, plain_owner: str) -> None:
    installed = ("pg_trgm", "btree_gin", "pg_stat_statements")
    await execute(bare, *(f"CREATE EXTENSION {name}" for name in installed))
    await upgrade(plain_owner)
    await downgrade(plain_owner, BASE)
    assert await facts(plain_owner, EXTENSIONS) == [[(name,) for name in sorted(installed)]]


async def test_a_failed_migration_changes_nothing(bare: str) -> None:
    async with transaction(bare) as connection:
        await connection.execute(text("CREATE TABLE sales_requests (id integer)"))
    before = await facts(bare, *EVERYTHING)
    with pytest.raises(Exception, match="already exists"):
        await upgrade(bare)
    assert await facts(bare, *EVERYTHING) == before
    assert await current(bare) is None
