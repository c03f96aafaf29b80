"""The manual's table of roles and permissions, typed by hand: the only place where it stands beside the map itself."""

from collections.abc import Mapping

ROLES = (
    "FULL_ACCESS",
    "BILLING",
    "SERVER_AND_LICENSE_MANAGEMENT",
    "SERVER_MANAGEMENT",
    "READ_ONLY_BILLING",
    "READ_ONLY_SERVER_MANAGEMENT",
)

# fmt: off
TABLE = {
    "VIEW_PRODUCTS":          "xxxxxx",
    "VIEW_SERVERS":           "xxxxxx",
    "VIEW_REPORTS":           "x.xxxx",
    "MANAGE_SERVERS":         "x.xx..",
    "CREATE_ACTIVATION_KEYS": "x.xx..",
    "ORDER_LICENSES":         "x.x...",
    "VIEW_INVOICES":          "xx..x.",
    "VIEW_BILLING":           "xx..x.",
    "EDIT_CREDIT_CARDS":      "xx....",
    "EDIT_ACCOUNT":           "xx....",
    "EDIT_BILLING":           "xx....",
    "VIEW_PRICES":            "xx....",
    "VIEW_ACCOUNT":           "xx....",
    "CHANGE_PASSWORD":        "x.....",
}
# fmt: on

MASTERS_ALONE = "MANAGE_ACCESS"

HELD: Mapping[str, frozenset[str]] = {
    "MASTER": frozenset(TABLE) | {MASTERS_ALONE},
    **{
        role: frozenset(permission for permission, marks in TABLE.items() if marks[column] == "x")
        for column, role in enumerate(ROLES)
    },
}
"""What each role may do, by name."""
