"""The books: accounts held for their money, documents issued under their numbers, and entries that move balances.

The database books an entry itself (`book_entry` in the migrations): what is added here is an amount and its reasons.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import any_, insert, literal, update
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.entities.base import UUIDS
from models.enums import AccountKind, AccountState, AutopaymentMode, InvoiceType
from models.errors import UserFault
from models.kinds import LedgerCause, LedgerKind
from models.tables import Account, Invoice, InvoiceLine, LedgerEntry

MOST_MINOR = 10**14 - 1
"""What a document's total may come to: as many digits as the API takes and prints."""


@dataclass(frozen=True, slots=True)
class Books:
    """An account held for its money until the transaction ends. The balance is the one it had when it was held."""

    id: UUID
    number: str
    kind: AccountKind
    state: AccountState
    reseller_id: UUID | None
    currency: str
    time_zone: str
    balance_minor: int
    billing_email: str | None
    company_name: str
    billed_address: str | None
    country: str | None
    vat_number: str | None
    autopayment_mode: AutopaymentMode
    autopayment_threshold_minor: int | None
    autopayment_target_minor: int | None
    autopayment_method_id: UUID | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice; `period` is the first day of the period where it bills a whole one.

    The servers are those that stand behind the quantity. As many names as are printed are kept with their ids.
    """

    description: str
    product_id: UUID | None
    license_type_id: UUID | None
    quantity: int
    unit_price_minor: int
    amount_minor: int
    period: date | None = None
    server_ids: Sequence[UUID] = ()
    server_names: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of a document: its rate as a fraction of one, and what it comes to. Reversed, the customer owes it."""

    rate: Decimal | None
    amount_minor: int
    reverse_charge: bool = False


NO_TAX = Tax(None, 0)


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before it has its number. What a payment, refund or transfer moves is its subtotal, with its sign."""

    kind: LedgerKind
    cause: LedgerCause
    subtotal_minor: int
    pay_period: date | None = None
    lines: Sequence[Line] = ()
    tax: Tax = NO_TAX
    payment_id: UUID | None = None

    @property
    def type(self) -> InvoiceType:
        """What the list of invoices shows it as."""
        return InvoiceType.INVOICE if self.kind is LedgerKind.INVOICE else InvoiceType.PAYMENT_RECEIVED

    @property
    def total_minor(self) -> int:
        """The sum with tax."""
        return self.subtotal_minor + self.tax.amount_minor

    @property
    def moved_minor(self) -> int:
        """What the balance moves by: an invoice takes its total, everything else adds it."""
        return -self.total_minor if self.type is InvoiceType.INVOICE else self.total_minor


@dataclass(frozen=True, slots=True)
class Issued:
    """A document that was issued and booked, with the balance after it."""

    id: UUID
    number: str
    total_minor: int
    balance_minor: int


_ADDRESS = ("street", "postal_code", "city", "region", "country")
_held = select(Account).order_by(col(Account.id)).with_for_update(key_share=True)


async def hold(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Books]:
    """Hold accounts for their money, in the order of their ids; those that do not exist are left out."""
    statement = _held.where(col(Account.id) == any_(literal(list(ids), UUIDS)))
    found = await session.exec(statement.execution_options(populate_existing=True))
    return {account.id: _books(account) for account in found}


async def look(session: AsyncSession, me: UUID, account_id: UUID) -> Books | None:
    """The books of one's own account or a customer's, to see what would come of something; nothing is held."""
    reached = or_(col(Account.id) == me, col(Account.reseller_id) == me)
    account = (await session.exec(select(Account).where(col(Account.id) == account_id, reached))).first()
    return None if account is None else _books(account)


def _books(account: Account) -> Books:
    parts = [getattr(account, f"company_{part}") for part in _ADDRESS]
    return Books(
        id=account.id,
        number=account.number,
        kind=account.kind,
        state=account.state,
        reseller_id=account.reseller_id,
        currency=account.currency,
        time_zone=account.time_zone,
        balance_minor=account.balance_minor,
        billing_email=account.billing_email,
        company_name=account.company_name,
        billed_address=", ".join(part for part in parts if part) or None,
        country=account.company_country,
        vat_number=account.vat_number,
        autopayment_mode=account.autopayment_mode,
        autopayment_threshold_minor=account.autopayment_threshold_minor,
        autopayment_target_minor=account.autopayment_target_minor,
        autopayment_method_id=account.autopayment_method_id,
    )


def bear(books: Books, draft: Draft) -> None:
    """Refuse a document that an account cannot bear."""
    if abs(draft.total_minor) > MOST_MINOR or abs(books.balance_minor + draft.moved_minor) > MOST_MINOR:
        raise UserFault("LIMIT_REACHED", "The amount, or the balance after it, is more than an account can have.")


async def issue(session: AsyncSession, books: Books, draft: Draft, actor: str, now: datetime) -> Issued:
    """Issue a document under the account's next number, and book it. The account is held.

    The number is the account's as long as the transaction commits: one that is rolled back gives it back, so that
    numbers have no gaps.
    """
    bear(books, draft)
    connection = await session.connection()
    counted = update(Account).where(col(Account.id) == books.id)
    counted = counted.values(invoice_sequence=col(Account.invoice_sequence) + 1)
    row = (await connection.execute(counted.returning(Account.__table__.c.invoice_sequence, _balance))).one()
    balance = row.balance_minor + draft.moved_minor
    number = f"{books.number}-{row.invoice_sequence}"
    document = insert(Invoice).values(
        account_id=books.id,
        sequence=row.invoice_sequence,
        number=number,
        created_at=now,
        balance_minor=balance,
        **_document(books, draft),
    )
    invoice_id = (await connection.execute(document.returning(Invoice.__table__.c.id))).scalar_one()
    if draft.lines:
        await connection.execute(insert(InvoiceLine), _lines(books, invoice_id, draft.lines))
    await connection.execute(insert(LedgerEntry).values(**_entry(books, draft, invoice_id, actor, now)))
    return Issued(invoice_id, number, draft.total_minor, balance)


_balance = Account.__table__.c.balance_minor


def _document(books: Books, draft: Draft) -> dict[str, object]:
    return {
        "type": draft.type,
        "pay_period": draft.pay_period,
        "subtotal_minor": draft.subtotal_minor,
        "tax_minor": draft.tax.amount_minor,
        "tax_rate": draft.tax.rate,
        "reverse_charge": draft.tax.reverse_charge,
        "total_minor": draft.total_minor,
        "currency": books.currency,
        "billed_name": books.company_name,
        "billed_address": books.billed_address,
        "billed_vat_number": books.vat_number,
    }


def _lines(books: Books, invoice_id: UUID, lines: Sequence[Line]) -> list[dict[str, object]]:
    return [
        {
            "account_id": books.id,
            "invoice_id": invoice_id,
            "position": position,
            "description": line.description,
            "product_id": line.product_id,
            "license_type_id": line.license_type_id,
            "quantity": line.quantity,
            "unit_price_minor": line.unit_price_minor,
            "amount_minor": line.amount_minor,
            "period": line.period,
            "server_ids": list(line.server_ids),
            "server_names": list(line.server_names),
        }
        for position, line in enumerate(lines, start=1)
    ]


def _entry(books: Books, draft: Draft, invoice_id: UUID, actor: str, now: datetime) -> dict[str, object]:
    return {
        "account_id": books.id,
        "amount_minor": draft.moved_minor,
        "kind": draft.kind,
        "cause": draft.cause,
        "actor": actor,
        "invoice_id": invoice_id,
        "payment_id": draft.payment_id,
        "created_at": now,
    }
