"""The server list: of an account, a group, an activation key, a subscription or an invoice line.

For many parents at once a key's or a product's registrations lead to the servers. Filters and other orders would have
to read every server behind them, so one parent's list is then the account's, with the parent as one more filter; what
stays with the registrations is what they alone know, the date of activation.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Text,
    and_,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import INET

from models import tables
from models.entities import INSTALLED_PRODUCT, SERVER, SERVER_GROUP
from models.queries.children import Children, Totals
from models.queries.pages import Order, Pages, Way
from models.queries.server_filters import SEEN, Conditions, by_group, conditions
from models.queries.server_scopes import Registered, no_registration, through_group, through_key, through_product
from models.queries.ways import Through

_server = tables.Server.__table__
_check_in = tables.ServerCheckIn.__table__
_registration = tables.Registration.__table__
_group = tables.ServerGroup.__table__
_subscription = tables.ProductSubscription.__table__
_line = tables.InvoiceLine.__table__
_installed = INSTALLED_PRODUCT.source

_instant_type = DateTime(timezone=True)
_by_hostname = Order("HOSTNAME")

_seen = _check_in.c.last_check_in_sort
BY_CHECK_IN = SEEN | {"LAST_CHECK_IN"}
"""The order and the filters by last check-in."""

_with_check_in = _server.join(_check_in, _check_in.c.server_id == _server.c.id)

Scope = Callable[[Any], ColumnElement[bool]]


def _orders(listed: Any, registered: Any) -> dict[str, Any]:
    return {
        "HOSTNAME": (listed.hostname, Text()),
        "IP": (listed.ip, INET()),
        "REGISTERED_AT": (registered, _instant_type),
        "LAST_CHECK_IN": (_seen, _instant_type),
        "GROUP": (listed.group_sort, Text()),
    }


def _list_of(
    name: str,
    table: Any,
    server_id: Any,
    scope: Scope,
    registered: Registered = no_registration,
    grouped: Callable[[Any], Conditions] = by_group,
    ways: tuple[Way, ...] = (),
) -> Pages:
    """A list of servers as one table compares them, the servers' own or that of their check-ins."""
    listed = table.c
    alone = table is _check_in
    return Pages(
        name,
        SERVER,
        source=_check_in if alone else _with_check_in,
        id=server_id,
        scope=scope,
        orders=_orders(listed, listed.registered_at),
        default=_by_hostname,
        conditions=conditions(listed, listed.registered_at, _seen),
        conditions_by_order={"GROUP": grouped(listed)},
        extra={"registration_id": registered(listed.account_id, server_id)},
        lean_source=table,
        lean=_LISTED,
        ways=ways,
    )


_LISTED = frozenset({*_orders(_server.c, None), *conditions(_server.c, None, None)}) - BY_CHECK_IN
"""The orders and filters that are the server's own."""


def _account_list(
    name: str,
    account: Callable[[Any], Any],
    registered: Registered = no_registration,
    grouped: Callable[[Any], Conditions] = by_group,
) -> Pages:
    """An account's list; its check-ins have their own table, which has all that the list compares beside them."""

    def within(table: Any) -> Scope:
        return lambda parent: table.c.account_id == account(parent)

    def own(table: Any, server_id: Any, ways: tuple[Way, ...] = ()) -> Pages:
        return _list_of(name, table, server_id, within(table), registered, grouped, ways)

    by_check_in = own(_check_in, _check_in.c.server_id)
    return own(_server, _server.c.id, (Through(by_check_in, BY_CHECK_IN),))


def _in_account(registered: Registered, grouped: Callable[[Any], Conditions]) -> Pages:
    return _account_list("servers_in_account", lambda parent: parent.account_id, registered, grouped)


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
    scope: Scope,
    registrations: Any = _registration,
    ways: tuple[Way, ...] = (),
) -> Pages:
    """A list of registrations' servers. Where check-ins are not asked for they are not read, though in the source."""
    registered = _registration.c.activated_at
    return Pages(
        name,
        SERVER,
        source=registrations.join(_server, _REGISTERED).outerjoin(_check_in, _check_in.c.server_id == _server.c.id),
        id=_registration.c.server_id,
        scope=scope,
        orders={**_orders(_server.c, registered), "HOSTNAME": (_registration.c.hostname, Text())},
        default=_by_hostname,
        conditions=conditions(_server.c, registered, _seen),
        conditions_by_order={"GROUP": by_group(_server.c)},
        extra={"registration_id": _registration.c.id},
        lean_source=registrations,
        lean=frozenset({"HOSTNAME", "REGISTERED_AT", "registered_from", "registered_until"}),
        ways=ways,
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


SERVERS_OF_ACCOUNT = _account_list("servers_of_account", lambda parent: parent.id)

SERVERS_OF_GROUP = _list_of(
    "servers_of_group",
    _server,
    _server.c.id,
    lambda parent: and_(_server.c.account_id == parent.account_id, _server.c.group_id == parent.id),
    ways=(through_group(_in_account),),
)

SERVERS_OF_KEY = _registered_list(
    "servers_of_key",
    lambda parent: and_(
        _registration.c.account_id == parent.account_id, _registration.c.activation_key_id == parent.id
    ),
    ways=(through_key(_in_account),),
)

SERVERS_OF_SUBSCRIPTION = _registered_list(
    "servers_of_subscription", _of_subscription, ways=(through_product(_in_account),)
)

SERVERS_OF_INVOICE_LINE = _registered_list(
    "servers_of_invoice_line",
    lambda parent: and_(_line.c.id == parent.id, _line.c.account_id == parent.account_id),
    registrations=_billed_registrations,
)

INSTALLED_PRODUCTS_OF_SERVER = Children(
    "installed_products_of_server",
    INSTALLED_PRODUCT,
    on=lambda parent: and_(_installed.c.server_id == parent.id, _installed.c.account_id == parent.account_id),
    order=(_installed.c.activated_at, _installed.c.id),
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
