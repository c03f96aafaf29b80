"""An opening balance for accounts that a test begins with."""

from datetime import datetime
from uuid import UUID

from models.db import Database
from models.enums import PaymentStatus
from models.kinds import LedgerCause, LedgerKind, PaymentCause
from models.queries import ledger
from models.queries.ledger import Draft, Issued
from models.tables import Payment
from tests.factories import NOON, add

ACTOR = "opening"


async def fund(db: Database, account_id: UUID, minor: int, at: datetime = NOON) -> Issued:
    """Book what an account begins with: a payment that succeeded, or a refund that leaves a debt."""
    draft = Draft(LedgerKind.REFUND, LedgerCause.REFUND, minor)
    if minor > 0:
        values = {"amount_minor": minor, "currency": "USD", "cause": PaymentCause.TOP_UP, "created_at": at}
        paid = await add(db, Payment, account_id=account_id, status=PaymentStatus.SUCCEEDED, **values)
        draft = Draft(LedgerKind.PAYMENT, LedgerCause.TOP_UP, minor, payment_id=paid.id)
    async with db.write() as session:
        books = (await ledger.hold(session, [account_id]))[account_id]
        return await ledger.issue(session, books, draft, ACTOR, at)
