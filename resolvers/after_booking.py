"""What follows a booking, in its transaction.

The document is mailed of, autopayment is asked, a low balance is told, a paid debt unlocks.
"""

from datetime import datetime
from uuid import UUID

from models.autopayment import Rule, due, falls_low
from models.db import Transaction
from models.enums import EventKind, InvoiceType
from models.jobs import JobKind, enqueue
from models.queries.events import Happening
from models.queries.ledger import Books, Draft, Issued
from resolvers.debt import unlock_if_paid
from resolvers.mails import MailTemplate


async def follow(session: Transaction, books: Books, draft: Draft, issued: Issued, now: datetime) -> list[Happening]:
    """Do what the new balance calls for; what else has happened by it."""
    await write_of(session, draft, issued)
    rule = Rule(books.autopayment_mode, books.autopayment_threshold_minor, books.autopayment_target_minor)
    if due(rule, issued.balance_minor):
        await ask_autopayment(session, books.id)
    await unlock_if_paid(session, books, issued.balance_minor, now)
    before = issued.balance_minor - draft.moved_minor
    if not falls_low(books.autopayment_threshold_minor, before, issued.balance_minor):
        return []
    payload = {"template": MailTemplate.BALANCE_LOW.value, "account_id": str(books.id)}
    await enqueue(session, JobKind.BILLING_LETTER, payload)
    return [Happening(EventKind.BALANCE_LOW)]


async def write_of(session: Transaction, draft: Draft, issued: Issued) -> None:
    """Have a letter tell whoever pays the bills of an invoice or a receipt."""
    template = MailTemplate.INVOICE_ISSUED if draft.type is InvoiceType.INVOICE else MailTemplate.RECEIPT
    await enqueue(session, JobKind.BILLING_LETTER, {"template": template.value, "invoice_id": str(issued.id)})


async def ask_autopayment(session: Transaction, account_id: UUID) -> None:
    """Let autopayment look at an account soon; once, however many ask meanwhile."""
    await enqueue(session, JobKind.AUTOPAYMENT, {"account_id": str(account_id)}, dedupe_key=f"autopayment {account_id}")
