"""Removing servers in bulk: their seats are given back. What is not there is refused by itself, and the others go."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.db import Transaction
from models.errors import UserFault
from models.queries import releasing, seats
from models.tables import Server
from resolvers.acting import origin
from resolvers.context import RequestContext
from resolvers.id_lists import Places, in_order, missing, places
from resolvers.tenants import tenants_of


@dataclass(frozen=True, slots=True)
class RemovedServers:
    """What is gone, whose keys have room for it now, and what was refused."""

    servers: Sequence[UUID]
    keys: Sequence[UUID]
    refused: Sequence[UserFault]


async def remove_servers(context: RequestContext, keys: Sequence[UUID]) -> RemovedServers:
    """Remove servers of the caller's account and its customers', each named once or more."""
    named = places(keys, "ids")
    return await context.db.transact(lambda session: _remove(context, session, named))


async def _remove(context: RequestContext, session: Transaction, named: Places) -> RemovedServers:
    tenants = await tenants_of(context, session, Server, list(named))
    held = await seats.hold_servers(session, tenants, named)
    gone = await releasing.remove(session, held, origin(context))
    spent = {registration.key_id for server in held for registration in server.registrations}
    refused = missing(named, set(gone), "ids", "There is no such server.")
    return RemovedServers(in_order(named, gone), sorted(spent), refused)
