"""What the log tells of servers that are gone, whatever took them."""

from collections.abc import Collection, Iterable
from uuid import UUID

from models.audit import Action, Change, Target
from models.entities import SERVER
from models.queries.audit import Deed
from models.seats import HeldServer


def servers_removed(servers: Iterable[HeldServer], gone: Collection[UUID]) -> list[Deed]:
    """A row for each server that is gone."""
    left = set(gone)
    return [
        Deed(
            server.account_id,
            Action.SERVER_REMOVED,
            Target(SERVER, server.id, server.hostname),
            [Change("hostname", server.hostname, None)],
        )
        for server in servers
        if server.id in left
    ]
