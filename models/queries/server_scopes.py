"""One parent's servers as the account's, with the parent as a filter: what each parent comes to in facets.

The row of a scope has its facets, what they imply, and which of the facets that a filter asks for are its rivals: those
that no server can have beside it.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import array

from models import tables
from models.queries.activations import ACTIVATION
from models.queries.pages import Pages
from models.queries.server_filters import (
    ACTIVATION_KEY_FACETS,
    LIMITED_FACET,
    UNLIMITED_FACET,
    Conditions,
    by_group,
    by_group_in_scope,
)
from models.queries.ways import Alone
from models.statements import Statement

_registration = tables.Registration.__table__.c
_group = tables.ServerGroup.__table__.c
_product = tables.Product.__table__.c
_key = tables.ActivationKey.__table__.c
_subscription = tables.ProductSubscription.__table__.c

_ASKED: Any = bindparam("asked", type_=ARRAY(Integer()))
_NONE = literal_column("'{}'::integer[]", ARRAY(Integer()))


def _one(table: Any) -> Any:
    """The parent itself, within its account."""
    return (table.id == bindparam("parent", type_=Uuid())) & (table.account_id == bindparam("account", type_=Uuid()))


Registered = Callable[[Any, Any], Any]
"""What tells a server's registration, from the columns of its account and id."""

InAccount = Callable[[Registered, Callable[[Any], Conditions]], Pages]
"""What makes the account's list, with the registration of a page's rows, and the conditions in the order by group."""


def no_registration(_account_id: Any, _server_id: Any) -> Any:
    """Where a list has no one registration for a server."""
    return literal_column("NULL::uuid", Uuid())


def registered_by(column: Any) -> Registered:
    """The first registration with the parent of a scope, which is looked up for the rows of a page."""

    def registration(account_id: Any, server_id: Any) -> Any:
        return (
            select(_registration.id)
            .where(
                _registration.server_id == server_id,
                _registration.account_id == account_id,
                column == bindparam("scope_id", type_=Uuid()),
            )
            .order_by(_registration.id)
            .limit(literal_column("1"))
            .scalar_subquery()
        )

    return registration


def through_group(in_account: InAccount) -> Alone:
    """A server is in one group: every other is a rival."""
    facet = -_group.number
    return Alone(
        in_account(no_registration, by_group_in_scope),
        Statement(
            select(
                array([facet]).label("scope"),
                array([func.lower(_group.name)]).label("scope_sorts"),
                func.array_remove(_ASKED, facet).label("rivals"),
            ).where(_one(_group))
        ),
        names=("scope", "scope_sorts"),
        implies={"group_facets": "scope"},
        rivals="group_facets",
    )


def _facet_of(key: Any) -> Any:
    return key.number + literal_column(str(ACTIVATION_KEY_FACETS))


def through_key(in_account: InAccount) -> Alone:
    """A server has one key of a license type: the type's others are rivals."""
    other = tables.ActivationKey.__table__.alias("other").c
    rivals = select(_facet_of(other)).where(
        other.number.in_(select(func.unnest(_ASKED) - literal_column(str(ACTIVATION_KEY_FACETS)))),
        other.account_id == _key.account_id,
        other.license_type_id == _key.license_type_id,
        other.id != _key.id,
    )
    limit = case(
        (_key.seat_limit.is_(None), literal_column(str(UNLIMITED_FACET))), else_=literal_column(str(LIMITED_FACET))
    )
    return Alone(
        in_account(registered_by(_registration.activation_key_id), by_group),
        Statement(
            select(
                array([_facet_of(_key)]).label("scope"),
                _key.id.label("scope_id"),
                array([cast(_product.number, Integer)]).label("products"),
                array([limit]).label("limits"),
                func.array(rivals.scalar_subquery()).label("rivals"),
            ).where(_one(_key), _product.id == _key.product_id)
        ),
        names=("scope", "scope_id"),
        implies={
            "key_facets": "scope",
            "product_facets": "products",
            "family_facets": "products",
            "limited_facets": "limits",
        },
        rivals="key_facets",
        unless=ACTIVATION,
    )


def through_product(in_account: InAccount) -> Alone:
    """A server may have any number of products, and any keys of each."""
    return Alone(
        in_account(registered_by(_registration.product_id), by_group),
        Statement(
            select(
                array([cast(_product.number, Integer)]).label("scope"),
                _product.id.label("scope_id"),
                _NONE.label("rivals"),
            ).where(_one(_subscription), _product.id == _subscription.product_id)
        ),
        names=("scope", "scope_id"),
        implies={"product_facets": "scope", "family_facets": "scope"},
        rivals="key_facets",
        unless=ACTIVATION,
    )
