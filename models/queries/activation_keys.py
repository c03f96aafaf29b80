"""Activation keys as they are made and changed. Whoever does either holds the account's row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, delete, literal, text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.entities.base import UUIDS
from models.tables import ActivationKey, LicenseType, Product

MOST_NETWORKS = 100
"""A key lists at most so many networks."""

ADD = text(
    """
    INSERT INTO activation_keys (account_id, product_id, license_type_id, license_id, key, note, is_default,
                                 seat_limit, allowed_addresses, created_at, created_by)
    SELECT :account_id, :product_id, :license_type_id,
           (SELECT id FROM licenses WHERE account_id = :account_id AND license_type_id = :license_type_id),
           :key, :note,
           NOT EXISTS (
               SELECT FROM activation_keys
               WHERE account_id = :account_id AND license_type_id = :license_type_id AND is_default
           ),
           :seat_limit, CAST(CAST(:allowed_addresses AS text[]) AS cidr[]), :created_at, :created_by
    ON CONFLICT DO NOTHING
    RETURNING id
    """
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A license type of a product, and what its keys look like."""

    license_type_id: UUID
    key_prefix: str | None
    key_length: int


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be made, but for its text."""

    account_id: UUID
    product_id: UUID
    license_type_id: UUID
    seat_limit: int | None
    note: str | None
    allowed_addresses: Sequence[str]
    created_at: datetime
    created_by: UUID | None


async def offers(session: AsyncSession, product_id: UUID) -> list[Offer]:
    """The license types of a product; none where there is no such product."""
    prefix = func.coalesce(col(LicenseType.key_prefix), col(Product.key_prefix))
    statement = (
        select(col(LicenseType.id), prefix, col(Product.key_length))
        .join(Product, col(Product.id) == col(LicenseType.product_id))
        .where(col(Product.id) == product_id)
        .order_by(col(LicenseType.position))
    )
    return [Offer(*row) for row in (await session.exec(statement)).all()]


async def add(session: AsyncSession, new: NewKey, key: str) -> UUID | None:
    """Store a key, the default one where its license type has none; its id.

    None where the text was given out before, or where another transaction made the default in this moment: then
    another try, with another text, makes an ordinary key.
    """
    values = {name: getattr(new, name) for name in NewKey.__slots__}
    connection = await session.connection()
    row = (
        await connection.execute(ADD, values | {"key": key, "allowed_addresses": list(new.allowed_addresses)})
    ).first()
    return None if row is None else row[0]


async def lock(session: AsyncSession, account_id: UUID, key_id: UUID) -> ActivationKey | None:
    """The key's row, held until the transaction ends; None where the account has none such."""
    wanted = (col(ActivationKey.account_id) == account_id, col(ActivationKey.id) == key_id)
    return (await session.exec(select(ActivationKey).where(*wanted).with_for_update(key_share=True))).first()


async def defaults(session: AsyncSession, keys: Collection[UUID]) -> set[UUID]:
    """Which of these held keys are the default ones of their license types."""
    statement = select(col(ActivationKey.id)).where(
        col(ActivationKey.id) == any_(literal(list(keys), UUIDS)), col(ActivationKey.is_default)
    )
    return set((await session.exec(statement)).all())


async def remove(session: AsyncSession, keys: Collection[UUID]) -> None:
    """Remove held keys, whose registrations are gone."""
    statement = delete(ActivationKey).where(col(ActivationKey.id) == any_(literal(list(keys), UUIDS)))
    await (await session.connection()).execute(statement)
