"""Pages of lists read what they must by index, and little of it, however many servers an account has."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date

import pytest

from gateway.demo import load
from gateway.postgres import EmbeddedPostgres
from models.db import Database
from models.enums import ReportKind
from models.queries.pages import Filters, Order, Slice
from models.queries.parents import Parent
from models.queries.servers import SERVERS_OF_ACCOUNT, SERVERS_OF_INVOICE_LINE, SERVERS_OF_KEY
from resolvers.reports import AskedReport
from resolvers.server_criteria import ServerCriteria
from tests.client import DEMO_PASSWORD
from tests.databases import copy_of, execute, run, throw_away
from tests.plans.cases import drawn, each_alone
from tests.plans.crowd import Crowd
from tests.plans.judging import BOUND, FEW, FEW_BOUND, MANY, Findings, judged
from tests.plans.neighbours import settle
from tests.plans.reading import GROWING, ExplainingReader
from tests.plans.records import drawn_records

VACUUMS = 20
HIDDEN = """
SELECT relname FROM pg_class
WHERE relname IN ('servers', 'server_check_ins', 'registrations', 'activation_keys', 'invoices')
    AND relallvisible < relpages
"""
A_LOOK_UP = 2
"""What it costs to look up a server, or its last check-in; little more at times, where a bucket has a page more."""


A_REPORTED_ROW = 60
"""What the cells of a row of a report cost: its look-ups, its products and its first duplicate."""

HALF_WAY = """
SELECT registered_at::date AS day FROM servers WHERE account_id = $1 ORDER BY registered_at
OFFSET (SELECT count(*) / 2 FROM servers WHERE account_id = $1) LIMIT 1
"""

WIDEST_LINE = """
SELECT id, cardinality(server_ids) AS servers FROM invoice_lines WHERE account_id = $1 ORDER BY 2 DESC, 1 LIMIT 1
"""


async def all_visible(dsn: str) -> None:
    """Vacuum until index-only scans need no table: a snapshot that was open meanwhile keeps pages from being marked."""
    db = await Database.connect(dsn)
    try:
        for _ in range(VACUUMS):
            await execute(dsn, "VACUUM (ANALYZE)")
            async with db.read() as reader:
                hidden = await reader.fetch(HIDDEN)
            if not hidden:
                return
            await asyncio.sleep(1)
    finally:
        await db.close()
    pytest.fail(f"VACUUM could not mark all pages of {[row['relname'] for row in hidden]}")


@pytest.fixture(scope="module", params=[FEW, pytest.param(MANY, marks=pytest.mark.long)])
def crowded(
    request: pytest.FixtureRequest, postgres: EmbeddedPostgres, empty_template: str
) -> Iterator[tuple[str, int]]:
    """The address of a database with one account of that many servers, and their number."""
    servers: int = request.param
    name = f"crowd_{servers}"
    run(execute(postgres.dsn("postgres"), copy_of(empty_template, name)))
    run(load(postgres.dsn(name), password=DEMO_PASSWORD, servers=servers, demo_servers=servers))
    run(all_visible(postgres.dsn(name)))
    yield postgres.dsn(name), servers
    run(execute(postgres.dsn("postgres"), f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
async def crowd(crowded: tuple[str, int]) -> AsyncIterator[Crowd]:
    """The account in that database."""
    db = await Database.connect(crowded[0])
    try:
        yield await Crowd.of(db)
    finally:
        await db.close()


@pytest.fixture
async def town(crowded: tuple[str, int], postgres: EmbeddedPostgres) -> AsyncIterator[Crowd]:
    """The account in a copy of that database, with many more keys and invoices, among others that have such."""
    async with throw_away(postgres, f"crowd_{crowded[1]}") as dsn:
        db = await Database.connect(dsn)
        try:
            await settle(dsn, (await Crowd.of(db)).id)
            await all_visible(dsn)
            yield await Crowd.of(db)
        finally:
            await db.close()


async def test_each_filter_and_order_alone(crowd: Crowd, crowded: tuple[str, int]) -> None:
    cases = list(each_alone(crowd, "alone"))
    assert len(cases) > 200
    few = cases[::3] if crowded[1] == FEW else cases
    assert (await judged(crowd, Findings.of_servers(crowded[1]), few)).wrong == []


@pytest.mark.parametrize("seed", ["one", "two", pytest.param("three", marks=pytest.mark.long)])
async def test_combinations(crowd: Crowd, crowded: tuple[str, int], seed: str) -> None:
    cases = drawn(crowd, seed, 80 if crowded[1] == FEW else 400)
    assert (await judged(crowd, Findings.of_servers(crowded[1]), cases)).wrong == []


async def test_a_dashboard_of_fifty_keys(crowd: Crowd) -> None:
    context, parents = crowd.context(), [Parent(crowd.id, key) for key in crowd.keys[:50]]
    async with crowd.db._pool.acquire() as connection:
        reader = ExplainingReader(connection)
        pages = await SERVERS_OF_KEY.fetch(reader, parents, Slice(20, Order("HOSTNAME")), Filters(), context.values)
    assert all(len(page.rows) == 20 for page in pages)
    (plan,) = reader.plans
    assert plan.read_whole(GROWING[:2]) == []
    assert plan.buffers <= 50 * (20 * 2 * A_LOOK_UP + 20)


async def test_the_servers_behind_a_line_are_found_by_their_ids(crowd: Crowd) -> None:
    async with crowd.db._pool.acquire() as connection:
        reader = ExplainingReader(connection)
        (line,) = await connection.fetch(WIDEST_LINE, crowd.id)
        parents, wanted = [Parent(crowd.id, line["id"])], Slice(20, Order("HOSTNAME"))
        (page,) = await SERVERS_OF_INVOICE_LINE.fetch(reader, parents, wanted, Filters(), crowd.context().values)
        (total,) = await SERVERS_OF_INVOICE_LINE.count(reader, parents, Filters(), crowd.context().values)
    assert (len(page.rows), total) == (20, line["servers"])
    for plan in reader.plans:
        assert plan.read_whole(GROWING[:2]) == []
        assert plan.buffers <= 10 * line["servers"]


async def test_a_report_of_servers_is_paged_by_index(crowd: Crowd, crowded: tuple[str, int]) -> None:
    wrong = []
    async with crowd.db._pool.acquire() as connection:
        reader = ExplainingReader(connection)
        (half,) = await connection.fetch(HALF_WAY, crowd.id)
        for products in ((), (crowd.products[0],), (crowd.products[-1],)):
            for last in (half["day"], date(2100, 1, 1)):
                asked = AskedReport(crowd.id, "UTC", ReportKind.SERVERS, date(2000, 1, 1), last, tuple(products))
                wrong += await _judged_report(crowd, reader, asked)
    assert wrong == []


async def _judged_report(crowd: Crowd, reader: ExplainingReader, asked: AskedReport) -> list[str]:
    filters, parents, query = await asked.filters(crowd.db), [Parent(crowd.id, crowd.id)], asked.pages
    values, wrong = {**crowd.context().values, **filters.values}, []
    for share in (None, 0.5, 0.95):
        place = None if share is None else await crowd.place(reader, query, crowd.id, query.default, share, values)
        for backwards in (False, True):
            after, before = (None, place) if backwards else (place, None)
            reader.plans.clear()
            await query.fetch(reader, parents, Slice(20, query.default, backwards, after, before), filters, values)
            (plan,) = reader.plans
            if plan.buffers > BOUND + 21 * A_REPORTED_ROW or plan.read_whole(GROWING[:2]) or plan.skipped_by_cursor():
                wrong.append(f"{asked} at {share}: {plan.buffers} buffers, {plan.shape()}")
    return wrong


async def test_a_count_reads_indexes_alone(crowd: Crowd) -> None:
    context = crowd.context()
    ((parents, filters),) = await ServerCriteria(limited=True).filters(context, [Parent(crowd.id, crowd.id)])
    async with crowd.db._pool.acquire() as connection:
        reader = ExplainingReader(connection)
        for names in (Filters(), filters):
            await SERVERS_OF_ACCOUNT.count(reader, parents, names, context.values)
    for plan in reader.plans:
        kinds = {node["Node Type"] for node in plan.nodes() if node.get("Relation Name") == "servers"}
        assert kinds == {"Index Only Scan"}


async def test_keys_and_invoices(town: Crowd, crowded: tuple[str, int]) -> None:
    few = crowded[1] == FEW
    findings = Findings(FEW_BOUND if few else BOUND, ("activation_keys", "invoices"))
    for seed in ("one",) if few else ("one", "two", "three", "four"):
        await judged(town, findings, drawn_records(town, seed, 150 if few else 400))
    assert findings.filled > 50
    assert findings.wrong == []
