"""Letters about a low balance, a failed charge and a card that expires: each once, to whoever pays the bills."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from gateway.portal import portal_of
from models.db import Database
from models.enums import AutopaymentMode, PaymentStatus
from models.jobs import JobKind, enqueue
from models.queries import expiring_cards as reminders
from models.tables import Account, Payment, PaymentMethod
from resolvers import expiring_cards
from resolvers.ports import PaymentProvider
from tests import factories
from tests.funding import fund
from tests.mailbox import deliver
from tests.money.cards import make_card
from tests.money.providers import Till, down
from tests.money.test_autopayment import FUNDS, spend

OURS = ("balance_low", "payment_failed", "card_expires")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def letters(app: Starlette, payments: PaymentProvider | None = None) -> list[tuple[str, str, str]]:
    """Which of these letters are sent, to whom, and what they say."""
    mails = [mail for mail in await deliver(app, payments) if mail.template in OURS]
    return [(mail.template, mail.to, " ".join(mail.text.split())) for mail in mails]


async def lows(db: Database) -> int:
    """How often an account was told to be low, as an event."""
    async with db.read() as reader:
        (row,) = await reader.fetch("SELECT count(*) AS count FROM events WHERE kind = 'BALANCE_LOW'")
    found: int = row["count"]
    return found


async def funded(db: Database, minor: int, **values: Any) -> tuple[Account, PaymentMethod]:
    """An account that holds something, with its card."""
    account = await factories.account(db, provider_customer="cus_1", **values)
    await fund(db, account.id, minor)
    return account, await make_card(db, account.id, brand="Visa", last4="4242")


async def test_a_balance_that_falls_is_told_once_for_each_fall(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    account, _ = await funded(db, 10_000)
    await spend(db, account.id, 1)
    ((template, to, text),) = await letters(app)
    assert (template, to) == ("balance_low", account.billing_contact_email)
    assert f"The balance of account {account.number} has fallen below 100.00 USD. It is 99.99 USD now" in text
    await spend(db, account.id, 20_000)
    assert (await letters(app), await lows(db)) == ([], 1)
    await fund(db, account.id, 30_000)
    await spend(db, account.id, 15_000)
    assert ([one[0] for one in await letters(app)], await lows(db)) == (["balance_low"], 2)


async def test_what_is_low_is_the_accounts_own_threshold_whatever_the_mode(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    account, _ = await funded(db, 10_000, autopayment_threshold_minor=5_000, billing_email="bills@company.example")
    await spend(db, account.id, 5_000)
    assert await letters(app) == []
    await spend(db, account.id, 1)
    ((_, to, text),) = await letters(app)
    assert to == "bills@company.example"
    assert "below 50.00 USD" in text


async def test_a_balance_that_is_filled_in_time_is_an_event_and_no_letter(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    account, _ = await funded(db, 10_000, **FUNDS)
    await spend(db, account.id, 20_000)
    till = Till()
    assert await letters(app, till) == []
    assert (till.paid, await lows(db)) == ([25_000], 1)
    await spend(db, account.id, 100)
    assert await letters(app, till) == []


async def test_a_decline_is_told_once_with_what_comes_of_it(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    account, _ = await funded(db, 10_000, **FUNDS)
    await spend(db, account.id, 20_000)
    till = Till(answer=lambda _charge: PaymentStatus.FAILED)
    found = {template: text for template, _, text in await letters(app, till)}
    assert found.keys() == {"payment_failed", "balance_low"}
    for words in ("Visa 4242 could not be charged 250.00 USD", "The card's bank declined it.", account.number):
        assert words in found["payment_failed"]
    again = datetime.now(UTC) + timedelta(hours=6)
    assert any(
        f"again on {at:%Y-%m-%d %H:%M} UTC" in found["payment_failed"] for at in (again, again - timedelta(minutes=1))
    )
    await spend(db, account.id, 100)
    assert (await letters(app, till), len(till.taken)) == ([], 1)


async def test_a_provider_that_is_down_is_not_told_but_the_balance_is(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    account, _ = await funded(db, 10_000, autopayment_mode=AutopaymentMode.AUTO_REPAY)
    await spend(db, account.id, 10_001)
    async with db.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("DELETE FROM jobs.pgqueuer WHERE entrypoint = 'autopayment'")
    assert [one[0] for one in await letters(app, down())] == ["balance_low"]


async def test_what_was_removed_or_paid_since_is_written_as_it_is_then(
    client: httpx.AsyncClient, app: Starlette, db: Database
) -> None:
    account, card = await funded(db, 10_000, **FUNDS)
    payments = []
    for failure in ("PAYMENT_ACTION_REQUIRED", None):
        status = "FAILED" if failure else "SUCCEEDED"
        payments.append(await make_payment(db, account, card, status, failure))
    async with db.write() as session:
        await session.delete(await session.get_one(PaymentMethod, card.id))
    await queue(db, *payments)
    ((_, _, text),) = await letters(app)
    assert "A card that has been removed since could not be charged 20.00 USD" in " ".join(text.split())
    assert "confirmed by the card's holder" in text


async def make_payment(db: Database, account: Account, card: PaymentMethod, status: str, failure: str | None) -> UUID:
    """A charge of autopayment that has ended."""
    values: dict[str, Any] = {"status": status, "failure": failure, "amount_minor": 2_000, "currency": "USD"}
    made = await factories.add(
        db, Payment, account_id=account.id, cause="AUTO_ADD_FUNDS", payment_method_id=card.id, **values
    )
    return made.id


async def queue(db: Database, *payments: UUID) -> None:
    """Ask for a letter about each."""
    async with db.write() as session:
        for payment_id in payments:
            payload = {"template": "payment_failed", "payment_id": str(payment_id)}
            await enqueue(session, JobKind.BILLING_LETTER, payload)


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ((31, 30, 29, 8, 7, 6, 0, -1), [30, 7]),
        ((20, 19, 7), [20, 7]),
        ((3, 2, 1), [3]),
        ((-1, -2), []),
    ],
)
async def test_a_card_is_told_of_thirty_and_seven_days_before_it_expires(
    client: httpx.AsyncClient, app: Starlette, db: Database, days: tuple[int, ...], told: list[int]
) -> None:
    account = await factories.account(db)
    await make_card(db, account.id, brand="Visa", last4="4242", expires_on=date(2026, 12, 31))
    found = []
    for before in days:
        at = datetime(2026, 12, 31, 12, tzinfo=UTC) - timedelta(days=before)
        await expiring_cards.remind(db, portal_of(app).authority, at)
        sent = await letters(app)
        found += [before] * len(sent)
        for template, to, text in sent:
            assert (template, to) == ("card_expires", account.billing_contact_email)
            assert f"Visa 4242, which account {account.number} pays with, is good until 2026-12-31." in text
    assert found == told


async def test_workers_at_once_remind_once_and_a_renewed_card_is_told_of_again(
    client: httpx.AsyncClient, app: Starlette, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring_cards, "AT_ONCE", 2)
    account = await factories.account(db, time_zone="Pacific/Kiritimati")
    cards = [await make_card(db, account.id, expires_on=date(2026, 12, 24), is_default=False) for _ in range(5)]
    authority = portal_of(app).authority
    early = datetime(2026, 11, 23, 9, tzinfo=UTC)
    await expiring_cards.remind(db, authority, early)
    assert await letters(app) == []
    await asyncio.gather(*(expiring_cards.remind(db, authority, early + timedelta(hours=1)) for _ in range(4)))
    await expiring_cards.remind(db, authority, early + timedelta(hours=2))
    assert len(await letters(app)) == 5
    async with db.write() as session:
        (await session.get_one(PaymentMethod, cards[0].id)).expires_on = date(2026, 12, 20)
    await expiring_cards.remind(db, authority, early + timedelta(hours=2))
    assert len(await letters(app)) == 1
    async with db.write() as session:
        assert await reminders.tell(session, early + timedelta(hours=3), 10) == []


async def test_one_run_reminds_of_so_many_cards_and_the_next_goes_on(
    client: httpx.AsyncClient, app: Starlette, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring_cards, "AT_ONCE", 1)
    monkeypatch.setattr(expiring_cards, "MOST_BATCHES", 2)
    account = await factories.account(db)
    for _ in range(3):
        await make_card(db, account.id, expires_on=date(2026, 12, 24), is_default=False)
    sent = []
    for _ in range(2):
        await expiring_cards.remind(db, portal_of(app).authority, NOON)
        sent.append(len(await letters(app)))
    assert sent == [2, 1]
