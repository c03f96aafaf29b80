"""Signing out: the session that asked ends, or all of its login's."""

from models.errors import Forbidden
from models.queries import audit, sessions
from resolvers.context import RequestContext


async def sign_out(context: RequestContext, everywhere: bool) -> None:
    """End the caller's session, or every session of its login. What has ended already is no fault."""
    actor = context.actor
    if actor is None or actor.login_id is None:
        raise Forbidden("Only a signed-in session can sign out; revoke a key instead.")
    origin = audit.Origin(
        actor.account_id, actor.email or "", context.now, context.peer_ip, actor.login_id, actor.credential.name
    )
    async with context.db.write() as session:
        chosen = None if everywhere else actor.credential_id
        if await sessions.end(session, actor.account_id, actor.login_id, chosen):
            audit.record(session, origin, "login.signed_out_everywhere" if everywhere else "login.signed_out")
    context.response.clear_session = True
