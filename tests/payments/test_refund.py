"""`gateway refund`: once at the provider and once in the ledger, however often it is run."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from gateway.payments.provider import paying
from gateway.payments.standin import StandIn
from gateway.settings import Settings
from models.db import Database
from models.errors import UserFault
from models.queries import auditing_ledger
from resolvers.amounts import Amount
from resolvers.charging import KEY_GOOD_FOR
from resolvers.refund import Asked, Found, refund
from tests.access.people import audit_of, utc
from tests.access.unchanged import everything
from tests.conftest import SECRET
from tests.fleet.tenants import rows
from tests.outside.processes import command, words_of
from tests.payments.payers import Payer, booked, make_payer, provider_says, send
from tests.payments.relay import Relay, Trouble, relaying

RECEIPT = "A-1-1"


@pytest.fixture
async def payer(paying_client: httpx.AsyncClient, db: Database, stand_in: StandIn) -> Payer:
    """An account that has paid 25.00."""
    made = await make_payer(db, stand_in)
    assert (await send(paying_client, made.token))["userErrors"] == []
    return made


@pytest.fixture
async def relay(stand_in: StandIn) -> AsyncIterator[Relay]:
    async with relaying(stand_in.base) as one:
        yield one


async def give_back(db: Database, settings: Settings, later: timedelta = timedelta(0), **asked: Any) -> tuple[str, str]:
    """Refund, as the command does."""
    async with paying(settings) as provider:
        return await refund(db, provider, Asked(RECEIPT, **asked), utc() + later)


async def refunded(stand_in: StandIn, payer: Payer) -> int:
    """What the provider has given back, by its own record."""
    return sum(charge["amount_refunded"] for charge in await provider_says(stand_in, payer))


async def adds_up(db: Database) -> None:
    """Nothing is wrong with the books."""
    async with db.read() as reader:
        assert (await auditing_ledger.verify(reader)).broken == ()


def dollars(text: str) -> Amount:
    """An amount."""
    return Amount(Decimal(text), "USD")


async def test_the_command_gives_back_a_part_and_then_the_rest(
    dsn: str, db: Database, stand_in: StandIn, payer: Payer
) -> None:
    named = stand_in.named_in(Settings())
    assert named.stripe_secret_key is not None
    environment = {"DATABASE_URL": dsn, "SECRET_KEY": SECRET, "STRIPE_API_BASE": named.stripe_api_base}
    environment["STRIPE_SECRET_KEY"] = named.stripe_secret_key.get_secret_value()
    said = []
    for arguments in (["--amount", "10.00 USD"], [], [], ["--amount", "10"], ["--found", "perhaps"]):
        ended = await command("refund", RECEIPT, *arguments, **environment)
        said.append((ended.exit_code, words_of(ended.output).strip()))
    assert said[:3] == [
        (0, "10.00 USD was given back; the document is A-1-2."),
        (0, "15.00 USD was given back; the document is A-1-3."),
        (1, "Of this payment 0.00 USD can still be given back."),
    ]
    assert [code for code, _ in said[3:]] == [2, 2]
    assert await refunded(stand_in, payer) == 2500
    assert await booked(db) == [2500, -1000, -1500]
    assert [row.changes for row in await audit_of(db) if row.action == "payment.refunded"] == [
        {"amount": [None, "10.00 USD"]},
        {"amount": [None, "15.00 USD"]},
    ]
    await adds_up(db)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"amount": dollars("25.01")}, "more than is possible"),
        ({"amount": Amount(Decimal(5), "EUR")}, "not the currency"),
        ({"found": Found.DONE}, "No refund of this payment is under way"),
    ],
)
async def test_what_cannot_be_given_back_changes_nothing(
    db: Database, stand_in: StandIn, payer: Payer, asked: dict[str, Any], message: str
) -> None:
    before = await everything(db)
    with pytest.raises(UserFault, match=message):
        await give_back(db, stand_in.named_in(Settings()), **asked)
    assert await everything(db) == before
    assert await refunded(stand_in, payer) == 0


async def test_a_receipt_that_no_card_paid_is_refused(db: Database, stand_in: StandIn) -> None:
    with pytest.raises(UserFault, match="No payment of a card has the receipt A-1-1"):
        await give_back(db, stand_in.named_in(Settings()))


@pytest.mark.parametrize("trouble", [Trouble.DOWN, Trouble.LOST, Trouble.SILENT])
async def test_run_again_after_a_failure_it_is_done_once(
    db: Database, stand_in: StandIn, payer: Payer, relay: Relay, trouble: Trouble
) -> None:
    shaky = relay.named_in(stand_in.named_in(Settings()))
    relay.trouble = trouble
    with pytest.raises(UserFault, match="run this again"):
        await give_back(db, shaky, amount=dollars("10.00"))
    relay.trouble = Trouble.NONE
    with pytest.raises(UserFault, match=r"A refund of 10.00 USD is under way"):
        await give_back(db, shaky, amount=dollars("11.00"))
    assert await give_back(db, shaky) == ("A-1-2", "10.00 USD")
    assert await refunded(stand_in, payer) == 1000
    assert await booked(db) == [2500, -1000]
    await adds_up(db)


@pytest.mark.parametrize(("found", "left"), [(Found.DONE, [2500, -2500]), (Found.NOT_DONE, [2500])])
async def test_one_that_is_too_old_is_ended_by_what_the_provider_shows(
    db: Database, stand_in: StandIn, payer: Payer, relay: Relay, found: Found, left: list[int]
) -> None:
    shaky = relay.named_in(stand_in.named_in(Settings()))
    relay.trouble = Trouble.LOST if found is Found.DONE else Trouble.DOWN
    with pytest.raises(UserFault, match="run this again"):
        await give_back(db, shaky)
    relay.trouble = Trouble.NONE
    with pytest.raises(UserFault, match="begun too long ago"):
        await give_back(db, shaky, KEY_GOOD_FOR)
    if found is Found.DONE:
        assert await give_back(db, shaky, KEY_GOOD_FOR, found=found) == ("A-1-2", "25.00 USD")
    else:
        with pytest.raises(UserFault, match="Nothing was given back"):
            await give_back(db, shaky, KEY_GOOD_FOR, found=found)
    assert await booked(db) == left
    assert await refunded(stand_in, payer) == -sum(left[1:])
    await adds_up(db)


async def test_run_at_once_it_is_done_once(db: Database, stand_in: StandIn, payer: Payer) -> None:
    named = stand_in.named_in(Settings())
    ended = await asyncio.gather(*(give_back(db, named) for _ in range(4)), return_exceptions=True)
    assert len([one for one in ended if not isinstance(one, BaseException)]) <= 1
    assert all(isinstance(one, tuple | UserFault) for one in ended)
    assert await refunded(stand_in, payer) == 2500
    assert await booked(db) == [2500, -2500]
    await adds_up(db)


async def test_what_the_provider_refuses_is_not_booked(db: Database, stand_in: StandIn, payer: Payer) -> None:
    await rows(db, "UPDATE payments SET provider_reference = 'pi_never'")
    with pytest.raises(UserFault, match="Nothing was given back"):
        await give_back(db, stand_in.named_in(Settings()))
    assert await booked(db) == [2500]
    assert [row["status"] for row in await rows(db, "SELECT status FROM refunds")] == ["REFUSED"]
