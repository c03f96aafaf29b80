"""What is to be billed for new periods: subscriptions that are due, what is held of them, and the servers behind it.

How many licenses an account holds changes only under its lock. Whoever changes it renews first what is due, so that
what is held now is what was held when the period began, however late it is billed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.enums import BillingCycle
from models.queries.documents import MOST_NAMES_OF_LINE

MOST_SERVERS_OF_LINE = 100_000
"""So many servers are kept with a line at most, the first by host name."""

FARTHEST_EAST = timedelta(hours=15)
"""In no time zone is it later than this ahead of UTC."""

DUE_ACCOUNTS = """
    SELECT account.id, account.time_zone, min(held.renews_at) AS renews_at
    FROM product_subscriptions held JOIN accounts account ON account.id = held.account_id
    WHERE held.renews_at <= $1 AND account.id > $2
    GROUP BY account.id ORDER BY account.id LIMIT $3
"""
DUE = text(
    """
    SELECT held.id AS subscription_id, held.billing_cycle, held.renews_at, held.product_id,
           kind.id AS license_type_id, kind.name, licenses.quantity,
           (SELECT price.unit_price_minor FROM prices price
            WHERE price.license_type_id = kind.id AND price.cycle = held.billing_cycle AND price.currency = :currency
                AND price.from_quantity <= licenses.quantity
            ORDER BY price.from_quantity DESC LIMIT 1) AS unit_price_minor
    FROM product_subscriptions held
    LEFT JOIN licenses ON licenses.account_id = held.account_id
        AND licenses.product_subscription_id = held.id AND licenses.quantity > 0
    LEFT JOIN license_types kind ON kind.id = licenses.license_type_id
    WHERE held.account_id = :account AND held.renews_at <= :today
    ORDER BY kind.number, held.id
    """
)
BILLED = text(
    "SELECT license_type_id, period FROM invoice_lines WHERE account_id = :account AND period BETWEEN :first AND :last"
)
SERVERS = text(
    f"""
    SELECT license_type_id,
           (array_agg(server_id ORDER BY hostname, server_id))[1:{MOST_SERVERS_OF_LINE}] AS ids,
           (array_agg(hostname ORDER BY hostname, server_id))[1:{MOST_NAMES_OF_LINE}] AS names
    FROM registrations WHERE account_id = :account AND license_type_id = ANY(CAST(:types AS uuid[]))
    GROUP BY license_type_id
    """
)
MOVE = text(
    """
    UPDATE product_subscriptions held SET renews_at = moved.renews_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:days AS date[])) AS moved (id, renews_at)
    WHERE held.account_id = :account AND held.id = moved.id
    """
)


@dataclass(frozen=True, slots=True)
class Nearly:
    """An account, and the first day that something of it is due there."""

    id: UUID
    time_zone: str
    renews_at: date


@dataclass(frozen=True, slots=True)
class Held:
    """What an account holds of a license type, at the unit price of the tier that it is in; None where none is set."""

    product_id: UUID
    license_type_id: UUID
    name: str
    quantity: int
    unit_price_minor: int | None


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription whose period has begun, and one kind of license that is held of it; None where there is none."""

    subscription_id: UUID
    cycle: BillingCycle
    renews_at: date
    held: Held | None


@dataclass(frozen=True, slots=True)
class Behind:
    """The servers behind a quantity, and what they are called."""

    ids: Sequence[UUID] = ()
    names: Sequence[str] = ()


async def nearly_due(reader: Reader, now: datetime, after: UUID, most: int) -> Sequence[Nearly]:
    """The next accounts, in the order of their ids, where something is due somewhere on earth."""
    rows = await reader.fetch(DUE_ACCOUNTS, (now + FARTHEST_EAST).date(), after, most)
    return [Nearly(*(row[name] for name in ("id", "time_zone", "renews_at"))) for row in rows]


async def due(session: AsyncSession, account_id: UUID, currency: str, today: date) -> Sequence[Due]:
    """What is due in an account that is held, on a day of its time zone."""
    connection = await session.connection()
    values = {"account": account_id, "currency": currency, "today": today}
    return [
        Due(
            row.subscription_id,
            BillingCycle[row.billing_cycle],
            row.renews_at,
            None
            if row.license_type_id is None
            else Held(row.product_id, row.license_type_id, row.name, row.quantity, row.unit_price_minor),
        )
        for row in (await connection.execute(DUE, values)).all()
    ]


async def billed(session: AsyncSession, account_id: UUID, first: date, last: date) -> frozenset[tuple[UUID, date]]:
    """Which license types have been billed for which whole periods that began on these days."""
    connection = await session.connection()
    rows = (await connection.execute(BILLED, {"account": account_id, "first": first, "last": last})).all()
    return frozenset((row.license_type_id, row.period) for row in rows)


async def servers_behind(session: AsyncSession, account_id: UUID, types: Sequence[UUID]) -> Mapping[UUID, Behind]:
    """The servers that are registered now, by license type."""
    connection = await session.connection()
    rows = (await connection.execute(SERVERS, {"account": account_id, "types": list(types)})).all()
    return {row.license_type_id: Behind(row.ids, row.names) for row in rows}


async def move(session: AsyncSession, account_id: UUID, days: Mapping[UUID, date]) -> None:
    """Set when subscriptions renew next."""
    connection = await session.connection()
    values = {"account": account_id, "ids": list(days), "days": list(days.values())}
    await connection.execute(MOVE, values)
