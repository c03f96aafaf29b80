"""`python -m tests.bench.soak`: many mixed requests against one worker, and the memory that it then holds.

Half of the requests repeat the benchmark's own questions. The others are texts that were never seen before, so that
every store of documents, verdicts and plans is filled to its bound and turns over.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import Progress

from tests.bench.__main__ import own_contender, questions
from tests.bench.data import Size, opened
from tests.bench.operations import Operation
from tests.bench.processes import BenchError, Contender, require_machine

MOST_BYTES = 200_000_000
MOST_GROWTH = 0.05
CLIENTS = 8
SAMPLES = 100
DASHBOARDS = 50
"""One request in so many is a dashboard: they cost a hundred times the others."""


def main(
    requests: Annotated[int, typer.Option(min=200, help="How many requests.")] = 100_000,
    accounts: Annotated[int, typer.Option(min=10, help="Accounts beside those that are asked.")] = Size.accounts,
    servers: Annotated[int, typer.Option(min=1, help="Servers of those accounts.")] = Size.servers,
) -> None:
    """Ask one worker many questions; its memory must stay below 200 MB and hardly grow in the second half."""
    console = Console()
    try:
        require_machine()
        server = opened(Size(accounts, servers), console)
        with ExitStack() as stack:
            stack.callback(server.stop)
            asked, _ = questions(server.dsn())
            worker = own_contender(stack, "ours", server.dsn())
            resident = asyncio.run(_soak(worker, asked, requests, console))
        _judge(resident, requests, console)
    except BenchError as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        sys.exit(1)


def mixed(asked: tuple[Operation, ...]) -> Iterator[Operation]:
    """The questions in turn, without end: now the usual ones, now the same under names that are new."""
    dashboard, *others = asked
    for number in count():
        operation = dashboard if number % DASHBOARDS == 0 else others[number % len(others)]
        if number % 2:
            name = f"{operation.name}{number}"
            document = operation.document.replace(f"query {operation.name}", f"query {name}", 1)
            operation = replace(operation, name=name, document=document)
        yield operation


async def _soak(worker: Contender, asked: tuple[Operation, ...], requests: int, console: Console) -> list[int]:
    """Send them from several clients at once, and sample the worker's memory as they are answered."""
    waiting, resident, every = mixed(asked), [worker.resident_bytes()], max(requests // SAMPLES, 1)
    numbers = iter(range(1, requests + 1))
    with Progress(console=console) as bar:
        task = bar.add_task("Soaking", total=requests)

        async def client(http: httpx.AsyncClient) -> None:
            for number in numbers:
                await _ask(http, worker, next(waiting))
                if number % every == 0:
                    resident.append(worker.resident_bytes())
                    bar.update(task, completed=number)

        async with httpx.AsyncClient(timeout=120) as http:
            await asyncio.gather(*(client(http) for _ in range(CLIENTS)))
    return resident


async def _ask(http: httpx.AsyncClient, worker: Contender, operation: Operation) -> None:
    response = await http.post(worker.url, content=operation.body, headers=operation.headers)
    if response.status_code != 200 or b'"errors"' in response.content[:20]:
        raise BenchError(f"The worker did not answer {operation.name}: {response.text[:300]}")


def _judge(resident: list[int], requests: int, console: Console) -> None:
    """Say how the memory went, and refuse what is too much."""
    half, last, most = resident[len(resident) // 2], resident[-1], max(resident)
    growth = last / half - 1
    console.print(
        f"{requests:,} requests: {resident[0] / 1e6:.0f} MB at first, {half / 1e6:.0f} MB half-way,"
        f" {last / 1e6:.0f} MB at the end, {most / 1e6:.0f} MB at most; {growth:+.1%} over the second half",
        highlight=False,
    )
    if most > MOST_BYTES:
        raise BenchError(f"That is more than {MOST_BYTES / 1e6:.0f} MB.")
    if growth > MOST_GROWTH:
        raise BenchError(f"That is a growth of more than {MOST_GROWTH:.0%} over the second half.")


if __name__ == "__main__":
    typer.run(main)
