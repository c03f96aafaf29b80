"""Small builders of rows: what a test does not name has a plausible value of its own."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import col, select

from models.db import Database
from models.enums import AccountKind, BillingCycle
from models.roles import RoleName
from models.tables import (
    Account,
    ActivationKey,
    License,
    LicenseType,
    Login,
    Product,
    ProductSubscription,
    Registration,
    Server,
    ServerGroup,
    Table,
)

Row = TypeVar("Row", bound=Table)

_SERIAL = count(1)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


async def add(db: Database, table: type[Row], **values: Any) -> Row:
    """Insert one row and return it as the database has it, with everything it filled in."""
    async with db.write() as session:
        connection = await session.connection()
        added = await connection.execute(insert(table).values(**values).returning(table.__table__.c.id))
        return await session.get_one(table, added.scalar_one())


async def account(db: Database, **values: Any) -> Account:
    """An account; a customer's where `reseller_id` is given."""
    serial = next(_SERIAL)
    kind = AccountKind.CUSTOMER if values.get("reseller_id") else AccountKind.DIRECT
    person = {"first_name": "First", "last_name": f"Last {serial}"}
    defaults = {
        "kind": kind,
        "company_name": f"Company {serial}",
        "personal_email": f"person-{serial}@company.example",
        "billing_contact_email": f"billing-{serial}@company.example",
        **{f"{part}_{name}": value for part in ("personal", "billing") for name, value in person.items()},
    }
    return await add(db, Account, **(defaults | values))


async def login(db: Database, account_id: UUID, role: RoleName = RoleName.MASTER, **values: Any) -> Login:
    """A login; it has no password until a test gives it one."""
    defaults = {"email": f"login-{next(_SERIAL)}@company.example"}
    return await add(db, Login, account_id=account_id, role=role, **(defaults | values))


async def license_type(db: Database, code: str | None = None) -> LicenseType:
    """A license type of the catalogue, by its code or the first of all."""
    async with db.write() as session:
        wanted = select(LicenseType).order_by(col(LicenseType.number))
        if code is not None:
            wanted = wanted.where(LicenseType.code == code)
        return (await session.exec(wanted.limit(1))).one()


async def subscription(db: Database, account_id: UUID, product_id: UUID, **values: Any) -> ProductSubscription:
    """An account's subscription to a product, billed monthly."""
    defaults = {"billing_cycle": BillingCycle.MONTHLY}
    return await add(db, ProductSubscription, account_id=account_id, product_id=product_id, **(defaults | values))


async def pool(db: Database, held: ProductSubscription, of: LicenseType, **values: Any) -> License:
    """A subscription's pool of ten licenses of one type."""
    own = {"account_id": held.account_id, "product_subscription_id": held.id, "product_id": held.product_id}
    return await add(db, License, **own, license_type_id=of.id, **({"quantity": 10} | values))


async def activation_key(db: Database, licenses: License, **values: Any) -> ActivationKey:
    """A key that spends a pool, without a limit of its own."""
    own = {
        "account_id": licenses.account_id,
        "product_id": licenses.product_id,
        "license_type_id": licenses.license_type_id,
        "license_id": licenses.id,
    }
    defaults = {"key": f"TEST-{next(_SERIAL):020d}"}
    return await add(db, ActivationKey, **own, **(defaults | values))


async def key_of(db: Database, account_id: UUID, code: str | None = None, **values: Any) -> ActivationKey:
    """A key with everything above it: the subscription to its product and the pool of its license type."""
    kind = await license_type(db, code)
    held = await subscription(db, account_id, kind.product_id)
    return await activation_key(db, await pool(db, held, kind), **values)


async def group(db: Database, account_id: UUID, name: str | None = None) -> ServerGroup:
    """A group of servers."""
    return await add(db, ServerGroup, account_id=account_id, name=name or f"group {next(_SERIAL)}")


async def server(db: Database, account_id: UUID, in_group: ServerGroup | None = None, **values: Any) -> Server:
    """A server; each was registered a minute after the one before, so that lists have one order."""
    serial = next(_SERIAL)
    grouped = {"group_id": in_group.id, "group_name": in_group.name} if in_group else {}
    defaults = {
        "hostname": f"host-{serial}.company.example",
        "ip": f"192.0.2.{serial % 254 + 1}",
        "registered_at": NOON + timedelta(minutes=serial),
    }
    return await add(db, Server, account_id=account_id, **grouped, **(defaults | values))


async def registration(db: Database, on: Server, with_key: ActivationKey, **values: Any) -> Registration:
    """An installed product: that server, registered with that key; counted where keys and pools are counted."""
    async with db.write() as session:
        key = await session.get_one(ActivationKey, with_key.id)
        key.used += 1
        if key.license_id is not None:
            licenses = await session.get_one(License, key.license_id)
            licenses.used += 1
    own = {"account_id": on.account_id, "server_id": on.id, "hostname": on.hostname}
    kind = {"product_id": with_key.product_id, "license_type_id": with_key.license_type_id}
    return await add(db, Registration, **own, **kind, activation_key_id=with_key.id, **values)


async def product(db: Database, code: str) -> Product:
    """A product of the catalogue by its code."""
    async with db.write() as session:
        return (await session.exec(select(Product).where(Product.code == code))).one()
