"""Signing out: the session that asked ends, or all of its login's."""

from models.audit import Action
from models.queries import audit, sessions
from resolvers.acting import acting_login, origin
from resolvers.context import RequestContext


async def sign_out(context: RequestContext, everywhere: bool) -> None:
    """End the caller's session, or every session of its login. What has ended already is no fault."""
    actor = acting_login(context, "Only a signed-in session can sign out; revoke a key instead.")
    action = Action.LOGIN_SIGNED_OUT_EVERYWHERE if everywhere else Action.LOGIN_SIGNED_OUT
    async with context.db.write() as session:
        chosen = None if everywhere else actor.credential_id
        if actor.login_id is not None and await sessions.end(session, actor.account_id, actor.login_id, chosen):
            await audit.record(session, origin(context), action)
    context.response.clear_session = True
