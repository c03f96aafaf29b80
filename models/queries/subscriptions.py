"""What other lists need to know of a subscription that is their parent."""

from typing import Any

from sqlalchemy import ColumnElement, select

from models import tables

_subscription = tables.ProductSubscription.__table__


def product_of_subscription(parent: Any) -> ColumnElement[Any]:
    """The subscription's product, looked up once: a join might look it up for each row of its list."""
    return (
        select(_subscription.c.product_id)
        .where(_subscription.c.id == parent.id, _subscription.c.account_id == parent.account_id)
        .correlate_except(_subscription)
        .scalar_subquery()
    )
