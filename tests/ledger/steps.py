"""What histories of money are made of: steps that are taken at once, round by round, and what came of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from hypothesis import strategies as st

KINDS = ("transfer", "pay", "refund", "renew", "autopay", "order", "delete")
DONE, NOTHING, PERHAPS = (1, 1), (0, 0), (0, 1)
"""How often a step was done, at least and at most: one that was cut off may have been done, or not."""


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does: of which kind, about which account, how much of it, and whether it is sent twice at once."""

    kind: str
    place: int
    size: int
    insists: bool


@dataclass(frozen=True, slots=True)
class Round:
    """Steps that are taken at once, perhaps while connections are killed."""

    steps: Sequence[Step]
    killing: bool


STEPS = st.builds(Step, st.sampled_from(KINDS), st.integers(0, 2), st.integers(1, 9), st.booleans())
HISTORIES = st.lists(st.builds(Round, st.lists(STEPS, min_size=3, max_size=8), st.booleans()), min_size=2, max_size=4)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step books wherever it is done, by account; no other step books these amounts."""

    amounts: Mapping[UUID, int]
    times: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """How many licenses of an account a step adds, or takes away where that is less than nothing; no other so many."""

    account_id: UUID
    quantity: int
    times: tuple[int, int]
