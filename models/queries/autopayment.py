"""What autopayment goes by: the cards of an account, what was charged of late, and the charge that is under way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.autopayment import FIRST_PAUSE, Charged
from models.tables import Payment, PaymentMethod
from models.tables.billing import UNSETTLED_AUTOPAYMENT


@dataclass(frozen=True, slots=True)
class Chargeable:
    """A card, with the names by which the provider knows it and whose it is."""

    id: UUID
    reference: str
    customer: str


@dataclass(frozen=True, slots=True)
class History:
    """What autopayment has charged within a day, and how often in a row it was refused with a card, lately when."""

    charged: Charged
    declines: int
    declined_at: datetime | None


CARD = text(
    """
    SELECT m.id, m.provider_reference AS reference, a.provider_customer AS customer
    FROM payment_methods m JOIN accounts a ON a.id = m.account_id
    WHERE m.account_id = :account_id AND a.provider_customer IS NOT NULL
        AND m.id = coalesce(
            CAST(:method_id AS uuid), a.autopayment_method_id,
            (SELECT d.id FROM payment_methods d WHERE d.account_id = a.id AND d.is_default)
        )
    """
)

HISTORY_OF = """
    WITH made AS (
        SELECT status, amount_minor, created_at,
               payment_method_id = {method} AS same_card, cause <> 'TOP_UP' AS automatic
        FROM payments WHERE account_id = {account}
    ), last AS (
        SELECT max(created_at) AS paid_at FROM made WHERE same_card AND status = 'SUCCEEDED'
    ), refused AS (
        SELECT count(*) AS declines, max(created_at) AS declined_at
        FROM made, last
        WHERE automatic AND same_card AND status = 'FAILED' AND created_at > coalesce(last.paid_at, '-infinity')
    )
    SELECT (SELECT coalesce(sum(amount_minor), 0)::bigint FROM made
            WHERE automatic AND created_at > {since} AND status <> 'FAILED') AS sum_minor,
           (SELECT count(*) FROM made WHERE automatic AND created_at > {since}) AS times,
           declines, declined_at
    FROM refused
"""
"""What an account was charged since a time, and how often in a row a card was refused; each is an expression of SQL."""

HISTORY = text(HISTORY_OF.format(account=":account_id", method=":method_id", since=":since"))

# A card that was refused a short while ago is left in peace; another one is not.
WAITING = text(
    f"""
    SELECT a.id FROM accounts a
    WHERE a.id > :after AND (
        EXISTS (SELECT FROM payments p WHERE p.account_id = a.id AND {UNSETTLED_AUTOPAYMENT})
        OR (a.autopayment_mode = 'AUTO_REPAY' AND a.balance_minor < 0
            OR a.autopayment_mode = 'AUTO_ADD_FUNDS' AND a.balance_minor < a.autopayment_threshold_minor)
        AND EXISTS (
            SELECT FROM payment_methods m
            WHERE m.account_id = a.id AND CASE
                    WHEN a.autopayment_method_id IS NULL THEN m.is_default ELSE m.id = a.autopayment_method_id
                END
                AND NOT EXISTS (
                    SELECT FROM payments p
                    WHERE p.account_id = a.id AND p.payment_method_id = m.id AND p.cause <> 'TOP_UP'
                        AND p.status = 'FAILED' AND p.created_at > :refused_since
                )
        )
    )
    ORDER BY a.id LIMIT :most
    """
)


async def cards(session: AsyncSession, account_id: UUID) -> Sequence[PaymentMethod]:
    """The stored cards of an account, of which there are few."""
    return (await session.exec(select(PaymentMethod).where(col(PaymentMethod.account_id) == account_id))).all()


async def card(session: AsyncSession, account_id: UUID, method_id: UUID | None = None) -> Chargeable | None:
    """One card of an account or, where none is asked for, the one that autopayment charges: named, or the default."""
    values = {"account_id": account_id, "method_id": method_id}
    found = (await (await session.connection()).execute(CARD, values)).first()
    return None if found is None else Chargeable(found.id, found.reference, found.customer)


async def unsettled(session: AsyncSession, account_id: UUID) -> Payment | None:
    """The charge that is under way, of which an account has one at most."""
    found = select(Payment).where(col(Payment.account_id) == account_id, text(UNSETTLED_AUTOPAYMENT))
    return (await session.exec(found)).first()


async def history(session: AsyncSession, account_id: UUID, method_id: UUID, since: datetime) -> History:
    """What was charged since then, and how often in a row that card was refused."""
    values = {"account_id": account_id, "method_id": method_id, "since": since}
    found = (await (await session.connection()).execute(HISTORY, values)).one()
    return History(Charged(found.sum_minor, found.times), found.declines, found.declined_at)


async def waiting(session: AsyncSession, now: datetime, after: UUID, most: int) -> Sequence[UUID]:
    """The next accounts that have something to charge, or to find out about a charge."""
    values = {"after": after, "refused_since": now - FIRST_PAUSE, "most": most}
    return list((await (await session.connection()).execute(WAITING, values)).scalars())
