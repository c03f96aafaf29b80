"""One account's money in the order of time: what is issued and booked always agrees with the balance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from gateway.demo.catalogue import Offer
from gateway.demo.stage import Tenant
from models import tables
from models.autopayment import DEFAULT_THRESHOLD_MINOR, Rule, due
from models.enums import AutopaymentMode
from models.queries.documents import MOST_NAMES_OF_LINE
from resolvers.taxing import taxed

THRESHOLD_MINOR, TARGET_MINOR = DEFAULT_THRESHOLD_MINOR, 15_000
ACTOR = "demo"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice; `period` and the servers behind it where it bills a whole one."""

    offer: Offer
    description: str
    quantity: int
    unit_minor: int
    amount_minor: int
    period: date | None
    servers: Sequence[tuple[str, UUID, datetime]] = ()


class Books:
    """Issues documents, books entries and settles by autopayment. Whoever calls does so in the order of time."""

    def __init__(self, tenant: Tenant, method_id: UUID) -> None:
        self._tenant = tenant
        self.method_id = method_id
        self.balance = 0
        self.documents = 0
        self.payments = 0
        self.last_document: UUID | None = None

    def total(self, lines: Sequence[Line]) -> int:
        """Tell what an invoice over these lines comes to, with tax."""
        subtotal = sum(line.amount_minor for line in lines)
        return subtotal + self._tax(subtotal)

    def charge(self, at: datetime, period: date, lines: Sequence[Line]) -> None:
        """Issue an invoice and book it."""
        subtotal = sum(line.amount_minor for line in lines)
        total = self.total(lines)
        invoice_id = self._issue(at, "INVOICE", period, subtotal, total)
        for position, line in enumerate(lines, start=1):
            self._add_line(at, invoice_id, position, line)
        cause = "RENEWAL" if any(line.period for line in lines) else "ORDER"
        self._book(at, -total, "INVOICE", cause, invoice_id)

    def receive(self, at: datetime, amount: int, cause: str) -> None:
        """Book a payment that succeeded, and issue its receipt."""
        invoice_id = self._issue(at, "PAYMENT_RECEIVED", None, amount, amount)
        payment_id = self.attempt(at, amount, cause, "SUCCEEDED", invoice_id=invoice_id)
        self._book(at, amount, "PAYMENT", cause, invoice_id, payment_id)

    def move(self, at: datetime, amount: int, kind: str) -> None:
        """Book a refund (negative) or a transfer (either way), and issue its receipt."""
        self._book(at, amount, kind, kind, self._issue(at, "PAYMENT_RECEIVED", None, amount, amount))

    def settle(self, at: datetime) -> None:
        """Charge what the account's autopayment would."""
        amount = due(self._rule, self.balance)
        if amount:
            self.receive(at, amount, self._rule.mode.name)

    def decline(self, at: datetime) -> None:
        """Have what autopayment would charge declined."""
        self.attempt(at, due(self._rule, self.balance), self._rule.mode.name, "FAILED", failure="PAYMENT_DECLINED")

    @property
    def _rule(self) -> Rule:
        return Rule(AutopaymentMode[self._tenant.profile.autopayment], THRESHOLD_MINOR, TARGET_MINOR)

    def attempt(
        self,
        at: datetime,
        amount: int,
        cause: str,
        status: str,
        *,
        failure: str | None = None,
        client_secret: str | None = None,
        invoice_id: UUID | None = None,
    ) -> UUID:
        """Record a charge, whatever came of it."""
        self.payments += 1
        payment_id = self._tenant.chance.id_at(at)
        self._tenant.stage.rows.add(
            tables.Payment,
            id=payment_id,
            account_id=self._tenant.id,
            status=status,
            amount_minor=amount,
            currency=self._tenant.profile.currency,
            client_secret=client_secret,
            failure=failure,
            invoice_id=invoice_id,
            payment_method_id=self.method_id,
            provider_reference=f"demo_pi_{self._tenant.number}_{self.payments}",
            cause=cause,
            created_at=at - timedelta(seconds=20),
        )
        return payment_id

    def _tax(self, subtotal: int) -> int:
        rate = self._tenant.tax_rate
        return 0 if rate is None else taxed(subtotal, rate)

    def _issue(self, at: datetime, kind: str, period: date | None, subtotal: int, total: int) -> UUID:
        tenant, profile = self._tenant, self._tenant.profile
        self.documents += 1
        invoice_id = tenant.chance.id_at(at)
        tenant.stage.rows.add(
            tables.Invoice,
            id=invoice_id,
            account_id=tenant.id,
            sequence=self.documents,
            number=f"{tenant.number}-{self.documents}",
            created_at=at,
            type=kind,
            pay_period=period,
            subtotal_minor=subtotal,
            tax_minor=total - subtotal,
            tax_rate=tenant.tax_rate if kind == "INVOICE" else None,
            total_minor=total,
            balance_minor=self.balance + (-total if kind == "INVOICE" else total),
            currency=profile.currency,
            billed_name=profile.company,
            billed_address=f"1 Example Street, 00001 Sampletown, {profile.country}",
            billed_vat_number=tenant.vat_number,
        )
        self.last_document = invoice_id
        return invoice_id

    def _add_line(self, at: datetime, invoice_id: UUID, position: int, line: Line) -> None:
        self._tenant.stage.rows.add(
            tables.InvoiceLine,
            id=self._tenant.chance.id_at(at),
            account_id=self._tenant.id,
            invoice_id=invoice_id,
            position=position,
            description=line.description,
            product_id=line.offer.product_id,
            license_type_id=line.offer.id,
            quantity=line.quantity,
            unit_price_minor=line.unit_minor,
            amount_minor=line.amount_minor,
            period=line.period,
            server_ids=[server_id for _, server_id, _ in line.servers],
            server_names=[name for name, _, _ in line.servers[:MOST_NAMES_OF_LINE]],
        )

    def _book(
        self, at: datetime, amount: int, kind: str, cause: str, invoice_id: UUID, payment_id: UUID | None = None
    ) -> None:
        self.balance += amount
        self._tenant.stage.rows.add(
            tables.LedgerEntry,
            id=self._tenant.chance.id_at(at),
            account_id=self._tenant.id,
            amount_minor=amount,
            kind=kind,
            cause=cause,
            actor=ACTOR,
            invoice_id=invoice_id,
            payment_id=payment_id,
            created_at=at,
        )
