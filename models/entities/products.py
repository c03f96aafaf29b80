"""The catalogue: products, license types and prices, and what an account holds of them."""

from typing import Any

from sqlalchemy import Text, bindparam, func, literal_column, select

from models import tables
from models.columns import day, instant, money
from models.entities.base import Entity, everyone

_product = tables.Product.__table__.c
_license_type = tables.LicenseType.__table__.c
_price = tables.Price.__table__.c
_subscription = tables.ProductSubscription.__table__.c
_license = tables.License.__table__.c

PUBLIC_URL = bindparam("public_url", type_=Text())
"""Where the gateway is reached from outside, without a slash at the end."""

PRODUCT = Entity(
    "Product",
    tables.Product.__table__,
    {
        "id": _product.id,
        "number": _product.number,
        "code": _product.code,
        "name": _product.name,
        "family": _product.family,
        "description": _product.description,
        "logo_url": func.concat(PUBLIC_URL, literal_column("'/static/logos/'"), _product.logo),
    },
    reach=everyone,
)

LICENSE_TYPE = Entity(
    "LicenseType",
    tables.LicenseType.__table__,
    {
        "id": _license_type.id,
        "code": _license_type.code,
        "name": _license_type.name,
        "product_id": _license_type.product_id,
        "max_users": _license_type.max_users,
    },
    reach=everyone,
)

PRICE = Entity(
    "Price",
    tables.Price.__table__,
    {
        "id": _price.id,
        "license_type_id": _price.license_type_id,
        "cycle": _price.cycle,
        "from_quantity": _price.from_quantity,
        **money("unit_price", _price.unit_price_minor, _price.currency),
    },
    reach=everyone,
)


def _licenses(quantity: Any) -> Any:
    """The sum of a quantity over a subscription's pools, within the row's own statement where it is selected."""
    held = (
        select(func.coalesce(func.sum(quantity), literal_column("0")))
        .where(_license.account_id == _subscription.account_id, _license.product_subscription_id == _subscription.id)
        .correlate(tables.ProductSubscription.__table__)
    )
    return held.scalar_subquery()


PRODUCT_SUBSCRIPTION = Entity(
    "ProductSubscription",
    tables.ProductSubscription.__table__,
    {
        "id": _subscription.id,
        "account_id": _subscription.account_id,
        "product_id": _subscription.product_id,
        "product_quota": _subscription.product_quota,
        "billing_cycle": _subscription.billing_cycle,
        "renews_at": day(_subscription.renews_at),
        "license_count": _licenses(_license.quantity),
        "used_license_count": _licenses(_license.used),
    },
)

LICENSE = Entity(
    "License",
    tables.License.__table__,
    {
        "id": _license.id,
        "account_id": _license.account_id,
        "license_type_id": _license.license_type_id,
        "quantity": _license.quantity,
        "used": _license.used,
        "available": _license.quantity - _license.used,
        "created_at": instant(_license.created_at),
    },
)
