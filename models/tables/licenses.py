"""What an account holds: its subscriptions to products, the pools of licenses and the keys that spend them."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, CIDR

from models.enums import BillingCycle
from models.tables.base import (
    LAST_TEXT,
    Table,
    column,
    count,
    day,
    flag,
    made_at,
    member,
    one_of,
    ordinal,
    owner,
    parents_owner,
    primary_key,
    reference,
    within_account,
    words,
)

LISTED = ["product_id", "license_type_id", "seat_limit", "key", "note"]
"""What lists of keys filter and search by. It is in the index of each order: no walk, however far, reads the table."""


class ProductSubscription(Table, table=True):
    """An account's subscription to a product; `product_quota` is the most that ordering may reach."""

    __tablename__ = "product_subscriptions"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "product_id"),
        UniqueConstraint("account_id", "id", "product_id"),
        one_of("billing_cycle", BillingCycle),
        CheckConstraint("product_quota > 0", name="product_quota"),
        Index(None, "renews_at"),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    product_id: UUID = reference("products.id")
    product_quota: int | None = count(null=True)
    billing_cycle: BillingCycle = member(BillingCycle)
    renews_at: date | None = day(null=True)
    created_at: datetime = made_at()


class License(Table, table=True):
    """An account's pool of one license type. Its row is locked to take a seat, so that the last one is given once."""

    __tablename__ = "licenses"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "license_type_id"),
        UniqueConstraint("account_id", "id", "license_type_id"),
        CheckConstraint("0 <= used AND used <= quantity", name="used"),
        within_account(
            ["product_subscription_id", "product_id"],
            "product_subscriptions",
            ["id", "product_id"],
            name="fk_licenses_product_subscription",
        ),
        ForeignKeyConstraint(["license_type_id", "product_id"], ["license_types.id", "license_types.product_id"]),
        Index(None, "account_id", "product_subscription_id"),
    )

    id: UUID = primary_key()
    account_id: UUID = parents_owner()
    product_subscription_id: UUID = reference()
    product_id: UUID = reference()
    license_type_id: UUID = reference()
    quantity: int = count()
    used: int = count(default="0")
    created_at: datetime = made_at()


class ActivationKey(Table, table=True):
    """A secret that servers register with. `seat_limit` null is unlimited; `number` makes its facet in the server list.

    Whoever adds or moves a registration has locked the key's row before (`used` changes with it): that is what keeps a
    change of the limit and a new registration from missing each other in the servers' facets.
    """

    __tablename__ = "activation_keys"
    __table_args__: ClassVar = (
        UniqueConstraint("number"),
        UniqueConstraint("key"),
        UniqueConstraint("account_id", "id", "license_type_id", "product_id", name="uq_activation_keys_registered"),
        CheckConstraint("number BETWEEN 1 AND 2146483647", name="number"),
        CheckConstraint("key ~ '^([A-Z0-9_]{1,20}-)?[A-Za-z0-9]{16,24}$'", name="key"),
        CheckConstraint("length(note) BETWEEN 1 AND 100", name="note"),
        CheckConstraint("used >= 0", name="used"),
        CheckConstraint("seat_limit > 0", name="seat_limit"),
        CheckConstraint("used <= seat_limit", name="used_within_limit"),
        ForeignKeyConstraint(["license_type_id", "product_id"], ["license_types.id", "license_types.product_id"]),
        within_account(
            ["license_id", "license_type_id"],
            "licenses",
            ["id", "license_type_id"],
            name="fk_activation_keys_license",
            ondelete="SET NULL (license_id)",
        ),
        Index(
            "uq_activation_keys_default",
            "account_id",
            "license_type_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
        Index(None, "account_id", "key", "id", postgresql_include=[name for name in LISTED if name != "key"]),
        Index(None, "account_id", "license_type_id", "key", "id"),
        Index(None, "account_id", "product_id", "key", "id"),
        Index(
            "ix_activation_keys_note",
            "account_id",
            text(f'(coalesce(lower(note), {LAST_TEXT}) COLLATE "C")'),
            "id",
            postgresql_include=LISTED,
        ),
        Index(None, "account_id", "used", "id", postgresql_include=LISTED),
        Index(
            "ix_activation_keys_seat_limit",
            "account_id",
            text("coalesce(seat_limit::bigint, 9223372036854775807)"),
            "id",
            postgresql_include=LISTED,
        ),
        Index(None, "account_id", "created_at", "id", postgresql_include=LISTED),
        Index(None, "account_id", "license_id"),
        Index(
            "ix_activation_keys_search",
            "account_id",
            text("lower(key) gin_trgm_ops"),
            text("lower(note) gin_trgm_ops"),
            postgresql_using="gin",
        ),
    )

    id: UUID = primary_key()
    number: int = ordinal()
    account_id: UUID = owner()
    product_id: UUID = reference()
    license_type_id: UUID = reference()
    license_id: UUID | None = reference(null=True)
    key: str = words(collation="C")
    note: str | None = words(null=True)
    is_default: bool = flag("false")
    used: int = count(default="0")
    seat_limit: int | None = count(null=True)
    allowed_addresses: list[str] = column(ARRAY(CIDR), default="'{}'")
    created_at: datetime = made_at()
    created_by: UUID | None = reference(null=True)
