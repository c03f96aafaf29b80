"""Cards that expire soon, each told of once for each of the reminders: what was told stands in a table of its own.

A card that is renewed under the same number expires on another day, and is told of again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

REMINDERS = (30, 7)
"""So many days before it expires a card is told of. Who adds it later than that is told once."""

# The days are those of the account. Whoever else tells of a card waits for us, and then finds it told.
TELL = text(
    """
    WITH expiring AS (
        SELECT m.id, m.brand, m.last4, m.expires_on, array_agg(d.days) AS reminders, a.number AS account,
               coalesce(a.billing_email, a.billing_contact_email) AS email
        FROM payment_methods m
        JOIN accounts a ON a.id = m.account_id
        CROSS JOIN unnest(CAST(:reminders AS smallint[])) AS d (days)
        WHERE m.expires_on BETWEEN CAST(timezone(a.time_zone, :now) AS date)
                AND CAST(timezone(a.time_zone, :now) AS date) + CAST(d.days AS integer)
            AND NOT EXISTS (
                SELECT FROM card_reminders r
                WHERE r.payment_method_id = m.id AND r.expires_on = m.expires_on AND r.days = d.days
            )
        GROUP BY m.id, a.id
        ORDER BY m.id LIMIT :most
    ), told AS (
        INSERT INTO card_reminders (payment_method_id, expires_on, days, told_at)
        SELECT id, expires_on, unnest(reminders), :now FROM expiring
        ON CONFLICT DO NOTHING
        RETURNING payment_method_id
    )
    SELECT account, email, brand, last4, expires_on
    FROM expiring WHERE id IN (SELECT payment_method_id FROM told) ORDER BY id
    """
)


@dataclass(frozen=True, slots=True)
class Expiring:
    """A card that is to be told of, and whom."""

    account: str
    email: str
    brand: str
    last4: str
    expires_on: date


async def tell(session: AsyncSession, now: datetime, most: int) -> Sequence[Expiring]:
    """Note the reminders that are due of at most so many cards, and give the cards: each once."""
    values = {"now": now, "most": most, "reminders": list(REMINDERS)}
    found = await (await session.connection()).execute(TELL, values)
    return [Expiring(*(getattr(row, one.name) for one in fields(Expiring))) for row in found]
