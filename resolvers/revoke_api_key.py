"""Revoking an API key: from its commit on nobody holds it."""

from uuid import UUID

from models.audit import Action, Change, Target
from models.entities import API_KEY
from models.errors import UserFault
from models.queries import audit, machine_keys
from resolvers.acting import acting, origin
from resolvers.context import RequestContext


async def revoke_api_key(context: RequestContext, key_id: UUID | None) -> UUID:
    """Remove a key of the caller's account; the account's id."""
    account_id = acting(context).account_id
    missing = UserFault("NOT_FOUND", "The account has no such API key.", ["id"])
    if key_id is None:
        raise missing
    async with context.db.write() as session:
        revoked = await machine_keys.revoke_api_key(session, account_id, key_id)
        if revoked is None:
            raise missing
        changes = [Change("name", revoked.name, None), Change("role", revoked.role, None)]
        target = Target(API_KEY, key_id, revoked.name)
        await audit.record(session, origin(context), Action.API_KEY_REVOKED, target, changes)
    return account_id
