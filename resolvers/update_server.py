"""Changing a server: its group, and of one that was added by hand its name and address too.

What an agent has told of its machine is not corrected by hand: the agent would only tell it again.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import SERVER
from models.errors import UserFault
from models.queries import hand_made
from models.queries.hand_made import Details
from models.queries.tenants import Tenant
from models.tables import Server
from resolvers.add_server import group_named
from resolvers.checks import host_name
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.tenants import tell, tenant_of

TOLD = {"hostname": "hostname", "ip": "ip"}
"""What agents tell, by the fields of the input."""


async def update_server(context: RequestContext, server_id: UUID, given: Mapping[str, Any]) -> UUID:
    """Change a server by what of `hostname`, `ip` and `groupId` is given; a group of None takes it out. Its id."""
    faults = Faults()
    wanted = dict(given)
    for name in TOLD:
        if name in given and given[name] is None:
            faults.add("REQUIRED", "This may not be null.", name)
    if wanted.get("hostname") is not None:
        wanted["hostname"] = faults.read(host_name, given["hostname"], "hostname")
    faults.stop()
    return await context.db.transact(lambda session: _update(context, session, server_id, wanted))


async def _update(context: RequestContext, session: Transaction, server_id: UUID, given: Mapping[str, Any]) -> UUID:
    missing = UserFault("NOT_FOUND", "There is no such server.", ["id"])
    tenant = await tenant_of(context, session, Server, server_id, missing)
    faults = Faults()
    group = await group_named(session, tenant, given.get("groupId"), faults)
    now = await hand_made.lock(session, tenant.id, server_id)
    if now is None:
        raise missing
    wanted = replace(now, hostname=given.get("hostname", now.hostname), ip=given.get("ip", now.ip))
    if "groupId" in given:
        chosen = (None, None) if group is None else (group.id, group.name)
        wanted = replace(wanted, group_id=chosen[0], group_name=chosen[1])
    await _judge(session, tenant, now, wanted, faults)
    if wanted != now:
        await hand_made.update(session, tenant.id, wanted)
        target = Target(SERVER, now.id, wanted.hostname)
        await tell(context, session, tenant, Action.SERVER_UPDATED, target, _changes(now, wanted))
    return server_id


async def _judge(session: Transaction, tenant: Tenant, now: Details, wanted: Details, faults: Faults) -> None:
    """Raise what is wrong with the input, if anything is."""
    differing = [name for name in TOLD if getattr(now, name) != getattr(wanted, name)]
    if not now.created_by_hand:
        for name in differing:
            faults.add("INVALID", "The server's agent tells this; only servers added by hand are corrected.", name)
    elif differing and await hand_made.is_taken(session, tenant.id, wanted):
        faults.add("TAKEN", "Another server of this name and address was added by hand.", differing[0])
    faults.stop()


def _changes(now: Details, wanted: Details) -> list[Change]:
    return [
        Change("hostname", now.hostname, wanted.hostname),
        Change("ip", now.ip, wanted.ip),
        Change("group", now.group_name, wanted.group_name),
    ]
