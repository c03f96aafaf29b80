"""Sublogins and machine credentials, as the master manages them."""

import strawberry

from auth.permissions import Permission
from models.enums import SubloginState
from schema.directives import described, guards
from schema.kinds import column, identifier
from schema.scalars import DateTime, EmailAddress
from schema.types.core import Node
from schema.types.roles import Role, role

MANAGE_ACCESS = Permission.MANAGE_ACCESS


@strawberry.type(
    description=described("An additional login of the account, with one of the six roles.", MANAGE_ACCESS),
    directives=guards(MANAGE_ACCESS),
)
class Sublogin(Node):
    """A colleague's login, or the invitation to it."""

    id: strawberry.ID = identifier("Sublogin")
    email: EmailAddress = column("The address that it signs in with, or was invited by.")
    role: Role = role("Its role.")
    state: SubloginState = column("Where it stands.")
    two_factor_enabled: bool = column("Whether it signs in with a second factor.")
    created_at: DateTime = column("When it was created.")
    last_sign_in_at: DateTime | None = column("When it last signed in; null if it never has.")


@strawberry.type(
    description=described(
        "A credential for a program, with a role of its own. Its value is shown once.", MANAGE_ACCESS
    ),
    directives=guards(MANAGE_ACCESS),
)
class ApiKey(Node):
    """A machine credential."""

    id: strawberry.ID = identifier("ApiKey")
    name: str = column("The account's own name for it.")
    prefix: str = column("How its value begins, to tell keys apart.")
    role: Role = role("What it may do.")
    created_at: DateTime = column("When it was created.")
    expires_at: DateTime | None = column("When it stops working; null if it does not.")
    last_used_at: DateTime | None = column(
        "When it was last used, written down once a minute, so that the latest may be missing; null if it never was."
    )


@strawberry.type(
    description=described(
        "The account's API secret key, with the role FULL_ACCESS. Its value is shown once.", MANAGE_ACCESS
    ),
    directives=guards(MANAGE_ACCESS),
)
class ApiSecretKey:
    """The account's own machine credential."""

    prefix: str = column("How its value begins.")
    rotated_at: DateTime = column("When it was made or last replaced.")
    last_used_at: DateTime | None = column(
        "When it was last used, written down once a minute, so that the latest may be missing; null if it never was."
    )
