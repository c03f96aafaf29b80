"""`gateway refund`: money is given back once, never more than was paid, wherever the command is cut off."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import httpx
import pytest

from gateway.payments.provider import paying
from gateway.payments.standin import StandIn
from gateway.settings import Settings
from models.db import Database
from models.queries import auditing_ledger
from resolvers.charging import KEY_GOOD_FOR, RECONCILER
from resolvers.no_provider import NO_PROVIDER
from resolvers.ports import ProviderUnavailable
from resolvers.refunding import Asked, Refunded, finish, finish_all, refund
from tests.access.people import audit_of, utc
from tests.access.unchanged import everything
from tests.client import ask
from tests.conftest import SECRET
from tests.fleet.tenants import rows
from tests.jobs.waiting import until
from tests.outside.processes import BARE, command, words_of
from tests.payments.payers import Payer, booked, make_payer, send
from tests.payments.relay import Relay, Trouble, relaying

INVOICES = "{ viewer { account { invoices(first: 1) { nodes { number type total { amount } balance { amount } } } } } }"
AWAY = "The payment provider does not answer. Run this again, or leave it to a worker to finish."


@dataclass(frozen=True)
class Till:
    """A payment of 25.00 USD, and how an operator reaches it: with the provider behind a relay."""

    db: Database
    provider: StandIn
    relay: Relay
    payer: Payer
    payment: str
    environment: Mapping[str, str]

    async def refund(self, *options: str, status: int = 0, payment: str = "A-1-1") -> str:
        """What the command says, on either stream; it must end with this status."""
        ended = await command("refund", payment, *options, **self.environment)
        assert ended.exit_code == status, (ended.output, ended.exception)
        return words_of(ended.output).strip()

    async def given_back(self) -> list[int]:
        """The amounts that the provider has given back, by its own record."""
        (row,) = await rows(self.db, "SELECT provider_reference FROM payments")
        named = self.provider.named_in(Settings())
        assert named.stripe_secret_key is not None
        headers = {"Authorization": f"Bearer {named.stripe_secret_key.get_secret_value()}"}
        async with httpx.AsyncClient(
            base_url=self.provider.base, trust_env=False, timeout=60, headers=headers
        ) as reader:
            asked = {"payment_intent": row["provider_reference"], "limit": 100}
            answer = (await reader.get("/v1/refunds", params=asked)).json()
        return sorted(one["amount"] for one in answer["data"])

    async def settled(self, *minor: int) -> None:
        """The provider has given back these amounts, and they are booked, and nothing else."""
        assert await self.given_back() == sorted(minor)
        assert await booked(self.db) == [2500, *(-one for one in minor)]
        async with self.db.read() as reader:
            assert (await auditing_ledger.verify(reader)).broken == ()

    async def reconciled(self, later: timedelta = timedelta(minutes=2)) -> int:
        """How many refunds a worker has looked at after a while."""
        async with paying(self.provider.named_in(Settings())) as provider:
            done = await finish_all(self.db, provider, RECONCILER, utc() + later)
        assert done.failed == {}
        return done.seen


@pytest.fixture
async def till(dsn: str, db: Database, stand_in: StandIn, paying_client: httpx.AsyncClient) -> AsyncIterator[Till]:
    payer = await make_payer(db, stand_in)
    payment = (await send(paying_client, payer.token))["payment"]["id"]
    secret = stand_in.named_in(Settings()).stripe_secret_key
    assert secret is not None
    environment = {"DATABASE_URL": dsn, "SECRET_KEY": SECRET, "STRIPE_SECRET_KEY": secret.get_secret_value()}
    async with relaying(stand_in.base) as relay:
        chosen = {"STRIPE_API_BASE": relay.base, "STRIPE_SECONDS": "60"}
        yield Till(db, stand_in, relay, payer, payment, environment | chosen)


async def shown(client: httpx.AsyncClient, till: Till) -> dict[str, Any]:
    """The account's newest document."""
    data = await ask(client, INVOICES, token=till.payer.token)
    found: dict[str, Any] = data["viewer"]["account"]["invoices"]["nodes"][0]
    return found


async def test_a_payment_is_refunded_once(till: Till, paying_client: httpx.AsyncClient) -> None:
    assert await till.refund(payment=till.payment) == "25.00 USD is refunded: receipt A-1-2."
    assert await till.refund() == "25.00 USD was refunded already: receipt A-1-2."
    assert await till.refund("--amount", "25", "--after", "A-1-1") == "25.00 USD was refunded already: receipt A-1-2."
    assert await till.refund("--after", "A-1-2", status=1) == "All of it was refunded already."
    await till.settled(2500)
    assert await shown(paying_client, till) == {
        "number": "A-1-2",
        "type": "PAYMENT_RECEIVED",
        "total": {"amount": "-25.00"},
        "balance": {"amount": "0.00"},
    }
    told = [(row.action, row.actor, row.changes) for row in await audit_of(till.db)][2:]
    changes = {"refund": [None, "25.00 USD"]}
    assert told == [
        ("payment.refund_started", "operator", changes),
        ("payment.refunded", "operator", changes),
    ]


async def test_a_part_is_refunded_and_more_only_by_naming_the_last(till: Till) -> None:
    assert await till.refund("--amount", "10") == "10.00 USD is refunded: receipt A-1-2."
    assert await till.refund("--amount", "10") == "10.00 USD was refunded already: receipt A-1-2."
    more = "10.00 USD of it was refunded already. To refund more, say --after A-1-2."
    assert await till.refund("--amount", "5.50", status=1) == more
    assert await till.refund(status=1) == more
    after = ("--after", "A-1-2")
    assert await till.refund("--amount", "15.01", *after, status=1) == "Only 15.00 USD of it is left to refund."
    assert await till.refund("--amount", "5.50", *after) == "5.50 USD is refunded: receipt A-1-3."
    assert await till.refund("--amount", "5.50", *after) == "5.50 USD was refunded already: receipt A-1-3."
    assert await till.refund("--after", "A-1-3") == "9.50 USD is refunded: receipt A-1-4."
    await till.settled(1000, 550, 950)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--amount", "0"), "This is less than is possible here."),
        (("--amount", "25.01"), "This is more than is possible here."),
        (("--after", "A-1-9"), "Nothing was refunded of this payment yet: leave --after out."),
    ],
)
async def test_what_cannot_be_refunded_changes_nothing(till: Till, options: tuple[str, ...], said: str) -> None:
    before = await everything(till.db)
    assert await till.refund(*options, status=1) == said
    none_such = "There is no such payment: say its id, or the number of its receipt."
    assert await till.refund(*options, status=1, payment="A-1-9") == none_such
    assert "at most two places" in await till.refund("--amount", "1e1", status=2)
    assert await everything(till.db) == before
    await till.settled()


async def test_only_what_the_provider_was_paid_is_refunded(till: Till) -> None:
    await rows(till.db, "UPDATE payments SET provider_reference = NULL")
    assert await till.refund(status=1) == "The payment provider knows nothing of this payment."
    failed = "UPDATE payments SET status = 'FAILED', failure = 'PAYMENT_DECLINED'"
    await rows(till.db, failed)
    assert await till.refund(status=1) == "Nothing was paid with this payment."


async def test_what_the_provider_refuses_is_not_booked(till: Till) -> None:
    (row,) = await rows(till.db, "SELECT provider_reference FROM payments")
    await rows(till.db, "UPDATE payments SET provider_reference = 'pi_unknown'")
    refused = "The payment provider refuses to give this money back: nothing was refunded."
    assert await till.refund(status=1) == refused
    await rows(till.db, f"UPDATE payments SET provider_reference = '{row['provider_reference']}'")
    assert [one.action for one in await audit_of(till.db)][-1] == "payment.refund_failed"
    await till.settled()
    assert await till.refund() == "25.00 USD is refunded: receipt A-1-2."
    await till.settled(2500)


@pytest.mark.parametrize("trouble", [Trouble.DOWN, Trouble.LOST])
async def test_whatever_the_network_does_it_is_refunded_once(till: Till, trouble: Trouble) -> None:
    till.relay.trouble = trouble
    assert (await till.refund("--amount", "10", status=1)).endswith(AWAY)
    assert await booked(till.db) == [2500]
    till.relay.trouble = Trouble.NONE
    other = "A refund of another amount is under way: run it without --amount to finish it."
    assert await till.refund("--amount", "11", status=1) == other
    assert await till.refund() == "10.00 USD is refunded: receipt A-1-2."
    await till.settled(1000)


async def test_a_worker_finishes_what_nobody_runs_again(till: Till) -> None:
    till.relay.trouble = Trouble.LOST
    assert (await till.refund("--amount", "10", status=1)).endswith(AWAY)
    assert await till.reconciled(timedelta(0)) == 0, "it is in the hands of whoever began it"
    assert max(await asyncio.gather(*(till.reconciled() for _ in range(3)))) == 1
    await till.settled(1000)
    (row,) = await rows(till.db, "SELECT id FROM refunds")
    assert (await finish(till.db, NO_PROVIDER, row["id"], utc())).number == "A-1-2", "nobody is asked any more"
    till.relay.trouble = Trouble.NONE
    assert await till.refund("--amount", "10") == "10.00 USD was refunded already: receipt A-1-2."


@pytest.mark.parametrize(("trouble", "minor"), [(Trouble.DOWN, []), (Trouble.LOST, [2500])])
async def test_what_is_too_old_to_be_sent_again_is_looked_for(till: Till, trouble: Trouble, minor: list[int]) -> None:
    till.relay.trouble = trouble
    assert (await till.refund(status=1)).endswith(AWAY)
    assert await till.reconciled(KEY_GOOD_FOR + timedelta(minutes=1)) == 1
    await till.settled(*minor)


async def test_a_command_that_was_killed_is_run_again(till: Till) -> None:
    till.relay.trouble = Trouble.SILENT
    words = (sys.executable, "-m", "gateway", "refund", "A-1-1", "--amount", "10")
    process = await asyncio.create_subprocess_exec(*words, env=BARE | dict(till.environment))

    async def given() -> bool:
        return await till.given_back() == [1000]

    try:
        await until(given, "the money given back")
    finally:
        process.kill()
        await process.wait()
    assert await booked(till.db) == [2500]
    till.relay.trouble = Trouble.NONE
    assert await till.refund("--amount", "10") == "10.00 USD is refunded: receipt A-1-2."
    await till.settled(1000)


async def test_operators_at_once_refund_once(till: Till) -> None:
    asked = Asked(None, "A-1-1")
    async with paying(till.provider.named_in(Settings())) as provider:
        refunds = (refund(till.db, provider, asked, utc()) for _ in range(4))
        for answer in await asyncio.gather(*refunds, return_exceptions=True):
            assert isinstance(answer, ProviderUnavailable) or answer == Refunded("25.00 USD", "A-1-2", ANY), answer
    assert await till.refund() == "25.00 USD was refunded already: receipt A-1-2."
    await till.settled(2500)
