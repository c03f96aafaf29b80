"""The server list: of an account, a group, an activation key, a subscription or an invoice line.

What discrete filters compare stands in `servers.facets`, and what search compares in `servers.search_text`, so that a
filtered page is answered from the index of its order.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import INET

from models import tables
from models.entities import INSTALLED_PRODUCT, SERVER, SERVER_GROUP
from models.queries.children import Children, Totals
from models.queries.pages import Order, Pages

_server = tables.Server.__table__
_registration = tables.Registration.__table__
_group = tables.ServerGroup.__table__
_product = tables.Product.__table__
_line = tables.InvoiceLine.__table__

LIMITED_FACET = 10_001
UNLIMITED_FACET = 10_002
ACTIVATION_KEY_FACETS = 1_000_000
"""The facet of an activation key is its number above this one, that of a group its number below zero."""

MOST_SEEN_RANGES = 3
"""Five states of a time line merge to at most three ranges."""

Conditions = Mapping[str, Callable[[], ColumnElement[bool]]]


def _facets(name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _server.c.facets.op("&&")(bindparam(name, type_=ARRAY(Integer())))
    return found


def _instant(name: str) -> Any:
    return bindparam(name, type_=DateTime(timezone=True))


def _seen(count: int) -> Callable[[], ColumnElement[bool]]:
    seen = _server.c.last_check_in_sort
    ranges = [and_(seen >= _instant(f"seen_from_{n}"), seen <= _instant(f"seen_until_{n}")) for n in range(count)]
    return lambda: or_(*ranges)


def _pattern() -> Any:
    return func.lower(bindparam("search", type_=Text()))


def _masked_search() -> ColumnElement[bool]:
    """Search without activation keys, but for those given whole."""
    public = func.concat(_server.c.hostname, literal_column("' '"), func.host(_server.c.ip))
    seen = and_(_server.c.search_text.like(_pattern()), public.like(_pattern()))
    return or_(seen, _facets("searched_key_facets"))


def conditions(registered: Any) -> Conditions:
    """The filters of a server list by name; `registered` is the column that the registered date is."""
    seen = _server.c.last_check_in_sort
    return {
        "product_facets": lambda: _facets("product_facets"),
        "family_facets": lambda: _facets("family_facets"),
        "key_facets": lambda: _facets("key_facets"),
        "group_facets": lambda: _facets("group_facets"),
        "limited_facets": lambda: _facets("limited_facets"),
        "registered_from": lambda: registered >= _instant("registered_from"),
        "registered_until": lambda: registered < _instant("registered_until"),
        "last_check_in_from": lambda: seen >= _instant("last_check_in_from"),
        "last_check_in_until": lambda: seen < _instant("last_check_in_until"),
        "search": lambda: _server.c.search_text.like(_pattern()),
        "masked_search": _masked_search,
        "ever_seen": lambda: seen < literal_column("'infinity'::timestamptz"),
        "nothing": lambda: literal_column("false"),
        **{f"seen_{count}": _seen(count) for count in range(1, MOST_SEEN_RANGES + 1)},
    }


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
        extra={"registration_id": literal_column("NULL::uuid", Uuid())},
    )


_registered_servers = _registration.join(
    _server, and_(_server.c.id == _registration.c.server_id, _server.c.account_id == _registration.c.account_id)
)


def _registered_list(
    name: str, scope: Callable[[Any], ColumnElement[bool]], source: Any = _registered_servers
) -> Pages:
    return Pages(
        name,
        SERVER,
        source=source,
        id=_registration.c.server_id,
        scope=scope,
        orders=_orders(_registration.c.hostname, _registration.c.activated_at),
        default=_by_hostname,
        conditions=conditions(_registration.c.activated_at),
        extra={"registration_id": _registration.c.id},
    )


def _of_subscription(parent: Any) -> ColumnElement[bool]:
    """Registrations of the subscription's product; of a server's several, the first alone stands for it."""
    subscription = tables.ProductSubscription.__table__
    product = (
        select(subscription.c.product_id)
        .where(subscription.c.id == parent.id, subscription.c.account_id == parent.account_id)
        .correlate_except(subscription)
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


SERVERS_OF_ACCOUNT = _own_list("servers_of_account", lambda parent: _server.c.account_id == parent.id)

SERVERS_OF_GROUP = _own_list(
    "servers_of_group",
    lambda parent: and_(_server.c.account_id == parent.account_id, _server.c.group_id == parent.id),
)

SERVERS_OF_KEY = _registered_list(
    "servers_of_key",
    lambda parent: and_(
        _registration.c.account_id == parent.account_id, _registration.c.activation_key_id == parent.id
    ),
)

SERVERS_OF_SUBSCRIPTION = _registered_list("servers_of_subscription", _of_subscription)

SERVERS_OF_INVOICE_LINE = _registered_list(
    "servers_of_invoice_line",
    lambda parent: and_(_line.c.id == parent.id, _line.c.account_id == parent.account_id),
    source=_line.join(
        _registration,
        and_(
            _registration.c.account_id == _line.c.account_id,
            _registration.c.license_type_id == _line.c.license_type_id,
        ),
    ).join(
        _server, and_(_server.c.id == _registration.c.server_id, _server.c.account_id == _registration.c.account_id)
    ),
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
