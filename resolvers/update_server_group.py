"""Renaming a group of servers, putting servers into it, and taking some out."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import SERVER_GROUP
from models.queries import audit, groups
from models.queries.audit import Deed
from models.tables import ServerGroup
from resolvers.acting import origin
from resolvers.context import RequestContext
from resolvers.create_server_group import ChangedGroup
from resolvers.faults import Faults
from resolvers.grouping import NO_SERVER, group_name, no_group, put, taken
from resolvers.id_lists import Places, fault_at, missing, places
from resolvers.tenants import tenant_of


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What shall change; the name is None where it stays."""

    name: str | None
    added: Places
    removed: Places


async def update_server_group(
    context: RequestContext,
    group_id: UUID,
    name: tuple[str | None] | None,
    add_ids: Sequence[UUID],
    remove_ids: Sequence[UUID],
) -> ChangedGroup:
    """Change a group of the caller's account or a customer's. `name` holds what was typed, None where nothing was."""
    faults = Faults()
    typed = None if name is None else faults.read(group_name, name[0], "name")
    added = faults.read(lambda keys: places(keys, "addServerIds"), add_ids) or {}
    removed = faults.read(lambda keys: places(keys, "removeServerIds"), remove_ids) or {}
    both = "A server cannot be put into the group and be taken out at once."
    faults.found += [fault_at("INVALID", both, "removeServerIds", removed[key]) for key in removed if key in added]
    faults.stop()
    wanted = GroupChange(typed, added, removed)
    return await context.db.transact(lambda session: _update(context, session, group_id, wanted))


async def _update(context: RequestContext, session: Transaction, group_id: UUID, wanted: GroupChange) -> ChangedGroup:
    tenant = await tenant_of(context, session, ServerGroup, group_id, no_group())
    group = await groups.lock(session, tenant.id, group_id)
    if group is None:
        raise no_group()
    named = {**wanted.added, **wanted.removed}
    servers = await groups.hold_servers(session, tenant.id, named) if named else {}
    renamed = [Change("name", group.name, wanted.name)] if wanted.name not in {None, group.name} else []
    faults = Faults()
    if renamed and (await groups.standing(session, tenant.id, wanted.name or "", group.id)).taken:
        faults.found.append(taken())
    faults.found += missing(wanted.added, servers, "addServerIds", NO_SERVER)
    faults.found += missing(wanted.removed, servers, "removeServerIds", NO_SERVER)
    faults.stop()
    if renamed:
        await _rename(session, group, wanted.name or "")
    deeds = [Deed(tenant.id, Action.SERVER_GROUP_UPDATED, Target(SERVER_GROUP, group.id, group.name), renamed)]
    leaving = [servers[key] for key in wanted.removed if servers[key].group_id == group.id]
    moved = await put(session, tenant, [servers[key] for key in wanted.added], group.id, group.name)
    moved += await put(session, tenant, leaving, None, None)
    await audit.record_all(session, origin(context), [*(deeds if renamed else []), *moved])
    return ChangedGroup(group.id, list(named))


async def _rename(session: Transaction, group: ServerGroup, name: str) -> None:
    """Give the group its name. Its servers carry that too, so they are held before, in their order."""
    await groups.hold_members(session, group.account_id, group.id)
    group.name = name
    await session.flush()
