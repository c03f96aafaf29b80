"""The closed lists of the domain, each stored as its name and printed by the API under the same name."""

from enum import Enum


class Single(Enum):
    """A closed list whose members every request is looked up by: each is there once, and so is its hash.

    The library's own hashes the member's name anew, by a call for each look-up.
    """

    __hash__ = object.__hash__


class AccountKind(Enum):
    """What an account is to the portal."""

    DIRECT = "DIRECT"
    RESELLER = "RESELLER"
    CUSTOMER = "CUSTOMER"


class AccountState(Enum):
    """Whether an account may do more than sign in and pay."""

    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"


class ProductFamily(Enum):
    """The portal's four families of products."""

    LIVE_PATCHING = "LIVE_PATCHING"
    EXTENDED_SUPPORT = "EXTENDED_SUPPORT"
    SECURITY = "SECURITY"
    OPERATING_SYSTEM = "OPERATING_SYSTEM"


class BillingCycle(Enum):
    """How long a billed period is."""

    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class ServerState(Enum):
    """How long ago a server last answered, as four bounds cut it."""

    ACTIVE = "ACTIVE"
    SILENT = "SILENT"
    STALE = "STALE"
    REMOVABLE = "REMOVABLE"
    NEVER_SEEN = "NEVER_SEEN"


class PaymentStatus(Enum):
    """Where a payment stands with the provider."""

    PENDING = "PENDING"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class AutopaymentMode(Enum):
    """When the balance is filled without asking."""

    AUTO_ADD_FUNDS = "AUTO_ADD_FUNDS"
    AUTO_REPAY = "AUTO_REPAY"
    OFF = "OFF"


class InvoiceType(Enum):
    """What a row of the invoice list is."""

    INVOICE = "INVOICE"
    PAYMENT_RECEIVED = "PAYMENT_RECEIVED"


class CostGrouping(Enum):
    """What costs are summed up by."""

    PRODUCT = "PRODUCT"
    LICENSE_TYPE = "LICENSE_TYPE"
    MONTH = "MONTH"


class LoginState(Enum):
    """Whether a login may sign in."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class SubloginState(Enum):
    """Where a sublogin stands: invited by mail, in use, or switched off."""

    INVITED = "INVITED"
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class ReportKind(Enum):
    """What a report is about."""

    SERVERS = "SERVERS"
    LICENSES = "LICENSES"
    COSTS = "COSTS"


class ReportFrequency(Enum):
    """How often a report is sent."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


class SalesTopic(Enum):
    """What a request to Sales is about."""

    LICENSE_QUANTITY = "LICENSE_QUANTITY"
    PRODUCT_QUOTA = "PRODUCT_QUOTA"
    BILLING_CYCLE = "BILLING_CYCLE"
    OTHER = "OTHER"


class SalesRequestState(Enum):
    """How far Sales is with a request."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"


class EventKind(Enum):
    """What the event log tells about."""

    SERVER_REGISTERED = "SERVER_REGISTERED"
    SERVER_REMOVED = "SERVER_REMOVED"
    SERVER_SILENT = "SERVER_SILENT"
    ACTIVATION_KEY_CREATED = "ACTIVATION_KEY_CREATED"
    ACTIVATION_KEY_REMOVED = "ACTIVATION_KEY_REMOVED"
    KEY_LIMIT_REACHED = "KEY_LIMIT_REACHED"
    LICENSES_CHANGED = "LICENSES_CHANGED"
    INVOICE_ISSUED = "INVOICE_ISSUED"
    PAYMENT_RECEIVED = "PAYMENT_RECEIVED"
    BALANCE_LOW = "BALANCE_LOW"
