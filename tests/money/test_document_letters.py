"""Letters about invoices and receipts: one for each document, to whoever pays the bills, with no way in."""

import httpx
import pytest
from starlette.applications import Starlette

from models.db import Database
from models.kinds import LedgerCause, LedgerKind
from models.queries import ledger
from models.queries.ledger import Draft, Line
from models.tables import Account
from resolvers.booking import book
from tests import factories
from tests.databases import execute
from tests.factories import NOON
from tests.mailbox import deliver

PERIOD = NOON.date().replace(day=1)
INVOICE = Draft(LedgerKind.INVOICE, LedgerCause.ORDER, 2_000, PERIOD, [Line("Licenses", None, None, 2, 1_000, 2_000)])
REFUND = Draft(LedgerKind.REFUND, LedgerCause.REFUND, -500)
RECEIVED = Draft(LedgerKind.TRANSFER, LedgerCause.TRANSFER, 123_456)
GIVEN = Draft(LedgerKind.TRANSFER, LedgerCause.TRANSFER, -100)


class ThoughtBetterError(Exception):
    """Whoever books gives it up."""


async def booked(db: Database, account: Account, draft: Draft, *, given_up: bool = False) -> str:
    """Book a document, and tell its number."""
    async with db.write() as session:
        books = (await ledger.hold(session, [account.id]))[account.id]
        issued = await book(session, books, draft, "somebody", NOON)
        if given_up:
            raise ThoughtBetterError
    return issued.number


async def test_an_invoice_is_mailed_of_once(client: httpx.AsyncClient, app: Starlette, db: Database) -> None:
    account = await factories.account(db, billing_email="bills@company.example")
    number = await booked(db, account, INVOICE)
    (mail,) = await deliver(app)
    assert (mail.to, mail.template, mail.subject) == ("bills@company.example", "invoice_issued", f"Invoice {number}")
    for words in (number, account.number, "2026-11-01", "20.00 USD", "-20.00 USD", "http://127.0.0.1:8000/\n"):
        assert words in mail.text
    assert "token" not in mail.text + mail.html
    assert await deliver(app) == []


@pytest.mark.parametrize(
    ("draft", "deed"),
    [
        (REFUND, "We refunded 5.00 USD to you."),
        (RECEIVED, "Your reseller transferred 1234.56 USD to your account."),
        (GIVEN, "You transferred 1.00 USD to a customer's account."),
    ],
)
async def test_a_receipt_says_what_it_is_for(
    client: httpx.AsyncClient, app: Starlette, db: Database, draft: Draft, deed: str
) -> None:
    account = await factories.account(db)
    number = await booked(db, account, draft)
    mail = next(mail for mail in await deliver(app) if mail.template == "receipt")
    assert (mail.to, mail.subject) == (account.billing_contact_email, f"Receipt {number}")
    assert deed in " ".join(mail.text.split())


async def test_what_is_not_booked_is_not_mailed_of(
    client: httpx.AsyncClient, app: Starlette, db: Database, dsn: str
) -> None:
    account = await factories.account(db)
    with pytest.raises(ThoughtBetterError):
        await booked(db, account, INVOICE, given_up=True)
    assert await deliver(app) == []
    await booked(db, account, INVOICE)
    await execute(dsn, "UPDATE accounts SET billing_email = 'later@company.example'")
    assert [mail.to for mail in await deliver(app)] == ["later@company.example"]
