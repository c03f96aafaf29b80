"""What the stories of server groups share: their names, and servers put into them or taken out."""

from collections.abc import Iterable
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import SERVER
from models.errors import UserFault
from models.queries import groups
from models.queries.audit import Deed
from models.queries.groups import Member
from models.queries.tenants import Tenant
from resolvers.checks import line
from resolvers.forms import Field

NAME = Field("name", line(100), needed=True)
NO_SERVER = "The account has no such server."


def group_name(text: str | None) -> str:
    """A group's name as it is stored."""
    return NAME.read(text) or ""


def taken() -> UserFault:
    """The name is another group's."""
    return UserFault("TAKEN", "Another group has this name already.", ["name"])


def no_group() -> UserFault:
    """There is no such group."""
    return UserFault("NOT_FOUND", "There is no such group of servers.", ["id"])


async def put(
    session: Transaction, tenant: Tenant, servers: Iterable[Member], group_id: UUID | None, name: str | None
) -> list[Deed]:
    """Put held servers into a group, or out of any. Those that are where they shall be stay; what the others did."""
    moving = [server for server in servers if server.group_id != group_id]
    if moving:
        await groups.put(session, tenant.id, [server.id for server in moving], group_id, name)
    return [
        Deed(
            tenant.id,
            Action.SERVER_UPDATED,
            Target(SERVER, server.id, server.hostname),
            [Change("group", server.group, name)],
        )
        for server in moving
    ]
