"""What stops an operation, and what is left of its task afterwards."""

import asyncio

import pytest

from schema.answers import Outcome, Refused
from schema.watching import Watch


async def left() -> None:
    """The client has left before anybody looks."""


async def stays() -> None:
    """The client waits for as long as it takes."""
    await asyncio.Event().wait()


async def outcome_of(watch: Watch) -> Outcome:
    """Wait in the watch's block for what never comes; return what stopped that, and want no cancellation left over."""
    with pytest.raises(Refused) as raised:
        async with watch:
            await asyncio.Event().wait()
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]
    return raised.value.outcome


async def test_a_deadline_may_be_sooner_than_the_first_look() -> None:
    assert await outcome_of(Watch(0.001, stays)) is Outcome.TIMED_OUT


async def test_a_deadline_comes_after_the_first_look() -> None:
    assert await outcome_of(Watch(0.021, stays)) is Outcome.TIMED_OUT


@pytest.mark.parametrize("deadline", [None, 30.0])
async def test_who_has_gone_is_noticed_with_and_without_a_deadline(deadline: float | None) -> None:
    assert await outcome_of(Watch(deadline, left)) is Outcome.ABANDONED


async def test_nothing_is_left_running_of_a_watch() -> None:
    before = asyncio.all_tasks()
    assert await outcome_of(Watch(0.001, stays)) is Outcome.TIMED_OUT
    assert asyncio.all_tasks() == before


async def test_a_block_that_ends_after_all_has_its_way() -> None:
    async with Watch(0.001, None):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended = "after all"
    assert (ended, asyncio.current_task().cancelling()) == ("after all", 0)  # type: ignore[union-attr]


async def test_a_fault_of_the_block_is_its_own() -> None:
    with pytest.raises(TimeoutError):
        async with Watch(30, stays):
            raise TimeoutError


async def test_a_cancellation_from_outside_passes_through() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001), Watch(30, stays):
            await asyncio.Event().wait()


async def test_a_cancellation_from_outside_is_obeyed_before_one_of_the_watch() -> None:
    watch, entered = Watch(0.001, None), asyncio.Event()

    async def watched() -> None:
        async with watch:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                entered.set()
                await asyncio.Event().wait()

    task = asyncio.ensure_future(watched())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
