"""Merging duplicates: what is registered on them is the kept server's, and a license that two of them took is free.

A host that lost its machine id has registered anew, and its agent goes on under the new one. So the kept server becomes
the machine that was heard of last, and of two registrations of a license type the one that was heard of last stays:
the agent's token is good as before, and its next registration finds the server again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import SERVER
from models.errors import UserFault
from models.queries import audit, check_ins, merging, releasing, seats
from models.queries.audit import Deed
from models.queries.merging import Heard
from models.seats import HeldRegistration, HeldServer
from models.tables import Server
from resolvers.acting import origin
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.id_lists import Places, in_order, missing, places
from resolvers.tenants import tenant_of

NEVER = datetime.min.replace(tzinfo=UTC)
DUPLICATES = "duplicateIds"


@dataclass(frozen=True, slots=True)
class MergedServers:
    """The server that is left, and those that are gone."""

    kept: UUID
    gone: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Sorted:
    """Which registrations stay where they are, which come to the kept server, and which end."""

    coming: Sequence[HeldRegistration]
    ending: frozenset[UUID]


async def merge_servers(context: RequestContext, kept_id: UUID, duplicates: Sequence[UUID]) -> MergedServers:
    """Merge servers of the kept one's account into it."""
    faults = Faults()
    named = faults.read(lambda keys: places(keys, DUPLICATES), duplicates) or {}
    if not duplicates:
        faults.add("REQUIRED", "Name the servers that are merged into it.", DUPLICATES)
    if kept_id in named:
        faults.add("INVALID", "This is the server that is kept.", DUPLICATES, str(named[kept_id]))
    faults.stop()
    return await context.db.transact(lambda session: _merge(context, session, kept_id, named))


async def _merge(context: RequestContext, session: Transaction, kept_id: UUID, named: Places) -> MergedServers:
    none = UserFault("NOT_FOUND", "There is no such server.", ["keepId"])
    tenant = await tenant_of(context, session, Server, kept_id, none)
    held = {server.id: server for server in await seats.hold_servers(session, [tenant.id], [kept_id, *named])}
    if kept_id not in held:
        raise none
    faults = Faults()
    faults.found += missing(named, held, DUPLICATES, "The account has no such server.")
    faults.stop()
    last_heard, servers = await merging.hold_check_ins(session, tenant.id, list(held))
    await check_ins.merge(session, kept_id, list(named))
    await _registrations(context, session, held, kept_id, last_heard)
    machine = await _machine(session, tenant.id, servers, kept_id)
    await audit.record_all(session, origin(context), _deeds(held, kept_id, machine))
    return MergedServers(kept_id, in_order(named, named))


async def _registrations(
    context: RequestContext,
    session: Transaction,
    held: Mapping[UUID, HeldServer],
    kept_id: UUID,
    last_heard: Mapping[UUID, datetime | None],
) -> None:
    """End what is registered twice, bring the rest to the kept server, and remove the others."""
    kept, found = held[kept_id], _sorted(held.values(), kept_id, last_heard)
    ending = [replace(server, registrations=_among(server, found.ending)) for server in held.values()]
    gone = set(await releasing.release(session, ending, context.now, staying=[kept_id]))
    await merging.move(session, kept.account_id, [one.id for one in found.coming], kept.id, kept.hostname)
    bare = [replace(server, registrations=()) for key, server in held.items() if key not in {kept_id, *gone}]
    await releasing.release(session, bare, context.now)


def _sorted(servers: Iterable[HeldServer], kept_id: UUID, last_heard: Mapping[UUID, datetime | None]) -> Sorted:
    """Of each license type the registration that was heard of last stays, the kept server's where none was."""
    every = [registration for server in servers for registration in server.registrations]
    staying: dict[UUID, HeldRegistration] = {}
    for one in sorted(every, key=lambda one: (last_heard.get(one.id) or NEVER, one.server_id == kept_id, one.id)):
        staying[one.license_type_id] = one
    coming = [one for one in staying.values() if one.server_id != kept_id]
    return Sorted(coming, frozenset(one.id for one in every) - {one.id for one in staying.values()})


def _among(server: HeldServer, ids: frozenset[UUID]) -> tuple[HeldRegistration, ...]:
    return tuple(registration for registration in server.registrations if registration.id in ids)


async def _machine(session: Transaction, account_id: UUID, servers: Mapping[UUID, Heard], kept_id: UUID) -> Change:
    """Let the kept server be the machine that was heard of last; what that changes."""
    before = servers[kept_id].machine_id
    known = [server for server in servers.values() if server.machine_id is not None]
    last = max(known, key=lambda one: (one.last_check_in or NEVER, one.id == kept_id, one.id), default=None)
    if last is None or last.machine_id is None or last.id == kept_id:
        return Change("machineId", before, before)
    await merging.become(session, account_id, kept_id, last.machine_id)
    return Change("machineId", before, last.machine_id)


def _deeds(held: Mapping[UUID, HeldServer], kept_id: UUID, machine: Change) -> list[Deed]:
    kept = held[kept_id]
    count = Change("duplicates", len(held) - 1, 0)
    merged = Deed(kept.account_id, Action.SERVER_MERGED, Target(SERVER, kept.id, kept.hostname), [count, machine])
    return [merged] + [
        Deed(
            server.account_id,
            Action.SERVER_REMOVED,
            Target(SERVER, server.id, server.hostname),
            [Change("hostname", server.hostname, None), Change("mergedInto", None, kept.hostname)],
        )
        for key, server in held.items()
        if key != kept_id
    ]
