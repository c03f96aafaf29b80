"""What ordering and deleting licenses reads and changes: subscriptions, pools, and what keys spend.

How many licenses an account holds changes only under its lock, so what is read of it there stays true.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.enums import BillingCycle
from models.pricing import Tier
from models.tables import Account, License, Price

HELD = """
    kind.id AS license_type_id, kind.product_id, kind.name, held.id AS subscription_id, held.billing_cycle,
    held.product_quota, pool.id AS license_id, coalesce(pool.quantity, 0) AS quantity, coalesce(pool.used, 0) AS used,
    (SELECT coalesce(sum(all_pools.quantity), 0)::bigint FROM licenses all_pools
     WHERE all_pools.account_id = :account AND all_pools.product_id = kind.product_id) AS held_of_product
"""
OFFERED = text(
    f"""
    SELECT EXISTS (SELECT FROM products WHERE id = :product) AS known, {HELD}
    FROM (VALUES (true)) AS always
    LEFT JOIN license_types kind ON kind.id = :license_type AND kind.product_id = :product
    LEFT JOIN product_subscriptions held ON held.account_id = :account AND held.product_id = kind.product_id
    LEFT JOIN licenses pool ON pool.account_id = :account AND pool.license_type_id = kind.id
    """
)
POOL = f"""
    SELECT {HELD}
    FROM licenses pool
    JOIN license_types kind ON kind.id = pool.license_type_id
    JOIN product_subscriptions held ON held.account_id = pool.account_id AND held.id = pool.product_subscription_id
    WHERE pool.account_id = :account AND pool.id = :license
"""
LOOK_AT_POOL = text(POOL)
HOLD_POOL = text(f"{POOL} FOR UPDATE OF pool")

SUBSCRIBE = text(
    """
    INSERT INTO product_subscriptions (account_id, product_id, billing_cycle, renews_at, created_at)
    VALUES (:account, :product, :cycle, :renews_at, :at) RETURNING id
    """
)
OPEN_POOL = text(
    """
    INSERT INTO licenses (account_id, product_subscription_id, product_id, license_type_id, quantity, created_at)
    VALUES (:account, :subscription, :product, :license_type, :quantity, :at) RETURNING id
    """
)
CHANGE_POOL = text("UPDATE licenses SET quantity = quantity + :by WHERE account_id = :account AND id = :license")

# Keys are held in the order of their ids, as everybody holds them who holds several.
SPEND_POOL = text(
    """
    UPDATE activation_keys SET license_id = :license
    WHERE account_id = :account AND id IN (
        SELECT id FROM activation_keys
        WHERE account_id = :account AND license_type_id = :license_type AND license_id IS NULL
        ORDER BY id FOR NO KEY UPDATE
    )
    """
)
CLOSE_POOL = text("DELETE FROM licenses WHERE account_id = :account AND id = :license")
UNSUBSCRIBE = text("DELETE FROM product_subscriptions WHERE account_id = :account AND id = :subscription")


@dataclass(frozen=True, slots=True)
class Held:
    """What an account holds of a license type, and of its product in all.

    Without a subscription its id is None and the cycle the usual one; without a pool the license's id is None.
    """

    license_type_id: UUID
    product_id: UUID
    name: str
    subscription_id: UUID | None
    cycle: BillingCycle
    quota: int | None
    license_id: UUID | None
    quantity: int
    used: int
    held_of_product: int

    @property
    def room(self) -> int | None:
        """How many more may be ordered of the product; None where it has no quota."""
        return None if self.quota is None else max(self.quota - self.held_of_product, 0)

    @property
    def free(self) -> int:
        """How many no server uses."""
        return self.quantity - self.used


@dataclass(frozen=True, slots=True)
class Offered:
    """Whether a product is known, and what is held of a license type that was named; None where it has none such."""

    known: bool
    held: Held | None


async def offered(session: AsyncSession, account_id: UUID, product_id: UUID, license_type_id: UUID) -> Offered:
    """What is there to be ordered, with what the account holds of it."""
    values = {"account": account_id, "product": product_id, "license_type": license_type_id}
    row = (await (await session.connection()).execute(OFFERED, values)).one()
    return Offered(row.known, None if row.license_type_id is None else _held(row))


async def pool(session: AsyncSession, account_id: UUID, license_id: UUID, *, hold: bool) -> Held | None:
    """A pool of the account, held where that is wanted, so that no seat of it is taken meanwhile; None without one."""
    values = {"account": account_id, "license": license_id}
    statement = HOLD_POOL if hold else LOOK_AT_POOL
    row = (await (await session.connection()).execute(statement, values)).one_or_none()
    return None if row is None else _held(row)


def _held(row: Row[Any]) -> Held:
    return Held(
        license_type_id=row.license_type_id,
        product_id=row.product_id,
        name=row.name,
        subscription_id=row.subscription_id,
        cycle=BillingCycle[row.billing_cycle or "MONTHLY"],
        quota=row.product_quota,
        license_id=row.license_id,
        quantity=row.quantity,
        used=row.used,
        held_of_product=row.held_of_product,
    )


async def owner_of_pool(session: AsyncSession, me: UUID, license_id: UUID) -> UUID | None:
    """The account of a pool, where it is the caller's own or a customer's. Nothing is held."""
    found = select(Account.id).join(License, col(License.account_id) == col(Account.id))
    reached = or_(col(Account.id) == me, col(Account.reseller_id) == me)
    return (await session.exec(found.where(col(License.id) == license_id, reached))).first()


async def tiers(session: AsyncSession, license_type_id: UUID, cycle: BillingCycle, currency: str) -> Sequence[Tier]:
    """What a license type costs in a billing cycle and currency; empty where it is not sold so."""
    wanted = (
        col(Price.license_type_id) == license_type_id,
        col(Price.cycle) == cycle,
        col(Price.currency) == currency,
    )
    found = select(Price.from_quantity, Price.unit_price_minor).where(*wanted).order_by(col(Price.from_quantity))
    return [Tier(*row) for row in (await session.exec(found)).all()]


async def subscribe(
    session: AsyncSession, account_id: UUID, product_id: UUID, cycle: BillingCycle, renews_at: date, at: datetime
) -> UUID:
    """Subscribe an account that is held to a product; the subscription's id."""
    values = {"account": account_id, "product": product_id, "cycle": cycle.name, "renews_at": renews_at, "at": at}
    subscribed: UUID = (await (await session.connection()).execute(SUBSCRIBE, values)).scalar_one()
    return subscribed


async def open_pool(
    session: AsyncSession, account_id: UUID, subscription_id: UUID, of: Held, quantity: int, at: datetime
) -> UUID:
    """Begin a pool in an account that is held, and have the keys spend it that are there already; its id."""
    connection = await session.connection()
    values = {"account": account_id, "license_type": of.license_type_id}
    begun = values | {"subscription": subscription_id, "product": of.product_id, "quantity": quantity, "at": at}
    license_id: UUID = (await connection.execute(OPEN_POOL, begun)).scalar_one()
    await connection.execute(SPEND_POOL, values | {"license": license_id})
    return license_id


async def change_pool(session: AsyncSession, account_id: UUID, license_id: UUID, by: int) -> None:
    """Add so many licenses to a pool, or take some away, in an account that is held."""
    values = {"account": account_id, "license": license_id, "by": by}
    await (await session.connection()).execute(CHANGE_POOL, values)


async def close_pool(session: AsyncSession, account_id: UUID, held: Held) -> bool:
    """End a pool that no server uses; whether the subscription ended with it, having been to nothing else.

    Keys of the license type stay, and spend nothing until there is a pool again.
    """
    connection = await session.connection()
    await connection.execute(CLOSE_POOL, {"account": account_id, "license": held.license_id})
    others = select(License.id).where(
        col(License.account_id) == account_id, col(License.product_subscription_id) == held.subscription_id
    )
    if (await session.exec(others.limit(1))).first() is not None:
        return False
    await connection.execute(UNSUBSCRIBE, {"account": account_id, "subscription": held.subscription_id})
    return True
