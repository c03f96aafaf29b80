"""Deleting a sublogin: from its commit on it neither signs in nor has a session, and its invitation is void."""

from uuid import UUID

from models.audit import Action, Change, Target
from models.entities import SUBLOGIN
from models.errors import UserFault
from models.queries import audit, sublogins
from resolvers.acting import acting, origin
from resolvers.context import RequestContext


async def delete_sublogin(context: RequestContext, sublogin_id: UUID | None) -> UUID:
    """Remove a sublogin of the caller's account; the account's id."""
    account_id = acting(context).account_id
    missing = UserFault("NOT_FOUND", "The account has no such sublogin.", ["id"])
    if sublogin_id is None:
        raise missing
    async with context.db.write() as session:
        deleted = await sublogins.remove(session, account_id, sublogin_id)
        if deleted is None:
            raise missing
        changes = [Change("email", deleted.email, None), Change("role", deleted.role, None)]
        target = Target(SUBLOGIN, sublogin_id, deleted.email)
        await audit.record(session, origin(context), Action.SUBLOGIN_DELETED, target, changes)
    return account_id
