"""Unregistering: a server's agent ends its registration, which gives back the seat; the token ends with it."""

from dataclasses import replace

from auth.server_tokens import ServerToken
from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import SERVER
from models.queries import audit, registering, releasing, seats
from models.seats import HeldServer
from resolvers.agents import as_server, ended, throttle, token_of
from resolvers.context import RequestContext


async def unregister_server(context: RequestContext, server_token: str) -> None:
    """End the registration that the token names, and remove its server where it was the last one there."""
    throttle(context)
    token = token_of(context, server_token)
    await context.db.transact(lambda session: _unregistered(context, session, token))


async def _unregistered(context: RequestContext, session: Transaction, token: ServerToken) -> None:
    named = await registering.named(session, token.registration_id, token.epoch)
    if named is None:
        raise ended()
    held = await seats.hold_servers(session, [named.account_id], [named.server_id])
    kept = [_only(server, token) for server in held]
    if not any(server.registrations for server in kept):
        raise ended()
    gone = await releasing.release(session, kept, context.now)
    for server in kept:
        changes = [Change("key", named.key, None)]
        if server.id in gone:
            changes.append(Change("hostname", server.hostname, None))
        origin = as_server(context, server.account_id, server.hostname)
        target = Target(SERVER, server.id, server.hostname)
        await audit.record(session, origin, Action.SERVER_UNREGISTERED, target, changes)


def _only(server: HeldServer, token: ServerToken) -> HeldServer:
    """The server with the registration that the token names, and none beside."""
    named = [registration for registration in server.registrations if registration.id == token.registration_id]
    return replace(server, registrations=tuple(named))
