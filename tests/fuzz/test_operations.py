"""The plan answers as the reference executor does, over operations that nobody thought of."""

from collections.abc import Callable

import pytest

from tests.fuzz.conftest import Ground
from tests.fuzz.running import Comparison

OPERATIONS, PARTS = 1_000, 1
MANY, MANY_PARTS = 20_000, 8
Tell = Callable[[str, object], None]


async def compare_part(ground: Ground, operations: int, part: int, parts: int, tell: Tell) -> None:
    """Compare one of the equal parts of a number of operations."""
    comparison = Comparison(ground)
    share = operations // parts
    for seed in range(part * share, (part + 1) * share):
        await comparison.compare_seed(seed)
    comparison.finish(tell)


@pytest.mark.parametrize("part", range(PARTS))
async def test_both_executors_answer_alike(ground: Ground, part: int, record_property: Tell) -> None:
    await compare_part(ground, OPERATIONS, part, PARTS, record_property)


@pytest.mark.fuzz
@pytest.mark.parametrize("part", range(MANY_PARTS))
async def test_both_executors_answer_many_operations_alike(ground: Ground, part: int, record_property: Tell) -> None:
    await compare_part(ground, MANY, part, MANY_PARTS, record_property)
