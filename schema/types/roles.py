"""Roles, from the one permission map."""

from typing import Any

import strawberry

from auth.permissions import PERMISSIONS, ROLE_TITLES, Permission
from models.roles import RoleName
from schema.directives import described, guards


@strawberry.type(description="A role: a name and what it may do.")
class Role:
    """A row of the manual's table."""

    name: RoleName = strawberry.field(description="Its name in this API.")
    title: str = strawberry.field(description="Its name in the portal.")
    permissions: list[Permission] = strawberry.field(description="What it may do.")


ROLES = {
    name: Role(
        name=name,
        title=ROLE_TITLES[name],
        permissions=[permission for permission in Permission if permission in PERMISSIONS[name]],
    )
    for name in RoleName
}


def role(description: str, requires: Permission | None = None) -> Any:
    """Declare a field that is the role named in the row's column `role`."""

    def resolve(root: Any) -> Role:
        return ROLES[RoleName(root["role"])]

    return strawberry.field(resolver=resolve, description=described(description, requires), directives=guards(requires))
