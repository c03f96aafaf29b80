"""One run of autopayment ends, however much is spent meanwhile; what is left is for the next."""

import pytest

from models.db import Database
from resolvers import autopayment
from resolvers.ports import Charge, Outcome
from tests.money.providers import Till
from tests.money.test_autopayment import balance, indebted, run, spend


async def test_spending_goes_on_and_a_run_charges_so_often_and_no_more(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autopayment, "MOST_IN_A_ROW", 2)
    account, _ = await indebted(db, 2_000)

    class Busy(Till):
        """A till beside which more is ordered."""

        async def charge(self, charge: Charge) -> Outcome:
            """Charge, and spend the same again."""
            await spend(db, account.id, charge.amount_minor)
            return await super().charge(charge)

    till = Busy()
    assert await run(db, till, account.id)
    assert till.paid == [2_000, 2_000]
    assert await balance(db, account.id) == -2_000
