"""The one permission map: what each role may do, from the manual's table of sublogin roles.

Guards in the schema, the static walk that refuses selections, `Query.roles` and the README's table all derive from it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from models.enums import Single
from models.roles import RoleName


class Permission(Single):
    """One thing that a role may do. The values are the manual's own words."""

    VIEW_PRODUCTS = "View products"
    VIEW_SERVERS = "View servers/licenses information"
    VIEW_REPORTS = "Reporting"
    MANAGE_SERVERS = "Add/delete servers"
    CREATE_ACTIVATION_KEYS = "Create activation keys"
    ORDER_LICENSES = "Order/delete licenses"
    VIEW_INVOICES = "View invoices"
    VIEW_BILLING = "View billing information"
    EDIT_CREDIT_CARDS = "Edit credit cards information"
    EDIT_ACCOUNT = "Edit account information"
    EDIT_BILLING = "Edit billing information/top up for reseller"
    VIEW_PRICES = "View prices"
    VIEW_ACCOUNT = "View account information"
    CHANGE_PASSWORD = "Change password"  # noqa: S105 (the manual's words, not a secret)
    MANAGE_ACCESS = "Manage sublogins, API keys, webhooks and the audit log"


P = Permission
_EVERYONE = frozenset({P.VIEW_PRODUCTS, P.VIEW_SERVERS})

PERMISSIONS: Mapping[RoleName, frozenset[Permission]] = MappingProxyType(
    {
        RoleName.MASTER: frozenset(Permission),
        RoleName.FULL_ACCESS: frozenset(Permission) - {P.MANAGE_ACCESS},
        RoleName.BILLING: _EVERYONE
        | {
            P.VIEW_INVOICES,
            P.VIEW_BILLING,
            P.EDIT_CREDIT_CARDS,
            P.EDIT_ACCOUNT,
            P.EDIT_BILLING,
            P.VIEW_PRICES,
            P.VIEW_ACCOUNT,
        },
        RoleName.SERVER_AND_LICENSE_MANAGEMENT: _EVERYONE
        | {P.VIEW_REPORTS, P.MANAGE_SERVERS, P.CREATE_ACTIVATION_KEYS, P.ORDER_LICENSES},
        RoleName.SERVER_MANAGEMENT: _EVERYONE | {P.VIEW_REPORTS, P.MANAGE_SERVERS, P.CREATE_ACTIVATION_KEYS},
        RoleName.READ_ONLY_BILLING: _EVERYONE | {P.VIEW_REPORTS, P.VIEW_INVOICES, P.VIEW_BILLING},
        RoleName.READ_ONLY_SERVER_MANAGEMENT: _EVERYONE | {P.VIEW_REPORTS},
    }
)

ROLE_TITLES: Mapping[RoleName, str] = MappingProxyType(
    {
        RoleName.MASTER: "Master",
        RoleName.FULL_ACCESS: "Full Access",
        RoleName.BILLING: "Billing",
        RoleName.SERVER_AND_LICENSE_MANAGEMENT: "Server and License Management",
        RoleName.SERVER_MANAGEMENT: "Server Management Only",
        RoleName.READ_ONLY_BILLING: "Read Only Billing",
        RoleName.READ_ONLY_SERVER_MANAGEMENT: "Read Only Server Management",
    }
)

KEY_USE = frozenset({P.CREATE_ACTIVATION_KEYS, P.MANAGE_SERVERS})
"""Either of these shows activation keys whole; without them a key is masked and searched as a whole only."""


def allows(role: RoleName, permission: Permission) -> bool:
    """Whether the role has the permission."""
    return permission in PERMISSIONS[role]


def sees_whole_keys(role: RoleName) -> bool:
    """Whether the role may use activation keys, and so see and search them unmasked."""
    return not KEY_USE.isdisjoint(PERMISSIONS[role])
