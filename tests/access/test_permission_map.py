"""The permission map against the manual's table, which is typed here by hand and nowhere else."""

from auth.permissions import PERMISSIONS, ROLE_TITLES, Permission, allows, sees_whole_keys
from models.roles import SUBLOGIN_ROLES, RoleName

ROLES = [
    "Full Access",
    "Billing",
    "Server and License Management",
    "Server Management Only",
    "Read Only Billing",
    "Read Only Server Management",
]

# fmt: off
MANUAL = {
    "View products":                              "xxxxxx",
    "View servers/licenses information":          "xxxxxx",
    "Reporting":                                  "x.xxxx",
    "Add/delete servers":                         "x.xx..",
    "Create activation keys":                     "x.xx..",
    "Order/delete licenses":                      "x.x...",
    "View invoices":                              "xx..x.",
    "View billing information":                   "xx..x.",
    "Edit credit cards information":              "xx....",
    "Edit account information":                   "xx....",
    "Edit billing information/top up for reseller": "xx....",
    "View prices":                                "xx....",
    "View account information":                   "xx....",
    "Change password":                            "x.....",
}
# fmt: on


def test_each_sublogin_role_has_what_the_manual_gives_it() -> None:
    titles = {title: role for role, title in ROLE_TITLES.items()}
    for column, title in enumerate(ROLES):
        wanted = {Permission(words) for words, marks in MANUAL.items() if marks[column] == "x"}
        assert PERMISSIONS[titles[title]] == wanted, title
    assert [len(PERMISSIONS[titles[title]]) for title in ROLES] == [14, 9, 6, 5, 5, 3]
    assert {titles[title] for title in ROLES} == set(SUBLOGIN_ROLES)


def test_the_master_has_them_all_and_alone_manages_access() -> None:
    assert PERMISSIONS[RoleName.MASTER] == set(Permission)
    assert {permission.value for permission in Permission} - set(MANUAL) == {Permission.MANAGE_ACCESS.value}
    assert [role for role in RoleName if allows(role, Permission.MANAGE_ACCESS)] == [RoleName.MASTER]


def test_keys_are_seen_whole_by_those_who_may_use_them() -> None:
    assert {role for role in RoleName if not sees_whole_keys(role)} == {
        RoleName.BILLING,
        RoleName.READ_ONLY_BILLING,
        RoleName.READ_ONLY_SERVER_MANAGEMENT,
    }
