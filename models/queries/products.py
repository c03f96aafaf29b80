"""What accounts hold of the catalogue, and the catalogue itself."""

from sqlalchemy import ARRAY, Text, any_, bindparam, func, literal_column, select

from models import tables
from models.entities import LICENSE, LICENSE_TYPE, PRICE, PRODUCT, PRODUCT_SUBSCRIPTION
from models.entities.base import UUIDS
from models.queries.children import Children, Totals
from models.statements import Statement

_account = tables.Account.__table__
_product = tables.Product.__table__
_type = tables.LicenseType.__table__
_price = tables.Price.__table__
_subscription = tables.ProductSubscription.__table__
_license = tables.License.__table__
_key = tables.ActivationKey.__table__

FAMILIES = bindparam("families", type_=ARRAY(Text()))
PRODUCT_IDS = bindparam("product_ids", type_=UUIDS)

SUBSCRIPTIONS_OF_ACCOUNT = Children(
    "subscriptions_of_account",
    PRODUCT_SUBSCRIPTION,
    on=lambda parent: _subscription.c.account_id == parent.id,
    source=_subscription.join(_product, _product.c.id == _subscription.c.product_id),
    order=(_product.c.position, _subscription.c.id),
    conditions={
        "families": lambda: _product.c.family == any_(FAMILIES),
        "product_ids": lambda: _subscription.c.product_id == any_(PRODUCT_IDS),
    },
)

LICENSES_OF_SUBSCRIPTION = Children(
    "licenses_of_subscription",
    LICENSE,
    on=lambda parent: (_license.c.account_id == parent.account_id) & (_license.c.product_subscription_id == parent.id),
    source=_license.join(_type, _type.c.id == _license.c.license_type_id),
    order=(_type.c.position, _license.c.id),
)

LICENSE_TYPES_OF_PRODUCT = Children(
    "license_types_of_product",
    LICENSE_TYPE,
    on=lambda parent: _type.c.product_id == parent.id,
    order=(_type.c.position, _type.c.id),
)

PRICES_OF_PRODUCT = Children(
    "prices_of_product",
    PRICE,
    on=lambda parent: _type.c.product_id == parent.id,
    source=_price.join(_type, _type.c.id == _price.c.license_type_id),
    order=(_type.c.position, _price.c.cycle, _price.c.currency, _price.c.from_quantity),
)

_subscribed_prices = (
    _subscription.join(_type, _type.c.product_id == _subscription.c.product_id)
    .join(_account, _account.c.id == _subscription.c.account_id)
    .join(
        _price,
        (_price.c.license_type_id == _type.c.id)
        & (_price.c.cycle == _subscription.c.billing_cycle)
        & (_price.c.currency == _account.c.currency),
    )
)

PRICES_OF_SUBSCRIPTION = Children(
    "prices_of_subscription",
    PRICE,
    on=lambda parent: (_subscription.c.account_id == parent.account_id) & (_subscription.c.id == parent.id),
    source=_subscribed_prices,
    order=(_type.c.position, _price.c.from_quantity),
)

PRICES_OF_PLAN = Children(
    "prices_of_plan",
    PRICE,
    on=lambda parent: _subscription.c.account_id == parent.id,
    source=_subscribed_prices,
    order=(_type.c.number, _price.c.from_quantity),
)

DEFAULT_KEY_OF_LICENSE = Totals(
    "default_key_of_license",
    lambda parent: (
        select(_key.c.id.label("activation_key_id"))
        .select_from(_license.join(_key, _key.c.license_type_id == _license.c.license_type_id))
        .where(
            _license.c.account_id == parent.account_id,
            _license.c.id == parent.id,
            _key.c.account_id == parent.account_id,
            _key.c.is_default,
        )
    ),
)

PLAN_OF_ACCOUNT = Totals(
    "plan_of_account",
    lambda parent: (
        select(
            parent.id.label("id"),
            parent.id.label("account_id"),
            func.string_agg(_product.c.name, literal_column("', ' ORDER BY position")).label("name"),
        )
        .select_from(_subscription.join(_product, _product.c.id == _subscription.c.product_id))
        .where(_subscription.c.account_id == parent.id)
        .having(func.count() > literal_column("0"))
    ),
)


def catalogue(*, of_families: bool) -> Statement:
    """All products in the catalogue's order, or those of some families."""
    query = select(*PRODUCT.selected()).order_by(_product.c.position)
    return Statement(query.where(_product.c.family == any_(FAMILIES)) if of_families else query)
