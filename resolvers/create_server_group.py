"""Making a group of servers, and putting servers into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import SERVER_GROUP
from models.errors import UserFault
from models.queries import audit, groups
from models.queries.audit import Deed
from models.queries.groups import MOST_GROUPS
from resolvers.acting import origin
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.grouping import NO_SERVER, group_name, put, taken
from resolvers.id_lists import Places, missing, places
from resolvers.tenants import tenant_named


@dataclass(frozen=True, slots=True)
class ChangedGroup:
    """A group, and the servers that were put into it or taken out."""

    id: UUID
    servers: Sequence[UUID]


async def create_server_group(
    context: RequestContext, customer_id: UUID | None, name: str, server_ids: Sequence[UUID]
) -> ChangedGroup:
    """Make a group in the caller's account or a customer's."""
    faults = Faults()
    typed = faults.read(group_name, name, "name") or ""
    named = faults.read(lambda keys: places(keys, "serverIds"), server_ids) or {}
    faults.stop()
    return await context.db.transact(lambda session: _create(context, session, customer_id, typed, named))


async def _create(
    context: RequestContext, session: Transaction, customer_id: UUID | None, name: str, named: Places
) -> ChangedGroup:
    tenant = await tenant_named(context, session, customer_id)
    standing = await groups.standing(session, tenant.id, name)
    if standing.groups >= MOST_GROUPS:
        raise UserFault("LIMIT_REACHED", f"There are {MOST_GROUPS} groups already: delete one first.")
    servers = await groups.hold_servers(session, tenant.id, named) if named else {}
    faults = Faults()
    faults.found += [taken()] if standing.taken else []
    faults.found += missing(named, servers, "serverIds", NO_SERVER)
    faults.stop()
    group_id = await groups.add(session, tenant.id, name, context.now)
    target = Target(SERVER_GROUP, group_id, name)
    created = Deed(tenant.id, Action.SERVER_GROUP_CREATED, target, [Change("name", None, name)])
    moved = await put(session, tenant, servers.values(), group_id, name)
    await audit.record_all(session, origin(context), [created, *moved])
    return ChangedGroup(group_id, list(named))
