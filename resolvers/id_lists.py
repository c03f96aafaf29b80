"""Lists of ids in inputs: each counts once, and what is wrong with one is told at its place."""

from collections.abc import Container, Iterable, Mapping, Sequence
from uuid import UUID

from models.errors import UserFault

MOST_IDS = 1_000
"""A list names at most so many different things."""

Places = Mapping[UUID, int]
"""Each key of a list, with the place where it first stands."""


def places(keys: Sequence[UUID], field: str) -> Places:
    """The keys of a list, each once."""
    first: dict[UUID, int] = {}
    for place, key in enumerate(keys):
        first.setdefault(key, place)
    if len(first) > MOST_IDS:
        raise UserFault("TOO_LONG", f"Name at most {MOST_IDS:,} at once.", [field])
    return first


def fault_at(code: str, message: str, field: str, place: int) -> UserFault:
    """What is wrong with the id at a place of a list."""
    return UserFault(code, message, [field, str(place)])


def missing(named: Places, found: Container[UUID], field: str, message: str) -> list[UserFault]:
    """A fault for each that was not found."""
    return [fault_at("NOT_FOUND", message, field, place) for key, place in named.items() if key not in found]


def in_order(named: Places, wanted: Iterable[UUID]) -> list[UUID]:
    """Keys in the order in which the list names them."""
    return sorted(wanted, key=named.__getitem__)
