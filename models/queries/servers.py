"""The server list: of an account, a group, an activation key, a subscription or an invoice line.

For many parents at once a key's or a product's registrations lead to the servers. Filters and other orders would have
to read every server behind them, so one parent's list is then the account's, with the parent as one more filter; what
stays with the registrations is what they alone know, the date of activation.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import INET

from models import tables
from models.entities import INSTALLED_PRODUCT, SERVER, SERVER_GROUP
from models.entities.base import UUIDS
from models.queries.activations import (
    FIRST,
    Activated,
    activated_elsewhere,
    first_registration,
    last_seen,
    seen_elsewhere,
)
from models.queries.children import Children, Totals
from models.queries.finding import Counted, Finder, among_addresses
from models.queries.pages import Order, Pages, Way
from models.queries.parents import ONE_PARENT
from models.queries.server_filters import (
    DAYS,
    SEEN,
    Conditions,
    by_address,
    by_group,
    conditions,
    counted,
    on_the_way,
)
from models.queries.server_scopes import (
    Registered,
    no_registration,
    registered_by,
    through_group,
    through_key,
    through_product,
)
from models.queries.subscriptions import product_of_subscription
from models.queries.ways import Alone, Apart

_server = tables.Server.__table__
_check_in = tables.ServerCheckIn.__table__
_registration = tables.Registration.__table__
_group = tables.ServerGroup.__table__
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
    return Pages(
        name,
        SERVER,
        source=_check_in if table is _check_in else _with_check_in,
        id=server_id,
        scope=scope,
        orders=_orders(listed, listed.registered_at),
        default=_by_hostname,
        conditions=conditions(listed, server_id, listed.registered_at, _seen),
        conditions_by_order={"GROUP": grouped(listed), "IP": by_address(listed)},
        extra={"registration_id": registered(listed.account_id, server_id)},
        told=_TOLD,
        lean_source=table,
        lean=_LISTED,
        ways=ways,
    )


_TOLD = {"LAST_CHECK_IN": SERVER.source.c.last_check_in_sort}
"""The order by last check-in sorts by the very column that a server shows."""

_LISTED = frozenset({*_orders(_server.c, None), *conditions(_server.c, None, None, None)}) - BY_CHECK_IN
"""The orders and filters that are the server's own."""


def _account_list(
    name: str,
    account: Callable[[Any], Any],
    registered: Registered = no_registration,
    grouped: Callable[[Any], Conditions] = by_group,
) -> Pages:
    """An account's list; its check-ins have their own table, which has all that the list compares beside them."""

    def within(table: Any, server_id: Any) -> Pages:
        return _list_of(name, table, server_id, lambda of: table.c.account_id == account(of), registered, grouped)

    own, apart = within(_server, _server.c.id), within(_check_in, _check_in.c.server_id)
    own = replace(
        own, source=_server, conditions={**own.conditions, **counted(_server.c), **seen_elsewhere(_server.c.id)}
    )
    found = replace(apart, few=True)
    said = {**own.conditions, **on_the_way(_server.c, _server.c.id)}
    plain = conditions(_server.c, _server.c.id, _server.c.registered_at, _seen)
    days = {name: plain[name] for name in DAYS}
    addresses = {**own.conditions_by_order["IP"], **among_addresses(account, _server.c)}
    by_order = {**own.conditions_by_order, "IP": addresses}
    walked = replace(own, conditions=said, conditions_by_order={**by_order, "REGISTERED_AT": days}, alone=True)
    finder = Finder(account, lambda rows: _found(name, rows, registered, grouped))
    counted_first = replace(own, conditions=plain, conditions_by_order=by_order, finder=finder, alone=True)
    long = replace(
        counted_first,
        conditions={**plain, **{name: said[name] for name in DAYS}},
        conditions_by_order=walked.conditions_by_order,
        finder=replace(finder, names=finder.names | DAYS),
    )
    seen_finder = Finder(account, lambda rows: _among(found, _check_in.c.server_id, rows), by_day=False, read=("id",))
    first = replace(apart, finder=seen_finder, alone=True)
    own_days = replace(own, conditions={**said, **days})
    ways = (
        Apart(own_days, apart, walked, found, first, "LAST_CHECK_IN", SEEN, DAYS, finder),
        Counted(counted_first, long),
    )
    return replace(own, ways=ways)


def _found(name: str, rows: Any, registered: Registered, grouped: Callable[[Any], Conditions]) -> Pages:
    """A list of rows that were found, of one parent all."""
    pages = _list_of(name, rows, rows.c.id, lambda _: true(), registered, grouped)
    return replace(pages, source=rows, lean_source=None, lean=frozenset(), few=True)


def _among(pages: Pages, server_id: Any, rows: Any) -> Pages:
    """Such a list by what another table compares: a condition on the ids, that rows need not be joined."""
    ids = func.array(select(rows.c.id).scalar_subquery(), type_=UUIDS)
    return replace(pages, scope=lambda of: and_(pages.scope(of), server_id == any_(ids)))


def _in_account(registered: Registered, grouped: Callable[[Any], Conditions]) -> Pages:
    return _account_list("servers_in_account", lambda parent: parent.account_id, registered, grouped)


def _registered_list(name: str, scope: Scope, ways: tuple[Way, ...] = (), table: Any = _registration) -> Pages:
    """A list of registrations' servers: registrations repeat what their servers are compared by."""
    listed = table.c
    return Pages(
        name,
        SERVER,
        source=table.join(_check_in, _check_in.c.server_id == listed.server_id),
        id=listed.server_id,
        scope=scope,
        orders=_orders(listed, listed.activated_at),
        default=_by_hostname,
        conditions=conditions(listed, listed.server_id, listed.activated_at, _seen),
        conditions_by_order={"GROUP": by_group(listed), "IP": by_address(listed)},
        extra={"registration_id": listed.id},
        told=_TOLD,
        lean_source=table,
        lean=_LISTED,
        ways=ways,
    )


def _first_of_product() -> ColumnElement[bool]:
    """Of a server's several registrations with one product, the first alone stands for it."""
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
    return ~earlier.exists()


def _of_subscription(parent: Any) -> ColumnElement[bool]:
    """Registrations of the subscription's product."""
    return and_(
        _registration.c.account_id == parent.account_id,
        _registration.c.product_id == product_of_subscription(parent),
        _first_of_product(),
    )


def _seen_late(name: str, rows: Any) -> ColumnElement[bool]:
    """That the last check-in of a row's server is in a range, looked up."""
    return last_seen(rows.id, name)


def _by_activation(alone: Alone, column: Any, *only: ColumnElement[bool]) -> Activated:
    """The ways to the servers of one key or product, which `column` names, where the date of activation counts."""

    def account_of(table: Any) -> Scope:
        return lambda parent: table.c.account_id == parent.account_id

    def walked(table: Any, server_id: Any) -> Pages:
        pages, first = _list_of("activated", table, server_id, account_of(table)), first_registration(column, server_id)
        seen: Conditions = {} if table is _check_in else seen_elsewhere(server_id)
        said = {**on_the_way(table.c, server_id), **activated_elsewhere(column, server_id, first), **seen}
        return replace(
            pages,
            source=table.join(first, true()),
            conditions={**pages.conditions, **said},
            extra={"registration_id": first.c.id},
            lean=frozenset(),
            alone=True,
        )

    def of_scope(parent: Any, *only: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(
            _registration.c.account_id == parent.account_id, column == bindparam("scope_id", type_=Uuid()), *only
        )

    every = _registered_list("activated", of_scope)
    seen = seen_elsewhere(_registration.c.server_id)
    registrations = replace(
        every,
        scope=lambda parent: of_scope(parent, *only),
        conditions={**every.conditions, **seen},
        lean=_LISTED | frozenset(seen),
    )
    first_of, account = registered_by(column), ONE_PARENT.account_id
    in_order = replace(
        registrations,
        scope=of_scope,
        late={
            FIRST: lambda rows: rows.registration_id == first_of(account, rows.id) if only else true(),
            **{name: partial(_seen_late, name) for name in SEEN},
        },
        alone=True,
    )
    found = select(_registration).where(
        of_scope(ONE_PARENT, *only), _registration.c.server_id == any_(bindparam("found", type_=UUIDS))
    )
    looked_up = replace(
        _registered_list("activated", lambda _: true(), table=found.offset(literal_column("0")).subquery("found")),
        few=True,
    )
    servers, check_ins = walked(_server, _server.c.id), walked(_check_in, _check_in.c.server_id)
    seen_alone = _list_of("seen", _check_in, _check_in.c.server_id, account_of(_check_in))
    finder = Finder(lambda parent: parent.account_id, lambda rows: _found("activated", rows, no_registration, by_group))
    return Activated(
        alone, every, registrations, in_order, servers, check_ins, seen_alone, looked_up, finder, each_once=not only
    )


SERVERS_OF_ACCOUNT = _account_list("servers_of_account", lambda parent: parent.id)

SERVERS_OF_GROUP = _list_of(
    "servers_of_group",
    _server,
    _server.c.id,
    lambda parent: and_(_server.c.account_id == parent.account_id, _server.c.group_id == parent.id),
    ways=(through_group(_in_account),),
)

_through_key, _through_product = through_key(_in_account), through_product(_in_account)

SERVERS_OF_KEY = _registered_list(
    "servers_of_key",
    lambda parent: and_(
        _registration.c.account_id == parent.account_id, _registration.c.activation_key_id == parent.id
    ),
    ways=(_through_key, _by_activation(_through_key, _registration.c.activation_key_id)),
)

SERVERS_OF_SUBSCRIPTION = _registered_list(
    "servers_of_subscription",
    _of_subscription,
    ways=(_through_product, _by_activation(_through_product, _registration.c.product_id, _first_of_product())),
)

_billed_registration = (
    select(_registration.c.id)
    .where(
        _registration.c.account_id == _line.c.account_id,
        _registration.c.server_id == _server.c.id,
        _registration.c.license_type_id == _line.c.license_type_id,
    )
    .correlate(_line, _server)
    .scalar_subquery()
)

SERVERS_OF_INVOICE_LINE = Pages(
    "servers_of_invoice_line",
    SERVER,
    source=_line.join(
        _server, and_(_server.c.account_id == _line.c.account_id, _server.c.id == any_(_line.c.server_ids))
    ),
    id=_server.c.id,
    scope=lambda parent: and_(_line.c.id == parent.id, _line.c.account_id == parent.account_id),
    orders={"HOSTNAME": (_server.c.hostname, Text())},
    default=_by_hostname,
    extra={"registration_id": _billed_registration},
)
"""The servers that a line was issued for, as far as they are there still."""

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
