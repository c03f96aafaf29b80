"""Histories of money, made by chance: what is done at once, about which account, and what came of it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from sqlalchemy.exc import DBAPIError

from models.autopayment import Caps
from models.db import Database
from models.enums import AccountKind, AutopaymentMode, PaymentStatus
from models.kinds import LedgerCause, LedgerKind, PaymentCause
from models.queries import ledger
from models.queries.ledger import Draft
from models.tables import LicenseType, Payment
from resolvers import autopayment
from resolvers.booking import book
from resolvers.ports import Charge, Outcome
from resolvers.renewing import renew
from resolvers.settling import settle
from schema.ids import encode
from tests import factories
from tests.access.people import make_login, make_session
from tests.client import post
from tests.funding import fund
from tests.ledger.steps import DONE, NOTHING, PERHAPS, Change, Effect, Round, Step
from tests.money.cards import make_card
from tests.money.providers import Till

TRANSFER = """mutation ($input: TransferFundsInput!, $key: String!) {
  transferFunds(input: $input) @idempotent(key: $key) { userErrors { code } } }"""
ORDER = """mutation ($input: OrderLicensesInput!, $key: String!) {
  orderLicenses(input: $input) @idempotent(key: $key) { userErrors { code } } }"""
DELETE = """mutation ($input: DeleteLicensesInput!, $key: String!) {
  deleteLicenses(input: $input) @idempotent(key: $key) { userErrors { code } } }"""
REFUSED = {"INSUFFICIENT_FUNDS"}
CUT_OFF, LATER = "INTERNAL", "CONFLICT"
CUT_OFF_INSIDE = (DBAPIError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""The last is what a connection says whose server's farewell was read before its end was."""

OPENING = 1_500_000
FIRST_PERIOD = date(2027, 1, 1)
HELD, MOST_KILLS = 1_000, 8
CAPS = Caps(10**9, 10**9, 10**9)
THRESHOLD, TARGET = OPENING - 50_000, OPENING + 7

FUNDS: dict[str, Any] = {
    "autopayment_mode": AutopaymentMode.AUTO_ADD_FUNDS,
    "autopayment_threshold_minor": THRESHOLD,
    "autopayment_target_minor": TARGET,
}
_SERIAL = count(1)


@dataclass
class World:
    """A reseller and two customers, who calls for them, and what came of it so far.

    `watched` is used between rounds alone, so that none of its connections is killed.
    """

    clients: Sequence[httpx.AsyncClient]
    databases: Sequence[Database]
    watched: Database
    token: str
    kind: LicenseType
    accounts: Sequence[UUID]
    pools: Sequence[UUID]
    till: Till = field(default_factory=lambda: Till(answer=_declines_some))
    payments: dict[int, Payment] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    renewed: Counter[UUID] = field(default_factory=Counter)
    perhaps_renewed: Counter[UUID] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)

    async def live(self, history: Sequence[Round], dsn: str) -> None:
        """Go through a history, round by round."""
        serial = count(1)
        for around in history:
            taken = [(step, next(serial)) for step in around.steps]
            for step, place in taken:
                if step.kind == "pay":
                    self.payments[place] = await self._begun(step, place)
            steps = asyncio.gather(*(self._take(step, place) for step, place in taken))
            if around.killing:
                await killing_until_done(steps, dsn)
            await steps
        for account_id in self.accounts:
            await autopayment.run(self.watched, self.till, CAPS, account_id, datetime.now(UTC))

    async def _take(self, step: Step, serial: int) -> None:
        taken: tuple[int, int] = await getattr(self, f"_{step.kind}")(step, serial)
        self.seen[f"{step.kind} {('nothing', 'perhaps', 'done')[sum(taken)]}"] += 1

    async def _transfer(self, step: Step, serial: int) -> tuple[int, int]:
        """Move money to a customer over HTTP."""
        customer = self.accounts[1 + step.place % 2]
        minor = step.size * 100_000 + serial
        amount = {"amount": f"{minor // 100}.{minor % 100:02}", "currency": "USD"}
        given = {"customerId": encode("Customer", customer), "amount": amount}
        times = await self._sent("transferFunds", TRANSFER, given, serial, insists=step.insists)
        self.effects.append(Effect({self.accounts[0]: -minor, customer: minor}, times))
        return times

    async def _order(self, step: Step, serial: int) -> tuple[int, int]:
        """Order licenses, for a customer where it is one's account."""
        customer = {} if step.place == 0 else {"customerId": encode("Customer", self.accounts[step.place])}
        product, kind = encode("Product", self.kind.product_id), encode("LicenseType", self.kind.id)
        given = {**customer, "productId": product, "licenseTypeId": kind, "quantity": serial}
        times = await self._sent("orderLicenses", ORDER, given, serial, insists=step.insists)
        self.changes.append(Change(self.accounts[step.place], serial, times))
        return times

    async def _delete(self, step: Step, serial: int) -> tuple[int, int]:
        """Delete licenses."""
        given = {"licenseId": encode("License", self.pools[step.place]), "quantity": serial}
        times = await self._sent("deleteLicenses", DELETE, given, serial, insists=step.insists)
        self.changes.append(Change(self.accounts[step.place], -serial, times))
        return times

    async def _sent(
        self, name: str, document: str, given: dict[str, Any], serial: int, *, insists: bool
    ) -> tuple[int, int]:
        """Send a mutation with its key. Who insists sends it twice at once, again and again until both are answered."""
        variables = {"input": given, "key": f"{self.accounts[0]} {serial}"}
        ways = [self._answered(name, document, variables, place, insists=insists) for place in range(1 + insists)]
        answered = await asyncio.gather(*ways)
        assert not (DONE in answered and NOTHING in answered), "the second is answered as the first"
        return answered[0]

    async def _answered(
        self, name: str, document: str, variables: dict[str, Any], place: int, *, insists: bool
    ) -> tuple[int, int]:
        """How often it was done, as far as the answer tells."""
        cut_off = False
        for attempt in count(place):
            client = self.clients[attempt % len(self.clients)]
            answer = (await post(client, document, variables, token=self.token)).json()
            codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
            faults = [error["code"] for error in ((answer.get("data") or {}).get(name) or {}).get("userErrors", ())]
            assert set(codes) <= {CUT_OFF}, answer
            if not codes and LATER not in faults:
                assert set(faults) <= REFUSED, answer
                return NOTHING if faults else DONE
            cut_off = cut_off or bool(codes)
            if not insists:
                break
            await asyncio.sleep(0.01)
        return PERHAPS if cut_off else NOTHING

    async def _refund(self, step: Step, serial: int) -> tuple[int, int]:
        """Give money back, as an operator does."""
        account_id, minor = self.accounts[step.place], step.size * 1_000 + serial
        times = DONE
        try:
            async with self.databases[serial % len(self.databases)].write() as session:
                books = (await ledger.hold(session, [account_id]))[account_id]
                draft = Draft(LedgerKind.REFUND, LedgerCause.REFUND, -minor)
                await book(session, books, draft, "operator", datetime.now(UTC))
        except CUT_OFF_INSIDE:
            times = PERHAPS
        self.effects.append(Effect({account_id: -minor}, times))
        return times

    async def _pay(self, step: Step, serial: int) -> tuple[int, int]:
        """Have a payment settled by all who learn that it was paid: the story, a message, the reconciler."""
        payment, callers = self.payments[serial], 3 if step.insists else 1
        settled = await asyncio.gather(*(self._settled(payment.id, serial + more) for more in range(callers)))
        times = DONE if any(settled) else PERHAPS
        self.effects.append(Effect({payment.account_id: payment.amount_minor}, times))
        return times

    async def _begun(self, step: Step, serial: int) -> Payment:
        """A payment whose charge is under way."""
        made = {"amount_minor": step.size * 10_000 + serial, "currency": "USD", "cause": PaymentCause.TOP_UP}
        return await factories.add(self.watched, Payment, account_id=self.accounts[step.place], **made)

    async def _settled(self, payment_id: UUID, place: int) -> bool:
        """Settle a payment once more; False where that was cut off."""
        outcome = Outcome(f"intent {payment_id}", PaymentStatus.SUCCEEDED, None, None)
        with suppress(*CUT_OFF_INSIDE):
            async with self.databases[place % len(self.databases)].write() as session:
                await settle(session, payment_id, outcome, "provider", datetime.now(UTC))
            return True
        return False

    async def _autopay(self, step: Step, serial: int) -> tuple[int, int]:
        """Let autopayment look at an account, as a worker does."""
        database = self.databases[serial % len(self.databases)]
        with suppress(*CUT_OFF_INSIDE):
            await autopayment.run(database, self.till, CAPS, self.accounts[step.place], datetime.now(UTC))
            return DONE
        return PERHAPS

    async def _renew(self, step: Step, serial: int) -> tuple[int, int]:
        """Bill an account up to some month, as a worker does that was down before."""
        account_id, now = self.accounts[step.place], datetime(FIRST_PERIOD.year, step.size, 1, 12, tzinfo=UTC)
        try:
            async with self.databases[serial % len(self.databases)].write() as session:
                await renew(session, (await ledger.hold(session, [account_id]))[account_id], now)
        except CUT_OFF_INSIDE:
            self.perhaps_renewed[account_id] = max(self.perhaps_renewed[account_id], step.size)
            return PERHAPS
        self.renewed[account_id] = max(self.renewed[account_id], step.size)
        return DONE


def _declines_some(charge: Charge) -> PaymentStatus:
    return PaymentStatus.FAILED if charge.amount_minor % 5 == 0 else PaymentStatus.SUCCEEDED


async def killing_until_done(steps: "asyncio.Future[Any]", dsn: str) -> None:
    """End connections of the gateways that are in the middle of something, until nobody needs one any more."""
    watcher = await asyncpg.connect(dsn, server_settings={"application_name": "watcher"})
    kill = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'gateway'
            AND state IN ('active', 'idle in transaction')
        ORDER BY random() LIMIT 1
    """
    for _ in range(MOST_KILLS):
        await asyncio.wait([steps], timeout=0.008)
        if steps.done():
            break
        await watcher.execute(kill)
    await asyncio.wait([steps])
    await watcher.close()


def _customer() -> str:
    """An account as the provider names it."""
    return f"cus_{next(_SERIAL)}"


async def world(db: Database, clients: Sequence[httpx.AsyncClient], databases: Sequence[Database]) -> World:
    """New accounts, each with some money, a card, and some licenses that are billed monthly."""
    reseller = await factories.account(db, kind=AccountKind.RESELLER, provider_customer=_customer(), **FUNDS)
    customers = [
        await factories.account(db, reseller_id=reseller.id, provider_customer=_customer(), **FUNDS) for _ in range(2)
    ]
    kind, pools = await factories.license_type(db, "kernelcare"), []
    for account in (reseller, *customers):
        await fund(db, account.id, OPENING)
        await make_card(db, account.id)
        held = await factories.subscription(db, account.id, kind.product_id, renews_at=FIRST_PERIOD)
        pools.append((await factories.pool(db, held, kind, quantity=HELD)).id)
    login = await make_login(db, reseller.id, email=f"history-{next(_SERIAL)}@example.com")
    token = (await make_session(db, login)).text
    accounts = [reseller.id, *(customer.id for customer in customers)]
    return World(clients, databases, db, token, kind, accounts, pools)
