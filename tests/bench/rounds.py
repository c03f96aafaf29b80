"""The rounds: every contender at every operation, one after the other, again and again, and the medians of it all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median

from rich.console import Console

from tests.bench.load import Figures, measure, warm
from tests.bench.operations import Operation
from tests.bench.processes import Contender

CONCURRENCY = 8

Medians = dict[str, dict[str, Figures]]
"""Figures by operation and contender."""


@dataclass(frozen=True)
class Plan:
    """How long, how often, and whence PostgreSQL's own time is read."""

    seconds: float
    rounds: int
    folder: Path
    database_seconds: Callable[[], float]


@dataclass(frozen=True)
class Entry:
    """A contender with the operations as it is asked them."""

    contender: Contender
    operations: Sequence[Operation]


def run(entries: Sequence[Entry], plan: Plan, console: Console) -> Medians:
    """Measure, and return the median of each figure over the rounds."""
    found: dict[tuple[str, str], list[Figures]] = {}
    for entry in entries:
        for operation in entry.operations:
            warm(entry.contender, operation, CONCURRENCY, plan.folder)
    for number in range(plan.rounds):
        turns = [*entries[number % len(entries) :], *entries[: number % len(entries)]]
        for letter in _letters(entries):
            for entry in turns:
                for operation in entry.operations:
                    if operation.letter == letter:
                        figures = _once(entry.contender, operation, plan)
                        found.setdefault((letter, entry.contender.name), []).append(figures)
                        console.print(_line(number, letter, entry.contender.name, figures), highlight=False)
    return _medians(found)


def _letters(entries: Sequence[Entry]) -> list[str]:
    return list(dict.fromkeys(operation.letter for entry in entries for operation in entry.operations))


def _once(contender: Contender, operation: Operation, plan: Plan) -> Figures:
    """Throughput and computing time at the concurrency, latency of one at a time."""
    many = measure(contender, operation, CONCURRENCY, plan.seconds, plan.folder, plan.database_seconds)
    single = measure(contender, operation, 1, plan.seconds, plan.folder, plan.database_seconds)
    return Figures(many.throughput, single.latency_ms, many.cpu_ms, many.database_ms)


def _line(number: int, letter: str, name: str, figures: Figures) -> str:
    return (
        f"round {number + 1}  {letter}  {name:<13} {figures.throughput:9.1f}/s  {figures.latency_ms:8.2f} ms"
        f"  cpu {figures.cpu_ms:8.2f} ms"
    )


def _medians(found: Mapping[tuple[str, str], list[Figures]]) -> Medians:
    medians: Medians = {}
    for (letter, name), measured in found.items():
        values = {field.name: median(getattr(one, field.name) for one in measured) for field in fields(Figures)}
        medians.setdefault(letter, {})[name] = Figures(**values)
    return medians
