"""Adding a server by hand, which takes a seat as a registration does. Its agent adopts it when it registers.

A second product on the same host is added to the same server: adding goes by host name and address.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import SERVER
from models.errors import UserFault
from models.queries import groups, hand_made, seats
from models.queries.tenants import Tenant
from models.seats import Seats, refusals
from models.tables import ActivationKey, ServerGroup
from resolvers.checks import host_name
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.tenants import tell, tenant_of

KEY_FIELD = ["activationKeyId"]


@dataclass(frozen=True, slots=True)
class NewServer:
    """What was typed. The group is None where none was named."""

    key_id: UUID
    hostname: str
    ip: str
    group_id: UUID | None


async def add_server(context: RequestContext, typed: NewServer) -> UUID:
    """Add a server to the account of the key; its id."""
    faults = Faults()
    hostname = faults.read(host_name, typed.hostname, "hostname") or ""
    faults.stop()
    wanted = replace(typed, hostname=hostname)
    return await context.db.transact(lambda session: _add(context, session, wanted))


async def _add(context: RequestContext, session: Transaction, wanted: NewServer) -> UUID:
    missing = UserFault("NOT_FOUND", "There is no such activation key.", KEY_FIELD)
    tenant = await tenant_of(context, session, ActivationKey, wanted.key_id, missing)
    faults = Faults()
    group = await group_named(session, tenant, wanted.group_id, faults)
    key = (await seats.hold_keys(session, [tenant.id], [wanted.key_id])).get(wanted.key_id)
    if key is None:
        raise missing
    found = await hand_made.find(session, tenant.id, wanted.hostname, wanted.ip, key.license_type_id)
    if found is not None and found.licensed:
        faults.add("TAKEN", "A server of this name and address was added for the license type already.", "hostname")
    faults.found += [_placed(fault) for fault in refusals(key, KEY_FIELD, address=wanted.ip)]
    faults.stop()
    server_id = found.id if found else await hand_made.add(session, tenant.id, wanted.hostname, wanted.ip, context.now)
    await seats.take(session, key, server_id, wanted.hostname, context.now)
    if group is not None:
        await groups.put(session, tenant.id, [server_id], group.id, group.name)
    changes = _changes(wanted, key, group)
    await tell(context, session, tenant, Action.SERVER_ADDED, Target(SERVER, server_id, wanted.hostname), changes)
    return server_id


async def group_named(
    session: Transaction, tenant: Tenant, group_id: UUID | None, faults: Faults
) -> ServerGroup | None:
    """The group of the account that an input names, if it names one."""
    group = None if group_id is None else await groups.lock(session, tenant.id, group_id)
    if group_id is not None and group is None:
        faults.add("NOT_FOUND", "The account has no such group of servers.", "groupId")
    return group


def _placed(fault: UserFault) -> UserFault:
    """Here an address is typed, and so can be at fault."""
    return UserFault(fault.code, fault.message, ["ip"]) if fault.code == "ADDRESS_NOT_ALLOWED" else fault


def _changes(wanted: NewServer, key: Seats, group: ServerGroup | None) -> list[Change]:
    return [
        Change("hostname", None, wanted.hostname),
        Change("ip", None, wanted.ip),
        Change("key", None, key.key),
        Change("group", None, group and group.name),
    ]
