"""The server list: of an account, a group, an activation key, a subscription or an invoice line.

For many parents at once a key's or a product's registrations lead to the servers. Filters and other orders would have
to read every server behind them, so one parent's list is then the account's, with the parent as one more filter; what
stays with the registrations is what they alone know, the date of activation.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    and_,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import INET

from models import tables
from models.entities import INSTALLED_PRODUCT, SERVER, SERVER_GROUP
from models.queries.children import Children, Totals
from models.queries.pages import Alone, Order, Pages
from models.queries.server_filters import BY_GROUP, conditions
from models.queries.server_scopes import through_group, through_key, through_product

_server = tables.Server.__table__
_registration = tables.Registration.__table__
_group = tables.ServerGroup.__table__
_subscription = tables.ProductSubscription.__table__
_line = tables.InvoiceLine.__table__

_instant_type = DateTime(timezone=True)
_by_hostname = Order("HOSTNAME")


def _orders(hostname: Any, registered: Any) -> dict[str, Any]:
    return {
        "HOSTNAME": (hostname, Text()),
        "IP": (_server.c.ip, INET()),
        "REGISTERED_AT": (registered, _instant_type),
        "LAST_CHECK_IN": (_server.c.last_check_in_sort, _instant_type),
        "GROUP": (_server.c.group_sort, Text()),
    }


def _own_list(name: str, scope: Callable[[Any], ColumnElement[bool]]) -> Pages:
    return Pages(
        name,
        SERVER,
        source=_server,
        id=_server.c.id,
        scope=scope,
        orders=_orders(_server.c.hostname, _server.c.registered_at),
        default=_by_hostname,
        conditions=conditions(_server.c.registered_at),
        conditions_by_order={"GROUP": BY_GROUP},
        extra={"registration_id": literal_column("NULL::uuid", Uuid())},
    )


_REGISTERED = and_(_server.c.id == _registration.c.server_id, _server.c.account_id == _registration.c.account_id)


_billed_registrations = _line.join(
    _registration,
    and_(
        _registration.c.account_id == _line.c.account_id,
        _registration.c.license_type_id == _line.c.license_type_id,
    ),
)


def _registered_list(
    name: str,
    scope: Callable[[Any], ColumnElement[bool]],
    registrations: Any = _registration,
    alone: Alone | None = None,
) -> Pages:
    return Pages(
        name,
        SERVER,
        source=registrations.join(_server, _REGISTERED),
        id=_registration.c.server_id,
        scope=scope,
        orders=_orders(_registration.c.hostname, _registration.c.activated_at),
        default=_by_hostname,
        conditions=conditions(_registration.c.activated_at),
        conditions_by_order={"GROUP": BY_GROUP},
        extra={"registration_id": _registration.c.id},
        lean_source=registrations,
        lean=frozenset({"HOSTNAME", "REGISTERED_AT", "registered_from", "registered_until"}),
        alone=alone,
    )


def _of_subscription(parent: Any) -> ColumnElement[bool]:
    """Registrations of the subscription's product; of a server's several, the first alone stands for it."""
    product = (
        select(_subscription.c.product_id)
        .where(_subscription.c.id == parent.id, _subscription.c.account_id == parent.account_id)
        .correlate_except(_subscription)
        .scalar_subquery()
    )
    other = _registration.alias("other")
    earlier = (
        select(other.c.id)
        .where(
            other.c.server_id == _registration.c.server_id,
            other.c.product_id == _registration.c.product_id,
            other.c.id < _registration.c.id,
        )
        .correlate_except(other)
    )
    return and_(
        _registration.c.account_id == parent.account_id, _registration.c.product_id == product, ~earlier.exists()
    )


_IN_ACCOUNT = _own_list("servers_in_account", lambda parent: _server.c.account_id == parent.account_id)

SERVERS_OF_ACCOUNT = _own_list("servers_of_account", lambda parent: _server.c.account_id == parent.id)

SERVERS_OF_GROUP = replace(
    _own_list(
        "servers_of_group",
        lambda parent: and_(_server.c.account_id == parent.account_id, _server.c.group_id == parent.id),
    ),
    alone=through_group(_IN_ACCOUNT),
)

SERVERS_OF_KEY = _registered_list(
    "servers_of_key",
    lambda parent: and_(
        _registration.c.account_id == parent.account_id, _registration.c.activation_key_id == parent.id
    ),
    alone=through_key(_IN_ACCOUNT),
)

SERVERS_OF_SUBSCRIPTION = _registered_list(
    "servers_of_subscription", _of_subscription, alone=through_product(_IN_ACCOUNT)
)

SERVERS_OF_INVOICE_LINE = _registered_list(
    "servers_of_invoice_line",
    lambda parent: and_(_line.c.id == parent.id, _line.c.account_id == parent.account_id),
    registrations=_billed_registrations,
)

INSTALLED_PRODUCTS_OF_SERVER = Children(
    "installed_products_of_server",
    INSTALLED_PRODUCT,
    on=lambda parent: and_(_registration.c.server_id == parent.id, _registration.c.account_id == parent.account_id),
    order=(_registration.c.activated_at, _registration.c.id),
)

GROUPS_OF_ACCOUNT = Children(
    "groups_of_account",
    SERVER_GROUP,
    on=lambda parent: _group.c.account_id == parent.id,
    order=(func.lower(_group.c.name), _group.c.id),
)

SERVER_COUNT_OF_GROUP = Totals(
    "server_count_of_group",
    lambda parent: select(func.count().label("servers")).where(
        _server.c.account_id == parent.account_id, _server.c.group_id == parent.id
    ),
)
