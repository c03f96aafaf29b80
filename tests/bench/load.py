"""Measures: one operation again and again for some seconds, at a concurrency, by wrk."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.operations import Operation
from tests.bench.processes import BenchError, Contender

SCRIPT = Path(__file__).with_name("post.lua")
FEWEST = 3
"""With fewer answers than this a figure would be chance: it is measured again for longer."""


@dataclass(frozen=True)
class Figures:
    """What one measurement found. `database_ms` is what PostgreSQL's processes computed for an operation."""

    throughput: float
    latency_ms: float
    cpu_ms: float
    database_ms: float


def warm(contender: Contender, operation: Operation, concurrency: int, folder: Path) -> None:
    """Have it answered for a second, and look at nothing but failures."""
    _wrk(contender, operation, concurrency, 1, folder)


def measure(
    contender: Contender,
    operation: Operation,
    concurrency: int,
    seconds: float,
    folder: Path,
    database_seconds: Callable[[], float],
) -> Figures:
    """Measure once; where hardly anything was answered in time, once more for four times as long, and so on."""
    for _ in range(4):
        before, database_before = contender.cpu_seconds(), database_seconds()
        found = _wrk(contender, operation, concurrency, seconds, folder)
        computed, in_database = contender.cpu_seconds() - before, database_seconds() - database_before
        answered = found["requests"]
        if answered >= FEWEST:
            return Figures(
                throughput=answered * 1e6 / found["microseconds"],
                latency_ms=found["median_microseconds"] / 1e3,
                cpu_ms=computed * 1e3 / answered,
                database_ms=in_database * 1e3 / answered,
            )
        seconds *= 4
    raise BenchError(f"{contender.name} answers {operation.letter} too seldom to be measured.")


def _wrk(contender: Contender, operation: Operation, concurrency: int, seconds: float, folder: Path) -> dict[str, int]:
    bodies, headers = folder / "bodies", folder / "headers"
    bodies.write_bytes(b"\n".join(operation.bodies))
    headers.write_text("".join(f"{name}: {value}\n" for name, value in operation.headers.items()))
    command = ["wrk", "--threads=1", f"--connections={concurrency}", f"--duration={max(1, round(seconds))}s"]
    command += ["--timeout=120s", f"--script={SCRIPT}", contender.url]
    environment = {"BENCH_BODIES": str(bodies), "BENCH_HEADERS": str(headers), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in run.stdout.splitlines() if line.startswith("{")]
    if run.returncode != 0 or not lines:
        raise BenchError(f"wrk failed: {run.stderr.strip() or run.stdout.strip()}")
    found: dict[str, int] = json.loads(lines[0])
    if found["failures"]:
        raise BenchError(f"{contender.name} failed {found['failures']} times at {operation.letter}: see its log.")
    return found
