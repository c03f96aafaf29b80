"""Autopayment over the real adapter: whatever breaks on the way to the provider, whoever is killed, it charges once."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.payments.provider import paying
from gateway.payments.standin import StandIn
from gateway.settings import Settings
from models.autopayment import Caps
from models.db import Database
from models.enums import AutopaymentMode
from models.tables import Account
from resolvers import autopayment
from resolvers.after_booking import ask_autopayment
from resolvers.ports import ProviderUnavailable
from tests.access.people import utc
from tests.conftest import SECRET
from tests.funding import fund
from tests.jobs.test_processes import WorkerProcess
from tests.jobs.waiting import until
from tests.payments.cards import CONFIRMS, DECLINED_LATER, GOOD
from tests.payments.payers import Payer, booked, charged, make_payer
from tests.payments.relay import Relay, Trouble

OWED = 13_420


async def owing(db: Database, stand_in: StandIn, number: str = GOOD) -> Payer:
    """An account on auto repay that owes something, with a card at the provider."""
    payer = await make_payer(db, stand_in, number)
    await fund(db, payer.account_id, -OWED)
    async with db.write() as session:
        (await session.get_one(Account, payer.account_id)).autopayment_mode = AutopaymentMode.AUTO_REPAY
    return payer


async def states(db: Database) -> list[tuple[str, str | None]]:
    """How every payment stands."""
    async with db.read() as reader:
        found = await reader.fetch("SELECT status, failure FROM payments ORDER BY created_at")
    return [(row["status"], row["failure"]) for row in found]


@pytest.mark.parametrize("trouble", [Trouble.DOWN, Trouble.BROKEN, Trouble.LOST, Trouble.SILENT, Trouble.TWICE])
async def test_a_debt_is_charged_once_through_any_trouble(
    db: Database, stand_in: StandIn, relay: Relay, trouble: Trouble
) -> None:
    payer = await owing(db, stand_in)
    relay.trouble = trouble
    settings = stand_in.named_in(Settings())
    async with paying(relay.named_in(settings)) as provider:
        if trouble is Trouble.TWICE:
            assert await autopayment.run(db, provider, Caps(), payer.account_id, utc())
        else:
            with pytest.raises(ProviderUnavailable):
                await autopayment.run(db, provider, Caps(), payer.account_id, utc())
            assert await states(db) == [("PENDING", None)]
    relay.trouble = Trouble.NONE
    async with paying(relay.named_in(settings)) as provider:
        runs = (autopayment.run(db, provider, Caps(), payer.account_id, utc()) for _ in range(3))
        assert await asyncio.gather(*runs) == [True] * 3
    assert await charged(stand_in, payer) == [OWED]
    assert (await states(db), await booked(db)) == ([("SUCCEEDED", None)], [-OWED, OWED])


@pytest.mark.parametrize(
    ("number", "failure"), [(DECLINED_LATER, "PAYMENT_DECLINED"), (CONFIRMS, "PAYMENT_ACTION_REQUIRED")]
)
async def test_a_card_that_cannot_be_charged_unattended_fails_and_waits(
    db: Database, stand_in: StandIn, number: str, failure: str
) -> None:
    payer = await owing(db, stand_in, number)
    async with paying(stand_in.named_in(Settings())) as provider:
        for hours in (0, 1):
            await autopayment.run(db, provider, Caps(), payer.account_id, utc() + timedelta(hours=hours))
    assert await states(db) == [("FAILED", failure)]
    assert (await charged(stand_in, payer), await booked(db)) == ([], [-OWED])


def worker(folder: Path, name: str, dsn: str, stand_in: StandIn, base: str) -> WorkerProcess:
    """A worker that takes over soon from one that is dead, and waits long for the provider."""
    key = stand_in.named_in(Settings()).stripe_secret_key or SecretStr("")
    settings = {"DATABASE_URL": dsn, "SECRET_KEY": SECRET, "JOB_TAKEOVER_SECONDS": "1", "STRIPE_API_BASE": base}
    return WorkerProcess(folder, name, **settings, STRIPE_SECRET_KEY=key.get_secret_value(), STRIPE_SECONDS="60")


@pytest.mark.long
async def test_workers_after_one_that_was_killed_charge_no_second_time(
    dsn: str, db: Database, stand_in: StandIn, relay: Relay, tmp_path: Path
) -> None:
    payer = await owing(db, stand_in)
    relay.trouble = Trouble.SILENT
    async with db.write() as session:
        await ask_autopayment(session, payer.account_id)
    workers = [worker(tmp_path, "first", dsn, stand_in, relay.base)]
    try:
        await until(lambda: bool(relay.paths), "the charge")

        async def was_charged() -> bool:
            return await charged(stand_in, payer) == [OWED]

        await until(was_charged, "the card is charged")
        assert workers[0].end(signal.SIGKILL) == -signal.SIGKILL
        assert (await states(db), await booked(db)) == ([("PENDING", None)], [-OWED])
        relay.trouble = Trouble.NONE
        workers += [worker(tmp_path, name, dsn, stand_in, relay.base) for name in ("second", "third")]

        async def settled() -> bool:
            return await states(db) == [("SUCCEEDED", None)]

        await until(settled, "somebody has settled it")
    finally:
        for one in workers:
            one.clear()
    assert (await charged(stand_in, payer), await booked(db)) == ([OWED], [-OWED, OWED])
