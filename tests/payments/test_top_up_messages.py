"""The provider's messages about a top-up: before its answer, twice, at once, or long after it was given up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.payments.provider import paying
from gateway.payments.reading import KEY
from gateway.payments.standin import StandIn
from gateway.settings import Settings
from models.db import Database
from models.queries import auditing_ledger
from resolvers.charging import KEY_GOOD_FOR, reconcile
from tests.access.people import audit_of, utc
from tests.conftest import calling, settings_for
from tests.fleet.tenants import rows
from tests.jobs.waiting import until
from tests.payments.messages import message, tell
from tests.payments.payers import Payer, booked, charged, provider_says, send
from tests.payments.relay import Relay, Trouble

SUCCEEDED = "payment_intent.succeeded"


@pytest.fixture
async def shaky_client(dsn: str, db: Database, stand_in: StandIn, relay: Relay) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway whose provider fails as the relay is told to."""
    async with calling(create_app(relay.named_in(stand_in.named_in(settings_for(dsn))), db)) as caller:
        yield caller


async def paid(db: Database, stand_in: StandIn, payer: Payer) -> str:
    """The provider's message that the one payment has succeeded; it names our key, as its own do."""
    (charge,) = await provider_says(stand_in, payer)
    (row,) = await rows(db, "SELECT id FROM payments")
    about: dict[str, Any] = {"id": charge["payment_intent"], "object": "payment_intent"}
    return message(SUCCEEDED, {**about, "metadata": {KEY: str(row["id"])}})


async def settled(db: Database, stand_in: StandIn, payer: Payer) -> None:
    """It was charged once, and booked once."""
    assert (await charged(stand_in, payer), await booked(db)) == ([2500], [2500])
    async with db.read() as reader:
        assert (await auditing_ledger.verify(reader)).broken == ()


async def test_a_message_that_overtakes_the_answer_books_once(
    shaky_client: httpx.AsyncClient, db: Database, stand_in: StandIn, payer: Payer, relay: Relay
) -> None:
    relay.trouble = Trouble.LATE
    sent = asyncio.ensure_future(send(shaky_client, payer.key, key="one"))

    async def taken() -> bool:
        return await charged(stand_in, payer) == [2500]

    await until(taken, "the charge")
    same, other = await paid(db, stand_in, payer), await paid(db, stand_in, payer)
    told = await asyncio.gather(*(tell(shaky_client, stand_in, body) for body in (same, same, other)))
    assert told == [200, 200, 200]
    await settled(db, stand_in, payer)
    relay.over.set()
    payload = await sent
    assert (payload["userErrors"], payload["payment"]["status"]) == ([], "SUCCEEDED")
    assert payload["invoice"] is not None
    assert await tell(shaky_client, stand_in, same) == 200
    await settled(db, stand_in, payer)
    assert [row.actor for row in await audit_of(db) if row.action == "payment.succeeded"] == ["Payment provider"]


async def test_messages_and_the_answer_at_once_book_once(
    shaky_client: httpx.AsyncClient, db: Database, stand_in: StandIn, payer: Payer, relay: Relay
) -> None:
    relay.trouble = Trouble.LATE
    sent = asyncio.ensure_future(send(shaky_client, payer.key, key="one"))

    async def taken() -> bool:
        return await charged(stand_in, payer) == [2500]

    await until(taken, "the charge")
    body = await paid(db, stand_in, payer)
    relay.over.set()
    payload, *told = await asyncio.gather(sent, *(tell(shaky_client, stand_in, body) for _ in range(4)))
    assert (payload["payment"]["status"], told) == ("SUCCEEDED", [200, 200, 200, 200])
    await settled(db, stand_in, payer)


async def test_what_was_given_up_and_was_paid_all_the_same_is_booked(
    shaky_client: httpx.AsyncClient, db: Database, stand_in: StandIn, payer: Payer, relay: Relay
) -> None:
    relay.trouble = Trouble.LOST
    payload = await send(shaky_client, payer.key, key="one")
    assert payload["payment"]["status"] == "PENDING"
    async with paying(stand_in.named_in(Settings())) as provider:
        assert (await reconcile(db, provider, utc() + KEY_GOOD_FOR + timedelta(minutes=1))).seen == 1
    assert ([row["status"] for row in await rows(db, "SELECT status FROM payments")], await booked(db)) == (
        ["FAILED"],
        [],
    )
    relay.trouble = Trouble.NONE
    body = await paid(db, stand_in, payer)
    assert [await tell(shaky_client, stand_in, body) for _ in range(2)] == [200, 200]
    await settled(db, stand_in, payer)
    payload = await send(shaky_client, payer.key, key="one")
    assert (payload["userErrors"], payload["payment"]["status"]) == ([], "SUCCEEDED")
