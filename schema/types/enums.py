"""The domain's closed lists as GraphQL enums, each value described for its user."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

import strawberry

from auth.actors import CredentialKind
from auth.permissions import Permission
from models import enums
from models.roles import RoleName
from schema.directives import described, guards

Closed = TypeVar("Closed", bound=type[Enum])


def describe(
    kind: Closed, description: str, values: Mapping[str, str], guarded: Mapping[str, Permission] | None = None
) -> Closed:
    """Make a closed list a GraphQL enum of the same name. Every value needs its description."""
    named: Any = strawberry.enum(kind, description=description)
    for value in named.__strawberry_definition__.values:
        permission = (guarded or {}).get(value.name)
        value.description = described(values[value.name], permission)
        value.directives = tuple(guards(permission))
    return kind


describe(
    RoleName,
    "The role of a login or of a machine credential.",
    {
        "MASTER": "The account's own login: may do everything, and alone manages access.",
        "FULL_ACCESS": "Everything but managing access.",
        "BILLING": "Products, servers, prices, billing, payment methods and the account's data.",
        "SERVER_AND_LICENSE_MANAGEMENT": "Servers, activation keys, ordering licenses, reports.",
        "SERVER_MANAGEMENT": "Servers, activation keys, reports.",
        "READ_ONLY_BILLING": "Sees products, servers, reports, billing and invoices, but no prices.",
        "READ_ONLY_SERVER_MANAGEMENT": "Sees products, servers and reports.",
    },
)

describe(
    CredentialKind,
    "How the caller proved who it is.",
    {
        "SESSION": "A person signed in.",
        "API_KEY": "An API key, with the role that the key was given.",
        "API_SECRET_KEY": "The account's API secret key, with the role FULL_ACCESS.",
    },
)

describe(
    enums.AccountKind,
    "What an account is to the portal.",
    {
        "DIRECT": "A company that buys for itself.",
        "RESELLER": "A company that also sells to customers, whose accounts it manages.",
        "CUSTOMER": "A company whose account a reseller manages.",
    },
)

describe(
    enums.AccountState,
    "Whether an account may do more than sign in and pay.",
    {
        "ACTIVE": "In use.",
        "LOCKED": "Locked by the operator, or after 30 days in debt: registers no server and orders nothing.",
    },
)

describe(
    enums.CostGrouping,
    "What costs are summed up by.",
    {
        "PRODUCT": "A sum for each product.",
        "LICENSE_TYPE": "A sum for each license type of each product.",
        "MONTH": "A sum for each month in which invoices were issued.",
    },
)

describe(
    enums.ProductFamily,
    "The portal's families of products.",
    {
        "LIVE_PATCHING": "Live Patching Services: KernelCare Enterprise and its companions.",
        "EXTENDED_SUPPORT": "Extended Support Services for operating systems and languages past their end of life.",
        "SECURITY": "Imunify: security for web servers.",
        "OPERATING_SYSTEM": "CloudLinux OS.",
    },
)

describe(
    enums.BillingCycle,
    "How long a billed period is.",
    {"MONTHLY": "A calendar month.", "YEARLY": "A calendar year."},
)

describe(
    enums.ServerState,
    "How long ago a server last answered. Agents poll every 4 hours.",
    {
        "ACTIVE": "Answered within the last 12 hours.",
        "SILENT": "Last answered 12 to 48 hours ago.",
        "STALE": "Last answered 2 to 30 days ago.",
        "REMOVABLE": "Has not answered for 30 days: likely gone, and safe to remove.",
        "NEVER_SEEN": "Has not answered since it was registered.",
    },
)

describe(
    enums.PaymentStatus,
    "Where a payment stands with the payment provider.",
    {
        "PENDING": "Sent to the provider, its answer is awaited.",
        "REQUIRES_ACTION": "The card's holder has to confirm it.",
        "SUCCEEDED": "Received and booked.",
        "FAILED": "Declined or given up; `failure` says why.",
    },
)

describe(
    enums.AutopaymentMode,
    "When the balance is filled without asking.",
    {
        "AUTO_ADD_FUNDS": "Below the threshold, charge up to the target balance.",
        "AUTO_REPAY": "Below zero, charge the debt, at least 20.00, or 2,000 in a currency without decimal places.",
        "OFF": "Never charge automatically.",
    },
)

describe(
    enums.InvoiceType,
    "What a row of the invoice list is.",
    {
        "INVOICE": "A bill for licenses.",
        "PAYMENT_RECEIVED": "Money received; a refund has a negative total. No lines; its document is a receipt.",
    },
)

describe(
    enums.SubloginState,
    "Where a sublogin stands.",
    {
        "INVITED": "Invited by mail, and not yet accepted.",
        "ACTIVE": "May sign in.",
        "DISABLED": "Switched off by the master: may not sign in.",
    },
)

describe(
    enums.ReportKind,
    "What a report is about.",
    {
        "SERVERS": "The servers as they are now that were registered by the end of the period: their products, states "
        "and duplicates; those registered within it are marked.",
        "LICENSES": "The licenses held and used, and the keys near their limit, as they are now whatever the period.",
        "COSTS": "What invoices of the period billed, by month of issue, product and license type; tax aside.",
    },
    guarded={"COSTS": Permission.VIEW_PRICES},
)

describe(
    enums.ReportFrequency,
    "How often a report is sent.",
    {
        "DAILY": "Every day, about the day before.",
        "WEEKLY": "Every Monday, about the week before.",
        "MONTHLY": "On the first of every month, about the month before.",
    },
)

describe(
    enums.SalesTopic,
    "What a request to Sales is about.",
    {
        "LICENSE_QUANTITY": "More or fewer licenses.",
        "PRODUCT_QUOTA": "The most licenses that may be ordered of a product.",
        "BILLING_CYCLE": "Another billing cycle.",
        "OTHER": "Anything else.",
    },
)

describe(
    enums.SalesRequestState,
    "How far Sales is with a request.",
    {"OPEN": "Received.", "ANSWERED": "Sales has answered.", "CLOSED": "Done."},
)
