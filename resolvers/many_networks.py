"""A key that is suddenly used from many networks may have leaked: its account reads so in the audit log."""

from datetime import timedelta

from models.audit import Action, Change, Target, masked_key
from models.db import Transaction
from models.entities import ACTIVATION_KEY
from models.queries import audit, key_networks
from models.queries.audit import Origin
from models.seats import Seats

MANY_NETWORKS = 20
WITHIN = timedelta(days=1)


async def note_network(session: Transaction, origin: Origin, seats: Seats, ip: str) -> None:
    """Note where a held key was used from, and tell when the number of new networks of a day becomes many."""
    found = await key_networks.note(session, seats.key_id, ip, origin.at, origin.at - WITHIN)
    if found == MANY_NETWORKS:
        changes = [Change("key", None, seats.key), Change("networks", None, found)]
        target = Target(ACTIVATION_KEY, seats.key_id, masked_key(seats.key))
        await audit.record(session, origin, Action.ACTIVATION_KEY_SEEN_FROM_MANY_NETWORKS, target, changes)
