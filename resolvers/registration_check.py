"""Whether a key would register one server more: every reason against it, and nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from auth.permissions import Permission
from models.errors import UserFault
from models.queries import registering
from models.queries.registering import Known
from models.seats import refusals
from resolvers.agents import throttle, unknown_key
from resolvers.context import RequestContext
from resolvers.register_server import KEY_FIELD, possible_key


@dataclass(frozen=True, slots=True)
class Check:
    """The reasons against a registration, and the room on both levels as far as the caller may know it."""

    reasons: Sequence[UserFault]
    key_room: int | None = None
    pool_room: int | None = None


async def registration_check(context: RequestContext, activation_key: str, ip: str | None) -> Check:
    """Judge as a registration would for a machine that is not known yet.

    Whoever sees the servers of the key's account may ask for any address and learns the pool's room; for everybody else
    the address is the one that they call from.
    """
    try:
        throttle(context, activation_key)
    except UserFault as fault:
        return Check([fault])
    async with context.db.read() as reader:
        known = await registering.look(reader, possible_key(activation_key), None)
    if known is None:
        return Check([unknown_key(KEY_FIELD)])
    sees = _sees_servers(context, known)
    address = ip if sees and ip is not None else context.peer_ip
    found = refusals(known.seats, KEY_FIELD, address=address)
    if address is None:
        found.append(UserFault("ADDRESS_NOT_ALLOWED", "The address that you call from is not known."))
    return Check(found, known.seats.key_room, known.seats.pool_room if sees else None)


def _sees_servers(context: RequestContext, known: Known) -> bool:
    """Whether the caller may see the servers of the key's account: its own, or a customer's."""
    actor = context.actor
    if actor is None or not actor.may(Permission.VIEW_SERVERS):
        return False
    return actor.account_id in {known.seats.account_id, known.reseller_id}
