"""Other servers over the same database: Mercurius with its JIT, and PostGraphile; their versions are locked."""

from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.bench.check import answered_alike, same_servers
from tests.bench.operations import Operation
from tests.bench.peers.node import installed
from tests.bench.peers.questions import for_postgraphile
from tests.bench.processes import Contender, running
from tests.bench.rounds import Entry

HERE = Path(__file__).parent


def entries(stack: ExitStack, dsn: str, asked: tuple[Operation, ...], ours: Contender, logs: Path) -> list[Entry]:
    """Install and start both, and hold them to our own answers, which they give before anything is measured.

    Byte for byte, or where names differ, by host names and check-ins.
    """
    node = installed()
    mercurius, postgraphile = (
        stack.enter_context(running(name, [node, f"{name}.mjs"], address(dsn), logs, HERE))
        for name in ("mercurius", "postgraphile")
    )
    answered_alike([ours, mercurius], list(asked))
    dashboard = asked[0]
    renamed = for_postgraphile(dashboard, _account(ours, dashboard))
    same_servers(ours, dashboard, postgraphile, renamed)
    return [Entry(mercurius, asked), Entry(postgraphile, [renamed])]


def _account(ours: Contender, operation: Operation) -> str:
    """The account that an operation's caller acts for, by its global id."""
    question = {"query": "{ viewer { account { id } } }"}
    answer = httpx.post(ours.url, json=question, headers=operation.headers, timeout=60).json()
    account: str = answer["data"]["viewer"]["account"]["id"]
    return account


def address(dsn: str) -> dict[str, str]:
    """The database's address as libpq's environment variables, which Node's driver reads too."""
    parts = urlsplit(dsn)
    return {
        "PGHOST": parse_qs(parts.query)["host"][0],
        "PGUSER": parts.username or "",
        "PGDATABASE": parts.path.removeprefix("/"),
        "NODE_ENV": "production",
    }
