"""Passwords: the parameters they are hashed with, what matches, and the same work for those without one."""

from collections.abc import AsyncIterator
from typing import Literal

import pytest
from argon2 import PasswordHasher as Argon2
from argon2 import extract_parameters

from auth.passwords import PasswordHasher


@pytest.fixture
async def passwords() -> AsyncIterator[PasswordHasher]:
    hasher = PasswordHasher(threads=1)
    yield hasher
    hasher.close()


async def test_a_hash_has_owasps_parameters_and_matches_its_password_alone(passwords: PasswordHasher) -> None:
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "correct horse ")
    assert not await passwords.verify(stored, "")
    assert stored != await passwords.hash("correct horse")


async def test_without_a_stored_hash_the_same_work_is_done_and_nothing_matches(
    passwords: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    class Recording(Argon2):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 (as in the base)
            checked.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_argon2", Recording(time_cost=2, memory_cost=19 * 1024, parallelism=1))
    stored = await passwords.hash("anything")
    assert not await passwords.verify(None, "anything")
    assert await passwords.verify(stored, "anything")
    nobodys, somebodys = checked
    assert extract_parameters(nobodys) == extract_parameters(somebodys)


async def test_two_hashers_invent_different_hashes_for_nobody() -> None:
    first, second = PasswordHasher(threads=1), PasswordHasher(threads=1)
    assert first._nobodys_hash != second._nobodys_hash
    first.close()
    second.close()


async def test_a_hash_of_other_parameters_matches_and_wants_renewing(passwords: PasswordHasher) -> None:
    older = Argon2(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("secret")
    assert await passwords.verify(older, "secret")
    assert passwords.needs_rehash(older)
    assert not passwords.needs_rehash(await passwords.hash("secret"))


@pytest.mark.parametrize("stored", ["not a hash", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA"])
async def test_a_stored_value_that_is_no_hash_matches_nothing(passwords: PasswordHasher, stored: str) -> None:
    assert not await passwords.verify(stored, "x")


async def test_letters_that_are_typed_alike_are_alike(passwords: PasswordHasher) -> None:
    stored = await passwords.hash("Zo\u00eb")
    assert await passwords.verify(stored, "Zoe\u0308")


@pytest.mark.parametrize("password", ["\ud800", "a\x00b", "x" * 100_000])
async def test_odd_passwords_are_hashed_like_any_other(passwords: PasswordHasher, password: str) -> None:
    assert await passwords.verify(await passwords.hash(password), password)


async def test_it_owns_its_threads() -> None:
    hasher = PasswordHasher(threads=1)
    hasher.close()
    with pytest.raises(RuntimeError, match="shutdown"):
        await hasher.hash("x")
