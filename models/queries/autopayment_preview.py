"""What autopayment would look at: the balance and the rule, the card and its past, and what is billed next."""

from typing import Any

from sqlalchemy import DateTime, Select, bindparam, literal_column, select, text, true

from models import tables
from models.queries.autopayment import HISTORY_OF
from models.queries.children import Totals
from models.tables.billing import UNSETTLED_AUTOPAYMENT

_account = tables.Account.__table__
_rate = tables.TaxRate.__table__
_clock = select(bindparam("now", type_=DateTime(timezone=True)).label("at")).subquery("clock")

CARD = """
    LATERAL (
        SELECT coalesce(
            accounts.autopayment_method_id,
            (SELECT m.id FROM payment_methods m WHERE m.account_id = accounts.id AND m.is_default)
        ) AS id
    ) card
"""
UNDER_WAY = f"(SELECT p.amount_minor FROM payments p WHERE p.account_id = accounts.id AND {UNSETTLED_AUTOPAYMENT})"
_history = HISTORY_OF.format(account="accounts.id", method="card.id", since="clock.at - interval '24 hours'")

# The next invoice bills, on the first day that something renews, everything that does then.
NEXT = """
    (SELECT sum(l.quantity * price.unit_price_minor)::bigint
     FROM product_subscriptions s
     JOIN licenses l ON l.account_id = s.account_id AND l.product_subscription_id = s.id AND l.quantity > 0
     CROSS JOIN LATERAL (
         SELECT p.unit_price_minor FROM prices p
         WHERE p.license_type_id = l.license_type_id AND p.cycle = s.billing_cycle AND p.currency = accounts.currency
             AND p.from_quantity <= l.quantity
         ORDER BY p.from_quantity DESC LIMIT 1
     ) price
     WHERE s.account_id = accounts.id AND s.renews_at = (
         SELECT min(n.renews_at) FROM product_subscriptions n
         JOIN licenses h ON h.account_id = n.account_id AND h.product_subscription_id = n.id AND h.quantity > 0
         WHERE n.account_id = accounts.id
     ))
"""


def _facts(parent: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            _account.c.autopayment_mode,
            _account.c.autopayment_threshold_minor,
            _account.c.autopayment_target_minor,
            _account.c.balance_minor,
            _account.c.currency,
            _account.c.vat_number,
            _rate.c.country,
            _rate.c.rate,
            _rate.c.reverse_charge,
            literal_column("card.id").label("card_id"),
            literal_column("history.sum_minor").label("charged_minor"),
            literal_column("history.times").label("times"),
            literal_column("history.declines").label("declines"),
            literal_column("history.declined_at").label("declined_at"),
            literal_column(UNDER_WAY).label("under_way_minor"),
            literal_column(NEXT).label("next_minor"),
        )
        .select_from(
            _account.join(_clock, true()).outerjoin(_rate, _rate.c.country == _account.c.company_country),
            text(CARD),
            text(f"LATERAL ({_history}) history"),
        )
        .where(_account.c.id == parent.id)
    )


AUTOPAYMENT_FACTS = Totals("autopayment_facts", _facts)
