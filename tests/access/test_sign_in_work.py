"""Whether an address is known costs nothing and saves nothing: the same hashing, the same statements, the same time."""

from collections.abc import Callable
from math import comb
from statistics import median
from time import perf_counter
from uuid import UUID

import httpx
import pytest
from argon2 import extract_parameters

from auth.passwords import PasswordHasher
from models.db import Database
from models.enums import LoginState
from models.roles import RoleName
from tests.access.people import Person, make_login, make_master, sign_in, switch_on_second_factor, with_password
from tests.conftest import FIGURES
from tests.databases import StatementLog

Crowd = dict[str, Person]
ROUNDS = 150
SURELY = 1e-4
LEAST_THAT_TELLS = 0.15
"""A share of a sign-in's time. Without the hash, an answer takes less than half of it."""


@pytest.fixture
async def crowd(db: Database) -> Crowd:
    """Everybody who is not let in, and whose address should not be told from one that nobody has."""
    master = await make_master(db)
    second = await make_login(db, master.account_id, RoleName.FULL_ACCESS)
    await switch_on_second_factor(db, second)
    disabled = await make_login(db, master.account_id, RoleName.BILLING, state=LoginState.DISABLED)
    empty = await make_login(db, master.account_id, RoleName.SERVER_MANAGEMENT, password_hash=None)
    nobody = Person(UUID(int=0), UUID(int=0), "nobody@example.com")
    return {
        "an unknown address": nobody,
        "a wrong password": with_password(master, "a wrong one"),
        "a wrong password before a second factor": with_password(second, "a wrong one"),
        "a disabled login's wrong password": with_password(disabled, "a wrong one"),
        "a disabled login's right password": disabled,
        "a login without a password": empty,
    }


async def test_everybody_costs_the_same_hashing_and_the_same_statements(
    client: httpx.AsyncClient, crowd: Crowd, statements: StatementLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify, hashed = PasswordHasher._matches, list[object]()

    def counted(hasher: PasswordHasher, stored: str, password: bytes) -> bool:
        hashed.append(extract_parameters(stored))
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "_matches", counted)
    work = {}
    for name, person in crowd.items():
        hashed.clear()
        statements.clear()
        response = await sign_in(client, person)
        work[name] = (response.json(), list(hashed), list(statements.texts), sorted(response.headers))
    first = work["an unknown address"]
    assert len(first[1]) == 1
    assert first[0]["data"]["signIn"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    assert {name: found for name, found in work.items() if found != first} == {}


def coincidence(greater: int, of: int) -> float:
    """How probable it is that a fair coin falls so unevenly, one way or the other: the sign test."""
    extreme = max(greater, of - greater)
    return float(min(1.0, 2 * sum(comb(of, heads) for heads in range(extreme, of + 1)) / 2**of))


def test_the_sign_test_tells_what_is_even_from_what_is_not() -> None:
    assert coincidence(75, 150) == 1.0
    assert coincidence(85, 150) > 0.05
    assert coincidence(125, 150) == coincidence(25, 150) < SURELY


@pytest.mark.long
async def test_everybody_takes_the_same_time(
    client: httpx.AsyncClient, db: Database, crowd: Crowd, record_property: Callable[[str, object], None]
) -> None:
    """Samples are taken in turns, so that whatever else the machine does befalls all alike."""
    names, times = list(crowd), {name: list[float]() for name in crowd}
    for turn in range(ROUNDS):
        async with db.read() as reader:
            await reader.fetch("DELETE FROM throttles")
        for place in range(len(names)):
            name = names[(place + turn) % len(names)]
            begun = perf_counter()
            await sign_in(client, crowd[name])
            times[name].append(perf_counter() - begun)
    base = times.pop("an unknown address")
    found = {}
    for name, one in times.items():
        differences = [known - unknown for known, unknown in zip(one, base, strict=True)]
        share = median(differences) / median(base)
        chance = coincidence(sum(difference > 0 for difference in differences), ROUNDS)
        found[name] = f"{share:+.1%} (p = {chance:.2g})"
        assert abs(share) < LEAST_THAT_TELLS or chance > SURELY, (name, found)
    record_property(FIGURES, f"median {median(base) * 1000:.1f} ms; {found}")
