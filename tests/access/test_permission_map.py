"""The permission map against the manual's table."""

from auth.permissions import PERMISSIONS, ROLE_TITLES, Permission, allows, sees_whole_keys
from models.roles import SUBLOGIN_ROLES, RoleName
from tests.access.manual import HELD, MASTERS_ALONE, ROLES


def test_each_role_has_what_the_manual_gives_it() -> None:
    assert {role.name: {one.name for one in held} for role, held in PERMISSIONS.items()} == HELD
    assert [len(HELD[role]) for role in ROLES] == [14, 9, 6, 5, 5, 3]
    assert {role.name for role in SUBLOGIN_ROLES} == set(ROLES)


def test_the_master_has_them_all_and_alone_manages_access() -> None:
    assert PERMISSIONS[RoleName.MASTER] == set(Permission)
    assert [role for role in RoleName if allows(role, Permission[MASTERS_ALONE])] == [RoleName.MASTER]


def test_permissions_and_roles_have_the_manuals_words() -> None:
    assert set(ROLE_TITLES) == set(RoleName)
    assert {one.name: one.value for one in Permission}.items() >= {
        "VIEW_SERVERS": "View servers/licenses information",
        "EDIT_BILLING": "Edit billing information/top up for reseller",
        "VIEW_REPORTS": "Reporting",
    }.items()


def test_keys_are_seen_whole_by_those_who_may_use_them() -> None:
    assert {role for role in RoleName if not sees_whole_keys(role)} == {
        RoleName.BILLING,
        RoleName.READ_ONLY_BILLING,
        RoleName.READ_ONLY_SERVER_MANAGEMENT,
    }
