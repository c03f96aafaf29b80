"""What is sold: products, their license types and the volume prices. The same for every account."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint

from models.enums import BillingCycle, ProductFamily
from models.tables.base import (
    Table,
    count,
    member,
    minor,
    one_of,
    primary_key,
    reference,
    small,
    words,
)


class Product(Table, table=True):
    """A product. `number` is its facet in the server list, `logo` a file that the gateway serves."""

    __tablename__ = "products"
    __table_args__: ClassVar = (
        UniqueConstraint("number"),
        UniqueConstraint("code"),
        one_of("family", ProductFamily),
        CheckConstraint("number BETWEEN 1 AND 9999", name="number"),
        CheckConstraint("key_prefix ~ '^[A-Z0-9_]{1,20}$'", name="key_prefix"),
        CheckConstraint("key_length BETWEEN 16 AND 24", name="key_length"),
    )

    id: UUID = primary_key()
    number: int = small()
    code: str = words()
    name: str = words()
    family: ProductFamily = member(ProductFamily)
    description: str = words()
    logo: str = words()
    key_prefix: str | None = words(null=True)
    key_length: int = small()
    position: int = small()


class LicenseType(Table, table=True):
    """A kind of server license of one product, perhaps with a most of server users.

    `key_prefix` is set where its activation keys begin in another way than the product's others.
    """

    __tablename__ = "license_types"
    __table_args__: ClassVar = (
        UniqueConstraint("number"),
        UniqueConstraint("code"),
        UniqueConstraint("id", "product_id"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("max_users > 0", name="max_users"),
        CheckConstraint("key_prefix ~ '^[A-Z0-9_]{1,20}$'", name="key_prefix"),
        ForeignKeyConstraint(["product_id"], ["products.id"]),
    )

    id: UUID = primary_key()
    number: int = small()
    product_id: UUID = reference()
    code: str = words()
    name: str = words()
    max_users: int | None = count(null=True)
    key_prefix: str | None = words(null=True)
    position: int = small()


class Price(Table, table=True):
    """The unit price of a license type from a quantity on: the tier one will be in holds for all units."""

    __tablename__ = "prices"
    __table_args__: ClassVar = (
        UniqueConstraint("license_type_id", "cycle", "currency", "from_quantity"),
        one_of("cycle", BillingCycle),
        CheckConstraint("from_quantity >= 1", name="from_quantity"),
        CheckConstraint("unit_price_minor >= 0", name="unit_price_minor"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )

    id: UUID = primary_key()
    license_type_id: UUID = reference("license_types.id")
    cycle: BillingCycle = member(BillingCycle)
    from_quantity: int = count()
    currency: str = words()
    unit_price_minor: int = minor()
