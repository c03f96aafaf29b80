"""Closed lists that only the tables know: the API prints none of them.

Like those of `models.enums` they are stored as text and held by CHECK constraints, so that a list can grow in a
migration without a type to alter.
"""

from collections.abc import Mapping
from enum import Enum


class InvitationState(Enum):
    """Whether an invitation may still be accepted."""

    INVITED = "INVITED"
    DISABLED = "DISABLED"


class LinkPurpose(Enum):
    """What a link that was mailed for a login is good for."""

    SET_PASSWORD = "SET_PASSWORD"  # noqa: S105 (a purpose, not a secret)
    CONFIRM_EMAIL = "CONFIRM_EMAIL"


class LedgerKind(Enum):
    """Why a balance moved."""

    INVOICE = "INVOICE"
    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    TRANSFER = "TRANSFER"


class LedgerCause(Enum):
    """What made a balance move."""

    ORDER = "ORDER"
    RENEWAL = "RENEWAL"
    TOP_UP = "TOP_UP"
    AUTO_ADD_FUNDS = "AUTO_ADD_FUNDS"
    AUTO_REPAY = "AUTO_REPAY"
    REFUND = "REFUND"
    TRANSFER = "TRANSFER"


CAUSES: Mapping[LedgerKind, tuple[LedgerCause, ...]] = {
    LedgerKind.INVOICE: (LedgerCause.ORDER, LedgerCause.RENEWAL),
    LedgerKind.PAYMENT: (LedgerCause.TOP_UP, LedgerCause.AUTO_ADD_FUNDS, LedgerCause.AUTO_REPAY),
    LedgerKind.REFUND: (LedgerCause.REFUND,),
    LedgerKind.TRANSFER: (LedgerCause.TRANSFER,),
}
"""What may cause each kind of entry."""


class RefundStatus(Enum):
    """How far a refund is: asked for, given back and booked, or refused by the provider."""

    PENDING = "PENDING"
    BOOKED = "BOOKED"
    REFUSED = "REFUSED"


class PaymentCause(Enum):
    """Who started a charge: a login, or autopayment by one of its two rules."""

    TOP_UP = "TOP_UP"
    AUTO_ADD_FUNDS = "AUTO_ADD_FUNDS"
    AUTO_REPAY = "AUTO_REPAY"
