"""Autopayment's charges: what the rule calls for, once, whoever asks, however often, and whatever is cut off."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.autopayment import Caps
from models.db import Database
from models.enums import AutopaymentMode, PaymentStatus
from models.kinds import LedgerCause, LedgerKind
from models.queries import auditing_ledger, ledger
from models.queries.ledger import Draft
from models.tables import Account, PaymentMethod
from resolvers import autopayment
from resolvers.booking import book
from resolvers.charging import KEY_GOOD_FOR
from resolvers.ports import Outcome, PaymentProvider, ProviderUnavailable
from resolvers.settling import settle
from tests import factories
from tests.funding import fund
from tests.money.cards import make_card
from tests.money.providers import Killed, Till, down

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FUNDS = {
    "autopayment_mode": AutopaymentMode.AUTO_ADD_FUNDS,
    "autopayment_threshold_minor": 10_000,
    "autopayment_target_minor": 15_000,
}
FAILED, PENDING, SUCCEEDED = PaymentStatus.FAILED, PaymentStatus.PENDING, PaymentStatus.SUCCEEDED


async def indebted(db: Database, owed: int = 1_500, **values: Any) -> tuple[Account, PaymentMethod]:
    """An account on auto repay that owes something, with its card."""
    defaults = {"autopayment_mode": AutopaymentMode.AUTO_REPAY, "provider_customer": "cus_1"}
    account = await factories.account(db, **(defaults | values))
    await fund(db, account.id, -owed, NOW - timedelta(days=1))
    return account, await make_card(db, account.id)


async def run(
    db: Database, till: PaymentProvider, account_id: UUID, now: datetime = NOW, caps: Caps | None = None
) -> bool:
    return await autopayment.run(db, till, caps or Caps(), account_id, now)


async def spend(db: Database, account_id: UUID, minor: int) -> None:
    """Book an invoice."""
    async with db.write() as session:
        books = (await ledger.hold(session, [account_id]))[account_id]
        draft = Draft(LedgerKind.INVOICE, LedgerCause.ORDER, minor, NOW.date().replace(day=1))
        await book(session, books, draft, "a test", NOW)


async def payments(db: Database) -> list[tuple[str, int, str | None]]:
    """Every charge of autopayment: its state, its amount, and why it failed."""
    async with db.read() as reader:
        found = await reader.fetch(
            "SELECT status, amount_minor, failure FROM payments WHERE cause <> 'TOP_UP' ORDER BY created_at, id"
        )
    return [(row["status"], row["amount_minor"], row["failure"]) for row in found]


async def balance(db: Database, account_id: UUID) -> int:
    """What the account holds; the ledger adds up."""
    async with db.read() as reader:
        assert (await auditing_ledger.verify(reader)).broken == ()
        (row,) = await reader.fetch("SELECT balance_minor FROM accounts WHERE id = $1", account_id)
    found: int = row["balance_minor"]
    return found


async def jobs(db: Database, kind: str) -> int:
    """How many jobs of a kind wait."""
    async with db.read() as reader:
        (row,) = await reader.fetch("SELECT count(*) AS count FROM jobs.pgqueuer WHERE entrypoint = $1", kind)
    found: int = row["count"]
    return found


@pytest.mark.parametrize(("owed", "charged"), [(1_500, 2_000), (13_420, 13_420), (1, 2_000)])
async def test_a_debt_is_repaid_once(db: Database, owed: int, charged: int) -> None:
    account, card = await indebted(db, owed)
    till = Till()
    await run(db, till, account.id)
    await run(db, till, account.id)
    ((charge, _),) = till.taken.values()
    assert (charge.method, charge.customer, charge.currency) == (card.provider_reference, "cus_1", "USD")
    assert not charge.attended
    assert till.paid == [charged]
    assert await payments(db) == [("SUCCEEDED", charged, None)]
    assert await balance(db, account.id) == charged - owed


async def test_funds_are_added_up_to_the_target_with_the_card_that_is_named(db: Database) -> None:
    account = await factories.account(db, provider_customer="cus_1", **FUNDS)
    await make_card(db, account.id)
    named = await make_card(db, account.id, is_default=False)
    async with db.write() as session:
        (await session.get_one(Account, account.id)).autopayment_method_id = named.id
    await fund(db, account.id, 9_999)
    till = Till()
    await run(db, till, account.id)
    assert [(charge.amount_minor, charge.method) for charge, _ in till.taken.values()] == [
        (5_001, named.provider_reference)
    ]
    assert await balance(db, account.id) == 15_000


@pytest.mark.parametrize(
    "values",
    [
        {"autopayment_mode": AutopaymentMode.OFF},
        {
            "autopayment_mode": AutopaymentMode.AUTO_ADD_FUNDS,
            **{k: v for k, v in FUNDS.items() if "minor" in k},
            "owed": -10_000,
        },
        {"provider_customer": None},
        {"owed": -1},
    ],
)
async def test_nothing_is_charged_where_nothing_is_due(db: Database, values: dict[str, Any]) -> None:
    owed = values.pop("owed", 1_500)
    account, _ = await indebted(db, owed, **values)
    till = Till()
    await run(db, till, account.id)
    assert till.calls == 0
    assert await payments(db) == []


async def test_without_a_card_nothing_is_charged(db: Database) -> None:
    account, card = await indebted(db)
    async with db.write() as session:
        await session.delete(await session.get_one(PaymentMethod, card.id))
    await run(db, Till(), account.id)
    assert await payments(db) == []


async def test_a_locked_account_pays_and_is_unlocked(db: Database) -> None:
    account, _ = await indebted(db, state="LOCKED")
    await run(db, Till(), account.id)
    async with db.read() as reader:
        (row,) = await reader.fetch("SELECT state, in_debt_since FROM accounts")
        audit = await reader.fetch("SELECT action, actor, changes->>'state' AS state FROM audit_events ORDER BY action")
    assert (row["state"], row["in_debt_since"]) == ("ACTIVE", None)
    assert [(one["action"], one["actor"], one["state"]) for one in audit] == [
        ("account.unlocked", "portal", '["LOCKED", "ACTIVE"]'),
        ("payment.succeeded", "autopayment", None),
    ]


async def test_workers_at_once_charge_once(db: Database) -> None:
    account, _ = await indebted(db, 13_420)
    till = Till()
    await asyncio.gather(*(run(db, till, account.id) for _ in range(12)))
    assert till.paid == [13_420]
    assert await balance(db, account.id) == 0


KILLS: dict[str, Callable[[Till, pytest.MonkeyPatch], None]] = {}


def cut_off_at(name: str) -> Callable[[Callable[[Till, pytest.MonkeyPatch], None]], None]:
    """Name a way of dying."""

    def named(how: Callable[[Till, pytest.MonkeyPatch], None]) -> None:
        KILLS[name] = how

    return named


@cut_off_at("before the charge")
def _before(till: Till, _patch: pytest.MonkeyPatch) -> None:
    till.before = Killed()


@cut_off_at("after the charge")
def _after(till: Till, _patch: pytest.MonkeyPatch) -> None:
    till.after = Killed()


@cut_off_at("while the intent is recorded")
def _intending(_till: Till, patch: pytest.MonkeyPatch) -> None:
    def die(*_given: object) -> None:
        raise Killed

    patch.setattr(autopayment, "_charge", die)


@cut_off_at("before the booking is committed")
def _settling(_till: Till, patch: pytest.MonkeyPatch) -> None:
    async def settle_and_die(*given: Any) -> None:
        await settle(*given)
        raise Killed

    patch.setattr(autopayment, "settle", settle_and_die)


@pytest.mark.parametrize("where", KILLS)
async def test_whoever_comes_after_a_killed_worker_charges_no_second_time(
    db: Database, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    account, _ = await indebted(db, 13_420)
    till = Till()
    with monkeypatch.context() as patch:
        KILLS[where](till, patch)
        with pytest.raises(Killed):
            await run(db, till, account.id)
    till.before = till.after = None
    assert await balance(db, account.id) == -13_420
    await asyncio.gather(*(run(db, till, account.id, NOW + timedelta(minutes=1)) for _ in range(4)))
    assert till.paid == [13_420]
    assert await payments(db) == [("SUCCEEDED", 13_420, None)]
    assert await balance(db, account.id) == 0


async def test_a_provider_that_is_down_is_no_decline(db: Database) -> None:
    account, _ = await indebted(db)
    for till in (down(), down()):
        with pytest.raises(ProviderUnavailable):
            await run(db, till, account.id)
    assert await payments(db) == [("PENDING", 2_000, None)]
    assert await jobs(db, "billing_letter") == 0
    till = Till()
    await run(db, till, account.id, NOW + timedelta(hours=2))
    assert (till.paid, await payments(db)) == ([2_000], [("SUCCEEDED", 2_000, None)])


async def test_a_charge_that_nobody_answers_for_is_not_sent_again_once_its_key_is_forgotten(db: Database) -> None:
    account, _ = await indebted(db)
    with pytest.raises(ProviderUnavailable):
        await run(db, down(), account.id)
    till = Till()
    assert not await run(db, till, account.id, NOW + KEY_GOOD_FOR)
    assert (till.calls, await payments(db)) == (0, [("PENDING", 2_000, None)])


async def test_a_charge_with_a_card_that_is_gone_is_not_sent_with_another(db: Database) -> None:
    account, card = await indebted(db)
    with pytest.raises(ProviderUnavailable):
        await run(db, down(), account.id)
    await make_card(db, account.id, is_default=False)
    async with db.write() as session:
        await session.delete(await session.get_one(PaymentMethod, card.id))
    till = Till()
    await run(db, till, account.id)
    assert till.calls == 0


async def test_a_charge_under_way_keeps_out_others_until_it_has_ended(db: Database) -> None:
    account, _ = await indebted(db)
    till = Till(answer=lambda _charge: PENDING)
    await run(db, till, account.id)
    await spend(db, account.id, 3_000)
    await run(db, till, account.id, NOW + timedelta(days=2))
    assert (len(till.taken), await payments(db)) == (1, [("PENDING", 2_000, None)])
    till.ends(SUCCEEDED)
    till.answer = lambda _charge: SUCCEEDED
    await run(db, till, account.id, NOW + timedelta(days=2))
    assert till.paid == [2_000, 2_500]
    assert await balance(db, account.id) == 0


async def test_what_only_the_cards_holder_could_confirm_is_given_up(db: Database) -> None:
    account, _ = await indebted(db)
    till = Till(answer=lambda _charge: PaymentStatus.REQUIRES_ACTION)
    await run(db, till, account.id)
    assert await payments(db) == [("FAILED", 2_000, "PAYMENT_ACTION_REQUIRED")]
    assert [outcome.status for _, outcome in till.taken.values()] == [FAILED]


async def test_a_declined_card_is_left_in_peace_twice_as_long_each_time(db: Database) -> None:
    account, _ = await indebted(db)
    till = Till(answer=lambda _charge: FAILED)
    tried: list[float] = []
    for hours in range(0, 48, 3):
        before = len(till.taken)
        await run(db, till, account.id, NOW + timedelta(hours=hours))
        tried += [hours] * (len(till.taken) - before)
    assert tried == [0, 6, 18, 42]
    assert await payments(db) == [("FAILED", 2_000, "PAYMENT_DECLINED")] * 4
    assert await jobs(db, "billing_letter") == 4
    assert await balance(db, account.id) == -1_500


async def test_another_card_is_charged_at_once_and_a_success_ends_the_pauses(db: Database) -> None:
    account, card = await indebted(db)
    await run(db, Till(answer=lambda _charge: FAILED), account.id)
    other = await make_card(db, account.id, is_default=False)
    async with db.write() as session:
        (await session.get_one(Account, account.id)).autopayment_method_id = other.id
    till = Till()
    await run(db, till, account.id, NOW + timedelta(minutes=1))
    assert till.paid == [2_000]
    async with db.write() as session:
        (await session.get_one(Account, account.id)).autopayment_method_id = card.id
    await spend(db, account.id, 600)
    await run(db, till, account.id, NOW + timedelta(hours=7))
    await spend(db, account.id, 3_000)
    await run(db, Till(answer=lambda _charge: FAILED), account.id, NOW + timedelta(hours=8))
    await run(db, till, account.id, NOW + timedelta(hours=14))
    assert (till.paid, await balance(db, account.id)) == ([2_000, 2_000, 2_000], 900)


async def test_a_day_is_bounded_in_sum_and_number(db: Database) -> None:
    account, _ = await indebted(db, 10_000)
    till, caps = Till(), Caps(daily_minor=6_000, daily_charges=3)
    await run(db, till, account.id, caps=caps)
    assert (till.paid, await balance(db, account.id)) == ([6_000], -4_000)
    await run(db, till, account.id, NOW + timedelta(hours=23), caps)
    assert till.paid == [6_000]
    for hour in range(3):
        await run(db, till, account.id, NOW + timedelta(hours=25 + hour), caps)
        await spend(db, account.id, 500)
    assert till.paid == [6_000, 4_000, 2_000]
    await run(db, till, account.id, NOW + timedelta(hours=28), Caps(daily_charges=2))
    assert till.paid == [6_000, 4_000, 2_000]


async def test_a_late_success_of_what_had_failed_is_booked(db: Database) -> None:
    account, _ = await indebted(db)
    till = Till(answer=lambda _charge: FAILED)
    await run(db, till, account.id)
    async with db.read() as reader:
        (row,) = await reader.fetch("SELECT id FROM payments WHERE cause = 'AUTO_REPAY'")
    for outcome in (Outcome("pi_1", PENDING), Outcome("pi_1", SUCCEEDED), Outcome("pi_1", FAILED, "INVALID")) * 2:
        async with db.write() as session:
            await settle(session, row["id"], outcome, "a message", NOW)
    assert await payments(db) == [("SUCCEEDED", 2_000, None)]
    assert await balance(db, account.id) == 500


async def test_bookings_ask_for_a_charge_and_so_does_whoever_looks_again(db: Database) -> None:
    account, _ = await indebted(db, -1_000)
    await indebted(db, -1_000, provider_customer="cus_2")
    assert await autopayment.ask_waiting(db, NOW) == 0
    await spend(db, account.id, 900)
    assert await jobs(db, "autopayment") == 0
    await spend(db, account.id, 900)
    await spend(db, account.id, 900)
    assert await jobs(db, "autopayment") == 1
    assert await autopayment.ask_waiting(db, NOW) == 1
    assert await jobs(db, "autopayment") == 1
    await run(db, Till(answer=lambda _charge: FAILED), account.id)
    assert await autopayment.ask_waiting(db, NOW + timedelta(hours=5)) == 0
    assert await autopayment.ask_waiting(db, NOW + timedelta(hours=7)) == 1
    other = await make_card(db, account.id, is_default=False)
    async with db.write() as session:
        (await session.get_one(Account, account.id)).autopayment_method_id = other.id
    assert await autopayment.ask_waiting(db, NOW + timedelta(hours=5)) == 1


async def test_the_demos_accounts_stay_as_they_are_described(demo_db: Database) -> None:
    async with demo_db.read() as reader:
        await reader.fetch("UPDATE accounts SET provider_customer = coalesce(provider_customer, number)")
        found = await reader.fetch("SELECT id FROM accounts WHERE autopayment_mode <> 'OFF'")
    till = Till()
    for row in found:
        await run(demo_db, till, row["id"], datetime.now(UTC))
    assert len(found) >= 3
    assert till.calls == 0


async def test_all_accounts_are_looked_through_in_batches(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autopayment, "ACCOUNTS_AT_ONCE", 1)
    made = [(await indebted(db, provider_customer=f"cus_{place}"))[0] for place in range(3)]
    with pytest.raises(ProviderUnavailable):
        await run(db, down(), made[0].id)
    async with db.write() as session:
        (await session.get_one(Account, made[0].id)).autopayment_mode = AutopaymentMode.OFF
    assert await autopayment.ask_waiting(db, NOW) == 3
    assert await jobs(db, "autopayment") == 3
    monkeypatch.setattr(autopayment, "MOST_BATCHES", 2)
    assert await autopayment.ask_waiting(db, NOW) == 2
