"""What autopayment would do: now, and after the next invoice. It charges nothing, and reads the rule that does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.autopayment import LEAST_CHARGED_MINOR, Caps, Charged, Rule, allowed, due, tries_again_at
from models.enums import AutopaymentMode
from models.queries.autopayment_preview import AUTOPAYMENT_FACTS
from models.queries.parents import Parent
from models.statements import Row
from models.tables import TaxRate
from resolvers.amounts import decimal
from resolvers.context import RequestContext
from resolvers.taxing import tax_at

OFF = "Autopayment is off."
NO_CARD = "There is no payment method to charge."
UNDER_WAY = "A charge is under way; no other is begun before it has ended."
BOUND = "As much has been charged within 24 hours as may be; what is due waits."
SMALL = "What is missing is less than a card is charged with; it waits until it has grown."
PAUSED = "The card was declined lately. It is charged again after a pause, and another card at once."
ENOUGH = {
    AutopaymentMode.AUTO_REPAY: "The balance is not below zero.",
    AutopaymentMode.AUTO_ADD_FUNDS: "The balance is not below the threshold.",
}
DUE = {
    AutopaymentMode.AUTO_REPAY: "The balance is below zero: the debt is charged, or the least that is repaid.",
    AutopaymentMode.AUTO_ADD_FUNDS: "The balance is below the threshold: it is filled up to the target.",
}
"""None of these sentences holds an amount."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be charged, in minor units; 0 is nothing."""

    now_minor: int
    after_minor: int
    reason: str


async def autopayment_preview(context: RequestContext, account: Parent) -> dict[str, Any] | None:
    """The preview of an account, as a row that the API prints."""
    row = await context.loaders.total(AUTOPAYMENT_FACTS, account)
    if row is None:
        return None
    found = foreseen(row, context.autopayment, context.now)
    return {
        "now_amount": _printed(found.now_minor, row["currency"]),
        "now_currency": row["currency"],
        "after_next_invoice_amount": _printed(found.after_minor, row["currency"]),
        "after_next_invoice_currency": row["currency"],
        "reason": found.reason,
    }


def foreseen(row: Row, caps: Caps, now: datetime) -> Preview:
    """What the rule makes of the facts. What is charged now has filled what the next invoice is taken of."""
    mode = AutopaymentMode[row["autopayment_mode"]]
    if mode is AutopaymentMode.OFF:
        return Preview(0, 0, OFF)
    if row["card_id"] is None:
        return Preview(0, 0, NO_CARD)
    rule = Rule(mode, row["autopayment_threshold_minor"], row["autopayment_target_minor"])
    now_minor, reason = _now(row, rule, caps, now)
    filled = row["balance_minor"] + now_minor + (row["under_way_minor"] or 0)
    return Preview(now_minor, 0 if row["next_minor"] is None else due(rule, filled - _billed(row)), reason)


def _billed(row: Row) -> int:
    """What the next invoice comes to, with tax."""
    rate = None
    if row["rate"] is not None:
        rate = TaxRate(country=row["country"], rate=row["rate"], reverse_charge=row["reverse_charge"])
    subtotal: int = row["next_minor"]
    return subtotal + tax_at(rate, row["vat_number"], subtotal).amount_minor


def _now(row: Row, rule: Rule, caps: Caps, now: datetime) -> tuple[int, str]:
    """What is charged now, and why. What a pause holds back is named all the same: the reason tells of the pause."""
    if row["under_way_minor"] is not None:
        return 0, UNDER_WAY
    wanted = due(rule, row["balance_minor"])
    if not wanted:
        return 0, ENOUGH[rule.mode]
    if wanted < LEAST_CHARGED_MINOR:
        return 0, SMALL
    amount = allowed(wanted, Charged(row["charged_minor"], row["times"]), caps)
    if row["declined_at"] is not None and now < tries_again_at(row["declined_at"], row["declines"]):
        return amount, PAUSED
    return amount, DUE[rule.mode] if amount == wanted else BOUND


def _printed(minor: int, currency: str) -> str | None:
    return str(decimal(minor, currency)) if minor else None
