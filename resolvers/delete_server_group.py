"""Deleting a group of servers. The servers stay, in no group."""

from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import SERVER_GROUP
from models.queries import groups
from models.tables import ServerGroup
from resolvers.context import RequestContext
from resolvers.grouping import no_group
from resolvers.tenants import tell, tenant_of


async def delete_server_group(context: RequestContext, group_id: UUID) -> None:
    """Delete a group of the caller's account or a customer's."""
    await context.db.transact(lambda session: _delete(context, session, group_id))


async def _delete(context: RequestContext, session: Transaction, group_id: UUID) -> None:
    tenant = await tenant_of(context, session, ServerGroup, group_id, no_group())
    group = await groups.lock(session, tenant.id, group_id)
    if group is None:
        raise no_group()
    servers = await groups.hold_members(session, tenant.id, group.id)
    await groups.remove(session, group)
    changes = [Change("name", group.name, None), Change("serverCount", servers, None)]
    await tell(
        context, session, tenant, Action.SERVER_GROUP_DELETED, Target(SERVER_GROUP, group.id, group.name), changes
    )
