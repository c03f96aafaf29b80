"""What was found: a table of ratios, and the same as files."""

import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.load import Figures
from tests.bench.rounds import Medians

LIMIT = "hand_written"
FOURFOLD = "D4"

COLUMNS = ("Contender", "Requests/s", "Of the limit", "Ours to it", "Latency, ms", "Computing, ms", "PostgreSQL, ms")


@dataclass(frozen=True)
class Planning:
    """What it takes to plan the dashboard for the first time, in milliseconds."""

    plan_ms: float
    statements_ms: float


@dataclass(frozen=True)
class Target:
    """A figure to reach: at least, or where `most` is set at most, so much."""

    name: str
    wanted: float
    found: float
    most: bool = False

    @property
    def reached(self) -> bool:
        """Whether it is reached."""
        return self.found <= self.wanted if self.most else self.found >= self.wanted


def write_json(medians: Medians, file: Path) -> None:
    """Write throughput, latency and computing time by query and contender."""
    content = {
        letter: {
            name: {
                "throughput": round(figures.throughput, 2),
                "latency_ms": round(figures.latency_ms, 3),
                "cpu_ms": round(figures.cpu_ms, 3),
            }
            for name, figures in by_name.items()
        }
        for letter, by_name in medians.items()
    }
    file.write_text(f"{json.dumps(content, indent=2)}\n")


def rows(by_name: Mapping[str, Figures]) -> Iterator[tuple[str, ...]]:
    """The lines of one operation's table."""
    ours, limit = by_name["ours"], by_name.get(LIMIT)
    for name, figures in by_name.items():
        yield (
            name,
            f"{figures.throughput:,.1f}",
            "" if limit is None else f"{figures.throughput / limit.throughput:.2f}",
            f"{ours.throughput / figures.throughput:.2f}",
            f"{figures.latency_ms:.2f}",
            f"{figures.cpu_ms:.2f}",
            f"{figures.database_ms:.2f}",
        )


def targets(medians: Medians, planning: Planning) -> Iterator[Target]:
    """The figures to reach, as far as their contenders ran."""

    def ratio(letter: str, other: str, wanted: float) -> Iterator[Target]:
        by_name = medians[letter]
        if other in by_name:
            found = by_name["ours"].throughput / by_name[other].throughput
            yield Target(f"{letter}: throughput to {other}", wanted, found)

    for letter, limit, stock, mercurius in (("D", 0.9, 30, 3), ("L", 0.8, 10, 1), ("S", 0.8, 5, 1)):
        yield from ratio(letter, LIMIT, limit)
        yield from ratio(letter, "stock", stock)
        yield from ratio(letter, "mercurius", mercurius)
        latency = medians[letter]["ours"].latency_ms / medians[letter][LIMIT].latency_ms
        yield Target(f"{letter}: latency to {LIMIT}", 1.3, latency, most=True)
    yield from ratio("C", LIMIT, 0.7)
    yield from ratio("D", "postgraphile", 4)
    four, one = medians[FOURFOLD]["ours"], medians["D"]["ours"]
    yield Target("latency of 4,000 servers to that of 1,000", 4.4, four.latency_ms / one.latency_ms, most=True)
    yield Target("computing time of 4,000 servers to that of 1,000", 4.4, four.cpu_ms / one.cpu_ms, most=True)
    yield Target("planning D the first time, ms", 10, planning.plan_ms, most=True)
    yield Target("… its statements compiled too, ms", 10, planning.plan_ms + planning.statements_ms, most=True)


def show(console: Console, medians: Medians, planning: Planning, sizes: Mapping[str, tuple[int, int]]) -> None:
    """Print the tables."""
    for letter, by_name in medians.items():
        fields, size = sizes[letter]
        table = Table(*COLUMNS, title=f"{letter}: {fields:,} fields, {size / 1024:,.1f} KiB")
        for row in rows(by_name):
            table.add_row(*row)
        console.print(table)
    table = Table("To reach", "Wanted", "Found", "", title="Targets")
    for target in targets(medians, planning):
        sign = "≤" if target.most else "≥"
        mark = "[green]reached[/]" if target.reached else "[red]not reached[/]"
        table.add_row(target.name, f"{sign} {target.wanted:g}", f"{target.found:.2f}", mark)
    console.print(table)


def write_markdown(
    medians: Medians, planning: Planning, sizes: Mapping[str, tuple[int, int]], conditions: str, file: Path
) -> None:
    """Write the tables for a document."""
    lines = [f"{machine()}, {datetime.now(UTC):%Y-%m-%d}; {conditions}.", ""]
    for letter, by_name in medians.items():
        fields, size = sizes[letter]
        lines += [f"**{letter}** ({fields:,} fields, {size / 1024:,.1f} KiB)", ""]
        lines += [_line(COLUMNS), _line(["---", *["---:"] * (len(COLUMNS) - 1)]), *map(_line, rows(by_name)), ""]
    lines += [_line(["To reach", "Wanted", "Found"]), _line(["---", "---:", "---:"])]
    for target in targets(medians, planning):
        lines.append(_line([target.name, f"{'≤' if target.most else '≥'} {target.wanted:g}", f"{target.found:.2f}"]))
    file.write_text("\n".join([*lines, ""]))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """The machine in a few words."""
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")), "")
    return f"{model or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
