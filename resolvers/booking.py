"""The one way in to the books: a document is issued and booked, and whoever waits for that is told.

Orders, the monthly invoices, payments, refunds and transfers all come through here, so that none of them can forget
what has to follow.
"""

from datetime import datetime

from models.db import Transaction
from models.enums import EventKind, InvoiceType
from models.queries import events, ledger
from models.queries.events import Happening
from models.queries.ledger import Books, Draft, Issued
from resolvers.after_booking import follow


async def book(session: Transaction, books: Books, draft: Draft, actor: str, now: datetime) -> Issued:
    """Issue a document, book it and tell of it, all in the transaction that holds the account."""
    issued = await ledger.issue(session, books, draft, actor, now)
    invoice = draft.type is InvoiceType.INVOICE
    kind = EventKind.INVOICE_ISSUED if invoice else EventKind.PAYMENT_RECEIVED
    followed = await follow(session, books, draft, issued, now)
    await events.record(session, books.id, now, [Happening(kind, invoice_id=issued.id), *followed])
    return issued
