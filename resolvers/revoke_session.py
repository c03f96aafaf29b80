"""Ending one session of one's own login, such as that of a lost laptop."""

from uuid import UUID

from models.audit import Action, Target
from models.entities import SESSION
from models.errors import UserFault
from models.queries import audit, sessions
from resolvers.acting import acting_login, origin
from resolvers.context import RequestContext


async def revoke_session(context: RequestContext, session_id: UUID | None) -> None:
    """End a session of the caller's login. Ending the one that asks clears its cookie, as signing out does."""
    actor = acting_login(context, "Only a signed-in session can end sessions; revoke a key instead.")
    missing = UserFault("NOT_FOUND", "Your login has no such session.", ["id"])
    if session_id is None or actor.login_id is None:
        raise missing
    async with context.db.write() as session:
        address = await sessions.revoke(session, actor.account_id, actor.login_id, session_id)
        if address is None:
            raise missing
        target = Target(SESSION, session_id, address or None)
        await audit.record(session, origin(context), Action.SESSION_REVOKED, target)
    if session_id == actor.credential_id:
        context.response.clear_session = True
