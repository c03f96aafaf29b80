"""The last seats are given once, whoever asks for them: many calls at once, from several processes."""

from collections import Counter
from dataclasses import dataclass

import pytest

from models.db import Database
from models.tables import ActivationKey
from tests import factories
from tests.agents.calls import rows
from tests.seats.counting import assert_counters_right, deadlocks
from tests.seats.crowd import Answer, Call, Gateway, at_once, gateways, registering, unregistering


@dataclass(frozen=True, slots=True)
class Bound:
    """Where the seats are short: the key's limit, the pool's quantity, and what is then refused."""

    limit: int | None
    quantity: int
    code: str


def bounds(seats: int) -> list[Bound]:
    """A key that is short of seats, and a pool that is."""
    return [Bound(seats, 1_000, "KEY_LIMIT_REACHED"), Bound(None, seats, "LICENSE_POOL_EXHAUSTED")]


async def key_within(db: Database, bound: Bound) -> ActivationKey:
    """A key of an account of its own."""
    account_id = (await factories.account(db)).id
    kind = await factories.license_type(db)
    held = await factories.subscription(db, account_id, kind.product_id)
    pool = await factories.pool(db, held, kind, quantity=bound.quantity)
    return await factories.activation_key(db, pool, seat_limit=bound.limit)


def outcomes(answers: list[Answer]) -> Counter[str]:
    """How many were registered, and how many were refused for what."""
    return Counter(answer["userErrors"][0]["code"] if answer["userErrors"] else "registered" for answer in answers)


async def compete(db: Database, dsn: str, processes: int, calls: int, seats: int, rounds: int) -> None:
    """Let so many calls compete for seats, and then for those that come free, again and again."""
    async with gateways(dsn, processes) as crowd:
        for bound in [one for _ in range(rounds) for one in bounds(seats)]:
            key = await key_within(db, bound)
            expected = {"registered": seats, bound.code: calls - seats}
            asked = [registering(key.key, f"machine-{number}") for number in range(calls)]
            first = await at_once(crowd, asked)
            assert outcomes(first) == expected
            tokens = {answer["serverToken"] for answer in first if answer["serverToken"]}
            assert outcomes(await at_once(crowd, asked)) == expected, "the same machines are registered"
            await at_once(crowd, [unregistering(token) for token in tokens] * 2)
            assert await rows(db, "SELECT id FROM registrations") == []
            assert outcomes(await at_once(crowd, asked * 2)) == {name: 2 * count for name, count in expected.items()}
            await assert_counters_right(db)
            assert await rows(db, "SELECT count(*) FROM servers") == [(seats,)]
            await at_once(crowd, [unregistering(answer["serverToken"]) for answer in await registered(crowd, asked)])
    assert await deadlocks(db) == 0


async def registered(crowd: list[Gateway], asked: list[Call]) -> list[Answer]:
    """Whose registrations stand."""
    return [answer for answer in await at_once(crowd, asked) if answer["serverToken"]]


async def test_a_few_calls_from_two_processes_for_three_seats(db: Database, dsn: str) -> None:
    await compete(db, dsn, processes=2, calls=12, seats=3, rounds=1)


@pytest.mark.long
async def test_sixty_four_calls_from_eight_processes_for_ten_seats(db: Database, dsn: str) -> None:
    await compete(db, dsn, processes=8, calls=64, seats=10, rounds=5)
