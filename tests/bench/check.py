"""Before anything is measured: the contenders answer alike, byte for byte but for the blanks between JSON's signs."""

from collections import Counter
from datetime import datetime

import httpx
import orjson

from tests.bench.operations import Operation
from tests.bench.processes import BenchError, Contender


def answered_alike(contenders: list[Contender], operations: list[Operation]) -> dict[str, tuple[int, int]]:
    """The fields and bytes of each operation's answer; raises BenchError where two contenders differ."""
    sizes = {}
    for operation in operations:
        answers = {contender.name: _data(contender, operation) for contender in contenders}
        first, *others = answers
        for other in others:
            if answers[other] != answers[first]:
                raise BenchError(_difference(operation.letter, first, answers[first], other, answers[other]))
        sizes[operation.letter] = (_fields(orjson.loads(answers[first])), len(answers[first]))
    return sizes


def same_servers(one: Contender, operation: Operation, other: Contender, renamed: Operation) -> None:
    """Hold two answers of different shape to the same host names and check-ins, as often, or raise BenchError."""
    ours, theirs = (_seen(orjson.loads(_data(*asked))) for asked in ((one, operation), (other, renamed)))
    if ours != theirs:
        odd = [*(ours - theirs), *(theirs - ours)][:2]
        raise BenchError(
            f"{operation.letter}: {one.name} tells {ours.total()} host names and check-ins and {other.name}"
            f" {theirs.total()}, not the same ones: {odd}"
        )


def _seen(value: object) -> Counter[str | datetime | None]:
    """Every host name and check-in in an answer, to the millisecond, in whatever notation."""
    seen: Counter[str | datetime | None] = Counter()
    if isinstance(value, dict):
        seen.update([value["hostname"]] if "hostname" in value else [])
        seen.update([_moment(value["lastCheckIn"])] if "lastCheckIn" in value else [])
        value = list(value.values())
    for item in value if isinstance(value, list) else []:
        seen += _seen(item)
    return seen


def _moment(text: str | None) -> datetime | None:
    moment = None if text is None else datetime.fromisoformat(text)
    return moment and moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _data(contender: Contender, operation: Operation) -> bytes:
    response = httpx.post(contender.url, content=operation.body, headers=operation.headers, timeout=120)
    content = orjson.loads(response.content)
    if response.status_code != 200 or "errors" in content or not content.get("data"):
        raise BenchError(f"{contender.name} does not answer {operation.letter}: {response.text[:500]}")
    return orjson.dumps(content["data"])


def _fields(value: object) -> int:
    """How many fields an answer has: every key of every object."""
    if isinstance(value, dict):
        return len(value) + sum(_fields(item) for item in value.values())
    return sum(_fields(item) for item in value) if isinstance(value, list) else 0


def _difference(letter: str, first: str, answer: bytes, other: str, other_answer: bytes) -> str:
    place = next(
        (place for place, (a, b) in enumerate(zip(answer, other_answer, strict=False)) if a != b),
        min(len(answer), len(other_answer)),
    )
    around = slice(max(place - 60, 0), place + 60)
    return (
        f"{letter}: {first} and {other} differ at byte {place} of {len(answer)} and {len(other_answer)}:\n"
        f"  {answer[around].decode(errors='replace')}\n  {other_answer[around].decode(errors='replace')}"
    )
