"""A year of invoices and payments for one account, told in the order of time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from gateway.demo.books import Books, Line
from gateway.demo.keys import Pool
from gateway.demo.stage import Tenant
from models import tables
from models.autopayment import tries_again_at
from models.enums import BillingCycle
from models.periods import period_after, period_of
from models.pricing import billed_for, prorated

RENEWAL = time(0, 5)
UNPAID = timedelta(days=75)
"""A locked account has paid nothing for so long."""

DEBT_AGE = timedelta(days=9)
ROUND_TOP_UP = 5_000
GROWTH = ((timedelta(days=100), 200), (timedelta(days=5), 10))
"""When the reseller ordered further licenses of its first holding, and how many."""

TRANSFERRED, OVERPAID, TRIED = 5_000, 20_000, 10_000
DECLINED = "0341"
"""The last digits of a test card whose charges are declined."""

CLIENT_SECRET = "demo_client_secret"  # noqa: S105 (of a payment that no provider knows)
TRANSFER_AGE, OVERPAID_AGE, REFUND_AGE = timedelta(days=130), timedelta(days=152), timedelta(days=151)

Step = tuple[datetime, Callable[[datetime], object]]


@dataclass(slots=True)
class Bookkeeper:
    """Turns what an account holds into steps: orders, renewals, payments."""

    tenant: Tenant
    books: Books
    pools: list[Pool]
    steps: list[Step] = field(default_factory=list)

    def line(self, pool: Pool, quantity: int, day: date, *, added: int | None = None) -> Line:
        """Bill a whole period of so many units or, from a day on, the part of it that is left for those added."""
        unit = pool.offer.unit_minor(pool.holding.cycle, self.tenant.profile.currency, quantity)
        cycle, billed = BillingCycle[pool.holding.cycle], quantity if added is None else added
        whole = unit * billed
        return Line(
            offer=pool.offer,
            description=billed_for(pool.offer.name, day, cycle, rest=added is not None),
            quantity=billed,
            unit_minor=unit,
            amount_minor=whole if added is None else prorated(whole, day, cycle),
            period=period_of(day, cycle) if added is None else None,
        )

    def renewal(self, pool: Pool, at: datetime, first: date) -> Line:
        """Bill a whole period of what is held then, for the servers that are registered then."""
        servers = [server for server in pool.registered if server[2] < at]
        return replace(self.line(pool, self.held(pool, at), first), servers=servers)

    def held(self, pool: Pool, at: datetime) -> int:
        """Tell how many units were held at a time."""
        later = sum(added for age, added in self._growth(pool) if self.tenant.stage.now - age > at)
        return pool.quantity - later

    def _growth(self, pool: Pool) -> tuple[tuple[timedelta, int], ...]:
        return GROWTH if self.tenant.profile.kind == "RESELLER" and pool is self.pools[0] else ()

    def plan(self) -> None:
        """Lay down every step up to now."""
        for pool in self.pools:
            pool.registered.sort()
        opening = self.tenant.start + timedelta(hours=1)
        day = opening.astimezone(self.tenant.zone).date()
        for cycle in ("MONTHLY", "YEARLY"):
            held = [(pool, self.held(pool, opening)) for pool in self.pools if pool.holding.cycle == cycle]
            lines = [self.line(pool, units, day, added=units) for pool, units in held if units]
            self._charge(opening + timedelta(minutes=len(cycle)), period_of(day, BillingCycle[cycle]), lines)
        for at, first in self._renewals(day):
            due = [pool for pool in self.pools if pool.holding.cycle == "MONTHLY" or first.month == 1]
            self._charge(at, first, [self.renewal(pool, at, first) for pool in due if self.held(pool, at)])
        for pool in self.pools:
            for age, added in self._growth(pool):
                at = self.tenant.stage.now - age
                day = at.astimezone(self.tenant.zone).date()
                line = self.line(pool, self.held(pool, at), day, added=added)
                self._charge(at, period_of(day, BillingCycle[pool.holding.cycle]), [line])

    def _renewals(self, day: date) -> Iterator[tuple[datetime, date]]:
        while True:
            day = period_after(day, BillingCycle.MONTHLY)
            at = datetime.combine(day, RENEWAL, self.tenant.zone).astimezone(self.tenant.stage.now.tzinfo)
            if at >= self.tenant.stage.now - timedelta(minutes=10):
                return
            yield at, day

    def _charge(self, at: datetime, period: date, lines: list[Line]) -> None:
        if not lines:
            return
        paid = self.tenant.profile.state == "ACTIVE" or at < self.tenant.stage.now - UNPAID
        if self.tenant.profile.autopayment == "OFF" and paid:
            self.steps.append((at - timedelta(minutes=30), lambda when: self._top_up(when, self.books.total(lines))))
        self.steps.append((at, lambda when: self.books.charge(when, period, lines)))
        self.steps.append((at + timedelta(minutes=2), self.books.settle))

    def _top_up(self, at: datetime, needed: int) -> None:
        short = needed - self.books.balance
        if short > 0:
            self.books.receive(at, -(-short // ROUND_TOP_UP) * ROUND_TOP_UP, "TOP_UP")

    def end_in_debt(self, ends: int) -> None:
        """Have a recent refund leave a debt whose repayment is declined, as often as it was tried.

        It is too young to lock the account, and the card is left in peace for now: the debt stays for whoever looks.
        """
        settled = max(at for at, _ in self.steps)
        at = max(settled + timedelta(minutes=2), self.tenant.stage.now - DEBT_AGE)
        self.steps.append((at, lambda when: self.books.move(when, ends - self.books.balance, "REFUND")))
        declines, tried = 0, at + timedelta(minutes=2)
        while tried < self.tenant.stage.now:
            self.steps.append((tried, self.books.decline))
            declines += 1
            tried = tries_again_at(tried, declines)

    def run(self) -> None:
        """Take the steps in the order of time."""
        for at, step in sorted(self.steps, key=lambda step: step[0]):
            step(at)


def bill(tenant: Tenant, pools: list[Pool]) -> Books:
    """Invent an account's billing history; its payment methods come with it."""
    books = Books(tenant, add_methods(tenant))
    keeper = Bookkeeper(tenant, books, pools)
    keeper.plan()
    if tenant.profile.ends_minor is not None:
        keeper.end_in_debt(tenant.profile.ends_minor)
    if tenant.profile.kind == "RESELLER":
        add_incidents(tenant, keeper)
    elif tenant.profile.slug == "workshop":
        keeper.steps.append((tenant.stage.now - TRANSFER_AGE, lambda at: books.move(at, TRANSFERRED, "TRANSFER")))
    keeper.run()
    return books


def add_incidents(tenant: Tenant, keeper: Bookkeeper) -> None:
    """Add what the reseller's year had besides: a refund, a transfer, and payments in every state."""
    books, now = keeper.books, tenant.stage.now
    keeper.steps += [
        (now - OVERPAID_AGE, lambda at: books.receive(at, OVERPAID, "TOP_UP")),
        (now - REFUND_AGE, lambda at: books.move(at, -OVERPAID, "REFUND")),
        (now - REFUND_AGE + timedelta(minutes=2), books.settle),
        (now - TRANSFER_AGE, lambda at: books.move(at, -TRANSFERRED, "TRANSFER")),
        (now - TRANSFER_AGE + timedelta(minutes=2), books.settle),
        *_attempts(books, now),
    ]


def _attempts(books: Books, now: datetime) -> list[Step]:
    """Lay down top-ups that booked nothing: a declined one, one that waits for its owner, one under way."""
    return [
        (
            now - timedelta(days=60),
            lambda at: books.attempt(at, TRIED, "TOP_UP", "FAILED", failure="PAYMENT_DECLINED"),
        ),
        (
            now - timedelta(hours=1),
            lambda at: books.attempt(at, TRIED, "TOP_UP", "REQUIRES_ACTION", client_secret=CLIENT_SECRET),
        ),
        (now - timedelta(minutes=5), lambda at: books.attempt(at, TRIED, "TOP_UP", "PENDING")),
    ]


def add_methods(tenant: Tenant) -> UUID:
    """Add an account's cards, and tell the default one's id."""
    cards = [("Visa", DECLINED if tenant.profile.ends_minor is not None else "4242")]
    if tenant.profile.kind == "RESELLER":
        cards.append(("Mastercard", "4444"))
    made = tenant.start + timedelta(minutes=30)
    ids = [tenant.chance.id_at(made) for _ in cards]
    for place, (brand, last4) in enumerate(cards):
        tenant.stage.rows.add(
            tables.PaymentMethod,
            id=ids[place],
            account_id=tenant.id,
            brand=brand,
            last4=last4,
            expires_on=date(tenant.stage.now.year + 3, 12, 31),
            is_default=place == 0,
            provider_reference=f"demo_pm_{tenant.number}_{place + 1}",
            created_at=made,
        )
    return ids[0]
