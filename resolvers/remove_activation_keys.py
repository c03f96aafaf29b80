"""Removing activation keys in bulk: with their registrations, and with the servers that are left with none.

A default key is refused by itself, as is what is not there; the others go, in one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from models.audit import Action, Change, Target, masked_key
from models.db import Transaction
from models.entities import ACTIVATION_KEY
from models.enums import EventKind
from models.errors import UserFault
from models.queries import activation_keys, audit, events, releasing, seats
from models.queries.audit import Deed
from models.queries.events import Happening
from models.seats import Seats
from models.tables import ActivationKey
from resolvers.acting import origin
from resolvers.context import RequestContext
from resolvers.id_lists import Places, fault_at, in_order, missing, places
from resolvers.tenants import tenants_of


@dataclass(frozen=True, slots=True)
class RemovedKeys:
    """What is gone, whose pools have room for it now, and what was refused."""

    keys: Sequence[UUID]
    servers: Sequence[UUID]
    licenses: Sequence[UUID]
    refused: Sequence[UserFault]


async def remove_activation_keys(context: RequestContext, keys: Sequence[UUID]) -> RemovedKeys:
    """Remove keys of the caller's account and its customers', each named once or more."""
    named = places(keys, "ids")
    return await context.db.transact(lambda session: _remove(context, session, named))


async def _remove(context: RequestContext, session: Transaction, named: Places) -> RemovedKeys:
    tenants = await tenants_of(context, session, ActivationKey, list(named))
    held = await seats.hold_keys(session, tenants, named)
    defaults = await activation_keys.defaults(session, held)
    going = {key: held[key] for key in in_order(named, held) if key not in defaults}
    gone = await _removed(context, session, going)
    pools = {key.pool_id for key in going.values() if key.pool_id is not None}
    return RemovedKeys(list(going), gone, sorted(pools), _refused(named, held, defaults))


async def _removed(context: RequestContext, session: Transaction, going: Mapping[UUID, Seats]) -> Sequence[UUID]:
    """Remove keys with all that has them alone: the ids of the servers that are gone, which may be very many."""
    if not going:
        return []
    by, accounts = origin(context), {key.account_id for key in going.values()}
    await seats.hold_servers_of_keys(session, accounts, going)
    await audit.record_all(session, by, _deeds(going))
    gone = await releasing.remove_of_keys(session, accounts, going, by)
    await activation_keys.remove(session, going)
    await events.record_all(session, context.now, _happenings(going))
    return gone


def _deeds(going: Mapping[UUID, Seats]) -> list[Deed]:
    return [
        Deed(
            key.account_id,
            Action.ACTIVATION_KEY_REMOVED,
            Target(ACTIVATION_KEY, key_id, masked_key(key.key)),
            [Change("used", key.used, None), Change("limit", key.limit, None)],
        )
        for key_id, key in going.items()
    ]


def _happenings(going: Mapping[UUID, Seats]) -> list[tuple[UUID, Happening]]:
    kind = EventKind.ACTIVATION_KEY_REMOVED
    return [
        (key.account_id, Happening(kind, activation_key_id=key_id, payload={"key": masked_key(key.key)}))
        for key_id, key in going.items()
    ]


def _refused(named: Places, held: Mapping[UUID, Seats], defaults: set[UUID]) -> list[UserFault]:
    """What stays, in the order of the list."""
    kept = "The default key of a license type cannot be removed."
    faults = missing(named, held, "ids", "There is no such activation key.")
    faults += [fault_at("DEFAULT_KEY", kept, "ids", named[key]) for key in defaults]
    return sorted(faults, key=lambda fault: int((fault.field or "0")[-1]))
