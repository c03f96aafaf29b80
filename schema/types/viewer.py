"""Who is calling: the login or key, its role, what it may do, its second factor and its sessions."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from auth.actors import CredentialKind
from auth.permissions import Permission
from models.entities import ACCOUNT
from models.queries import logins
from models.queries.access import SESSIONS_OF_LOGIN
from models.queries.parents import Parent
from models.roles import RoleName
from schema.directives import sized
from schema.guards import Guards
from schema.kinds import Info, column, identifier, lookup
from schema.scalars import DateTime, EmailAddress, IPAddress
from schema.types.core import Node
from schema.types.roles import ROLES, Role, role

if TYPE_CHECKING:
    from schema.types.account import Account

Coordinates = Annotated[
    list[str], strawberry.argument(description="Types, fields as `Type.field`, or enum values as `Enum.VALUE`.")
]


@strawberry.type(description="Whether the caller may use one thing of the schema.")
class Capability:
    """One answer of `can`."""

    coordinate: str = column("The schema coordinate that was asked about.")
    allowed: bool = column(
        "Whether it may be used: the guards on it, on its type and on the type that it returns all hold."
    )
    missing: list[Permission] = column(
        "The permissions that are missing; empty where none would help, or the schema has no such thing."
    )


@strawberry.type(description="A login's second factor: codes from an authenticator.")
class TwoFactor:
    """The second factor of the caller's login."""

    enabled: bool = column("Whether signing in asks for a code.")
    confirmed_at: DateTime | None = column("When it was switched on; null where it is off.")
    recovery_codes_left: int = column("How many of the ten recovery codes are unused.")


@strawberry.type(description="A signed-in session. Only its own login finds it.")
class Session(Node):
    """A session of the caller's login."""

    id: strawberry.ID = identifier("Session")
    created_at: DateTime = column("When it began.")
    last_seen_at: DateTime = column("When it was last used, written down once a minute: up to a minute may be missing.")
    expires_at: DateTime = column("When it ends at the latest; unused, it ends sooner.")
    ip: IPAddress | None = column("The address that signed in.")
    user_agent: str | None = column("The program that signed in, by its own account.")
    is_current: bool = column("Whether it is the session that asks.")


def permissions(root: strawberry.Parent[Any]) -> list[Permission]:
    """Read the permission map."""
    return ROLES[RoleName(root["role"])].permissions


def can(root: strawberry.Parent[Any], info: Info, coordinates: Coordinates) -> list[Any]:
    """Judge by the guards of the schema that answers."""
    from schema.build import graphql_schema  # noqa: PLC0415 (the schema is built from these types)

    guards: Guards = graphql_schema(info.schema).extensions["guards"]
    view = guards.view_of(RoleName(root["role"]), CredentialKind(root["credential"]))
    found = (view.capability(coordinate) for coordinate in coordinates)
    return [{"coordinate": one.coordinate, "allowed": one.allowed, "missing": list(one.missing)} for one in found]


async def two_factor(root: strawberry.Parent[Any], info: Info) -> Any:
    """Read that of the caller's own login."""
    if root["login_id"] is None:
        return None
    async with info.context.db.read() as reader:
        return await logins.second_factor(reader, root["account_id"], root["login_id"])


async def sessions(root: strawberry.Parent[Any], info: Info) -> Any:
    """Read those of the caller's own login."""
    if root["login_id"] is None:
        return None
    context = info.context
    parent = Parent(root["account_id"], root["login_id"])
    seen_after = context.authority.lifetimes.idle_since(context.now)
    return await context.loaders.children(SESSIONS_OF_LOGIN, parent, seen_after=seen_after)


@strawberry.type(description="Who is calling. Only the caller's own id finds it.")
class Viewer(Node):
    """The caller. Its row is made from the actor."""

    id: strawberry.ID = identifier("Viewer")
    login: EmailAddress | None = column("The e-mail that signed in; null for keys.")
    credential: CredentialKind = column("How the caller proved who it is.")
    role: Role = role("The role that decides what the caller may do.")
    permissions: list[Permission] = strawberry.field(
        resolver=permissions, description="What the role allows: the same as `role.permissions`."
    )
    can: list[Capability] = strawberry.field(
        resolver=can,
        description=(
            "Whether the caller may use what schema coordinates name: types, their fields as `Account.number`, and the "
            "values of enums as `AccountKind.DIRECT`."
        ),
        directives=sized(20, ("coordinates",)),
    )
    account: Annotated["Account", strawberry.lazy("schema.types.account")] = lookup(
        "The account that the caller acts for.", ACCOUNT, "account_id"
    )
    two_factor: TwoFactor | None = strawberry.field(
        resolver=two_factor, description="The second factor of the caller's login; null for keys."
    )
    sessions: list[Session] | None = strawberry.field(
        resolver=sessions,
        description="The sessions of the caller's login, the newest first, at most 50; null for keys.",
        directives=sized(5),
    )
