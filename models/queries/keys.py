"""The activation keys of an account or a subscription."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from models import tables
from models.entities import ACTIVATION_KEY
from models.entities.base import UUIDS
from models.queries.pages import Order, Pages
from models.queries.products import FAMILIES, PRODUCT_IDS
from models.queries.subscriptions import product_of_subscription

_key = tables.ActivationKey.__table__
_type = tables.LicenseType.__table__
_product = tables.Product.__table__

LAST_TEXT = literal_column(r"U&'\+10FFFF'", Text(collation="C"))
"""Sorts behind every other text: what is null in an order."""

UNLIMITED = literal_column("9223372036854775807", BigInteger())

_search = func.lower(bindparam("search", type_=Text()))


def _of_families() -> ColumnElement[bool]:
    """Keys of the families' products, which are looked up once."""
    products = select(_product.c.id).where(_product.c.family == any_(FAMILIES)).scalar_subquery()
    found: ColumnElement[bool] = _key.c.product_id == any_(func.array(products, type_=UUIDS))
    return found


_CONDITIONS: dict[str, Callable[[], ColumnElement[bool]]] = {
    "product_ids": lambda: _key.c.product_id == any_(PRODUCT_IDS),
    "families": _of_families,
    "license_type_ids": lambda: _key.c.license_type_id == any_(bindparam("license_type_ids", type_=UUIDS)),
    "limited": lambda: _key.c.seat_limit.is_not(None),
    "unlimited": lambda: _key.c.seat_limit.is_(None),
    "search": lambda: or_(func.lower(_key.c.key).like(_search), func.lower(_key.c.note).like(_search)),
    "masked_search": lambda: or_(
        func.lower(_key.c.note).like(_search), _key.c.key == bindparam("searched_key", type_=Text())
    ),
}

_ORDERS: dict[str, Any] = {
    "KEY": (_key.c.key, Text()),
    "LICENSE_TYPE": (_type.c.name.collate("C"), Text()),
    "NOTE": (func.coalesce(func.lower(_key.c.note), LAST_TEXT).collate("C"), Text()),
    "USED": (_key.c.used, Integer()),
    "LIMIT": (func.coalesce(cast(_key.c.seat_limit, BigInteger), UNLIMITED), BigInteger()),
    "CREATED_AT": (_key.c.created_at, DateTime(timezone=True)),
}


def _keys(name: str, scope: Callable[[Any], ColumnElement[bool]]) -> Pages:
    return Pages(
        name,
        ACTIVATION_KEY,
        source=_key.join(_type, _type.c.id == _key.c.license_type_id),
        id=_key.c.id,
        scope=scope,
        orders=_ORDERS,
        default=Order("KEY"),
        conditions=_CONDITIONS,
    )


def _of_subscription(parent: Any) -> ColumnElement[bool]:
    """Keys of the subscription's product."""
    return and_(_key.c.account_id == parent.account_id, _key.c.product_id == product_of_subscription(parent))


KEYS_OF_ACCOUNT = _keys("keys_of_account", lambda parent: _key.c.account_id == parent.id)

KEYS_OF_SUBSCRIPTION = _keys("keys_of_subscription", _of_subscription)
