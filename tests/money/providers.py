"""A payment provider in memory, as strict about keys as the real one, that can be told to fail in every way."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from models.enums import PaymentStatus
from resolvers.no_provider import NoProvider
from resolvers.ports import Charge, Outcome, ProviderUnavailable


class Killed(BaseException):
    """What ends a worker in the middle: nothing catches it."""


@dataclass
class Till(NoProvider):
    """Charges every card as `answer` says. What it has charged is `taken`, one entry for each key."""

    answer: Callable[[Charge], PaymentStatus] = lambda _charge: PaymentStatus.SUCCEEDED
    before: BaseException | None = None
    """Raised instead of charging."""

    after: BaseException | None = None
    """Raised when the charge was made: the answer is lost."""

    taken: dict[str, tuple[Charge, Outcome]] = field(default_factory=dict)
    calls: int = 0

    @property
    def paid(self) -> list[int]:
        """The amounts that cards were charged with."""
        return [charge.amount_minor for charge, one in self.taken.values() if one.status is PaymentStatus.SUCCEEDED]

    async def charge(self, charge: Charge) -> Outcome:
        """Charge once for a key; another body under the same key is a defect."""
        self.calls += 1
        await asyncio.sleep(0)
        if self.before is not None:
            raise self.before
        if charge.key not in self.taken:
            status = self.answer(charge)
            failure = "PAYMENT_DECLINED" if status is PaymentStatus.FAILED else None
            self.taken[charge.key] = charge, Outcome(f"pi_{charge.key}", status, failure)
        known, outcome = self.taken[charge.key]
        assert known == charge
        if self.after is not None:
            raise self.after
        return outcome

    async def outcome(self, reference: str) -> Outcome:
        """Say how a charge stands."""
        self.calls += 1
        if self.before is not None:
            raise self.before
        return self.taken[reference.removeprefix("pi_")][1]

    async def cancel(self, reference: str) -> Outcome:
        """Give up what waits."""
        charge, outcome = self.taken[reference.removeprefix("pi_")]
        if outcome.status in {PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION}:
            outcome = Outcome(reference, PaymentStatus.FAILED, "PAYMENT_DECLINED")
            self.taken[charge.key] = charge, outcome
        return outcome

    def ends(self, status: PaymentStatus) -> None:
        """Let whatever is under way come to an end."""
        for key, (charge, outcome) in self.taken.items():
            if outcome.status is PaymentStatus.PENDING:
                self.taken[key] = charge, Outcome(outcome.reference, status, None)


def down() -> Till:
    """A provider that cannot be reached."""
    return Till(before=ProviderUnavailable("down"))
