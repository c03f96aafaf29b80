"""One parent's servers as the account's, with the parent as a filter: what each parent comes to in facets.

The row of a scope has its facets, what they imply, and which of the facets that a filter asks for are its rivals: those
that no server can have beside it.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import array

from models import tables
from models.queries.pages import Alone, Pages
from models.queries.server_filters import ACTIVATION_KEY_FACETS, BY_GROUP_IN_SCOPE, LIMITED_FACET, UNLIMITED_FACET
from models.statements import Statement

_server = tables.Server.__table__.c
_registration = tables.Registration.__table__.c
_group = tables.ServerGroup.__table__.c
_product = tables.Product.__table__.c
_key = tables.ActivationKey.__table__.c
_subscription = tables.ProductSubscription.__table__.c

_ACTIVATION = frozenset({"REGISTERED_AT", "registered_from", "registered_until"})
"""What only registrations know: when a server was activated with this key or product."""

_ASKED: Any = bindparam("asked", type_=ARRAY(Integer()))
_NONE = literal_column("'{}'::integer[]", ARRAY(Integer()))


def _one(table: Any) -> Any:
    """The parent itself, within its account."""
    return (table.id == bindparam("parent", type_=Uuid())) & (table.account_id == bindparam("account", type_=Uuid()))


def _registered(pages: Pages, by: Any) -> Pages:
    """The account's list, with the registration looked up for the rows of a page."""
    registration = (
        select(_registration.id)
        .where(
            _registration.server_id == _server.id,
            _registration.account_id == _server.account_id,
            by == bindparam("scope_id", type_=Uuid()),
        )
        .order_by(_registration.id)
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    return replace(pages, extra={"registration_id": registration})


def through_group(pages: Pages) -> Alone:
    """A server is in one group: every other is a rival."""
    facet = -_group.number
    return Alone(
        replace(pages, conditions_by_order={"GROUP": BY_GROUP_IN_SCOPE}),
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


def through_key(pages: Pages) -> Alone:
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
        _registered(pages, _registration.activation_key_id),
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
        unless=_ACTIVATION,
    )


def through_product(pages: Pages) -> Alone:
    """A server may have any number of products, and any keys of each."""
    return Alone(
        _registered(pages, _registration.product_id),
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
        unless=_ACTIVATION,
    )
