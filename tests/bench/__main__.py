"""`python -m tests.bench`: the whole benchmark, or as short a one as the options say."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from tests.bench import peers
from tests.bench.accounts import DASHBOARD, FOURFOLD
from tests.bench.check import answered_alike
from tests.bench.data import ROOT, Size, opened, server_tokens, sign_in
from tests.bench.operations import Operation, check_ins, dashboard, operations
from tests.bench.planning import planned
from tests.bench.processes import BenchError, Contender, family_seconds, require_machine, running
from tests.bench.report import FOURFOLD as FOURFOLD_LETTER
from tests.bench.report import LIMIT, show, write_json, write_markdown
from tests.bench.rounds import Entry, Medians, Plan, run

BUILD = ROOT / "build"
LOGS = BUILD / "bench-logs"
CONTENDERS = ("ours", "stock", "hand_written", "json_agg")
CHECKED_IN_BY = ("ours", LIMIT)
LEAST_OF_JSON = 0.9
SERVERS_CHECKING_IN = 20_000
SECRET = "the secret of a benchmark, which seals nothing"


def main(
    seconds: Annotated[float, typer.Option(min=1, help="How long one measurement is.")] = 8,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 3,
    with_peers: Annotated[bool, typer.Option("--peers", help="Also Mercurius and PostGraphile; needs Node.")] = False,
    accounts: Annotated[int, typer.Option(min=10, help="Accounts beside those that are asked.")] = Size.accounts,
    servers: Annotated[int, typer.Option(min=1, help="Servers of those accounts.")] = Size.servers,
) -> None:
    """Measure the gateway against the stock executor, code written by hand and, if wanted, other servers."""
    console = Console()
    try:
        require_machine()
        size = Size(accounts, servers)
        with _database(size, console) as (dsn, database_seconds), TemporaryDirectory(prefix="bench-") as folder:
            asked, fourfold = questions(dsn)
            told = check_ins(asyncio.run(server_tokens(dsn, SECRET.encode(), SERVERS_CHECKING_IN)))
            plan = Plan(seconds, rounds, Path(folder), database_seconds)
            conditions = f"{rounds} rounds of {seconds:g} s, {servers:,} servers of {accounts:,} accounts beside"
            with ExitStack() as stack:
                own = [own_contender(stack, name, dsn) for name in CONTENDERS]
                checking_in = [one for one in own if one.name in CHECKED_IN_BY]
                sizes = answered_alike(own, [*asked, fourfold]) | answered_alike(checking_in, [told])
                further = {"ours": [fourfold, told], LIMIT: [told]}
                entries = [Entry(one, [*asked, *further.get(one.name, [])]) for one in own]
                if with_peers:
                    entries += peers.entries(stack, dsn, asked, own[0], LOGS)
                medians = run(entries, plan, console)
        _tell(console, medians, sizes, conditions)
    except BenchError as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        sys.exit(1)


@contextmanager
def _database(size: Size, console: Console) -> Iterator[tuple[str, Callable[[], float]]]:
    server = opened(size, console)
    try:
        yield server.dsn(), lambda: family_seconds(server.pid or 0)
    finally:
        server.stop()


def questions(dsn: str) -> tuple[tuple[Operation, ...], Operation]:
    asked = operations(asyncio.run(sign_in(dsn, DASHBOARD)))
    return asked, dashboard(asyncio.run(sign_in(dsn, FOURFOLD)), FOURFOLD_LETTER)


def own_contender(stack: ExitStack, name: str, dsn: str) -> Contender:
    environment = {"DATABASE_URL": dsn, "SECRET_KEY": SECRET, "LOG_FORMAT": "json", "REQUEST_SECONDS": "300"}
    environment["AGENT_CALLS_PER_ADDRESS"] = "1000000000"
    environment["MAX_COST"] = "1000000"  # the dashboard of 4,000 servers is asked too
    command = [sys.executable, "-m", "tests.bench.contender", name]
    return stack.enter_context(running(name, command, environment, LOGS, ROOT))


def _tell(console: Console, medians: Medians, sizes: dict[str, tuple[int, int]], conditions: str) -> None:
    """Print and write the figures; refuse them where the limit is none."""
    planning = planned()
    show(console, medians, planning, sizes)
    write_json(medians, BUILD / "bench.json")
    write_markdown(medians, planning, sizes, conditions, BUILD / "bench.md")
    by_name = medians["D"]
    share = by_name[LIMIT].throughput / by_name["json_agg"].throughput
    if share < LEAST_OF_JSON:
        raise BenchError(
            f"This run is void: hand_written reaches {share:.2f} of json_agg's throughput on D, less than"
            f" {LEAST_OF_JSON}, and a slow limit proves nothing."
        )


if __name__ == "__main__":
    typer.run(main)
