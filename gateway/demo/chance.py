"""Chance that repeats itself: the same seed gives the same ids, keys, names and times."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from models.bulk import uuid7

T = TypeVar("T")

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Chance:
    """A seeded source of everything that is invented."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 (demo data is meant to repeat; nothing of it is a secret)
        self.share = self._random.random
        self.between = self._random.randint

    def one_of(self, choices: Sequence[T]) -> T:
        """Pick one."""
        return choices[int(self.share() * len(choices))]

    def id_at(self, moment: datetime) -> UUID:
        """Make the id of a row that was made at a time."""
        return uuid7(int(moment.timestamp() * 1000), self._random.getrandbits(74))

    def moment(self, start: datetime, end: datetime) -> datetime:
        """Pick a time, to the second."""
        return start + timedelta(seconds=int(self.share() * (end - start).total_seconds()))

    def letters(self, length: int) -> str:
        """Make the random part of a key or token."""
        return "".join(self._random.choices(LETTERS, k=length))

    def octets(self, length: int) -> bytes:
        """Make bytes that stand where a hash or a sealed secret would."""
        return self._random.randbytes(length)

    def hexadecimal(self) -> str:
        """Make a machine id as systemd writes it."""
        return f"{self._random.getrandbits(128):032x}"
