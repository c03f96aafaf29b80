"""Creating an API key: a credential for a program, with a role of its own and a value that is told once."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from auth.actors import CredentialKind
from auth.tokens import new_token
from models.audit import Action, Change, Target
from models.entities import API_KEY
from models.errors import UserFault, UserFaults
from models.queries import accounts, audit, machine_keys
from models.queries.machine_keys import MOST_API_KEYS
from models.roles import RoleName
from models.tables import ApiKey
from resolvers.acting import acting, origin
from resolvers.checks import line
from resolvers.context import RequestContext
from resolvers.forms import Field
from resolvers.roles import not_the_master

NAME = Field("name", line(100), needed=True)


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A new API key. Its value is told here and never again."""

    id: UUID
    account_id: UUID
    secret: str = field(repr=False)


async def create_api_key(context: RequestContext, name: str, role: RoleName, expires_at: datetime | None) -> CreatedKey:
    """Create a key for the caller's account, or raise what is wrong with the input, or that there are too many."""
    typed = _judged(context, name, role, expires_at)
    account_id = acting(context).account_id
    token = new_token(CredentialKind.API_KEY)
    key = ApiKey(
        account_id=account_id,
        name=typed,
        prefix=token.shown,
        secret_hash=token.digest,
        role=role,
        created_at=context.now,
        expires_at=expires_at,
    )
    async with context.db.write() as session:
        await accounts.hold(session, account_id)
        if await machine_keys.count_api_keys(session, account_id) >= MOST_API_KEYS:
            raise UserFault(
                "LIMIT_REACHED", f"There are {MOST_API_KEYS} API keys already: revoke one that is not used."
            )
        key_id = await machine_keys.add_api_key(session, key)
        changes = [Change("name", None, typed), Change("role", None, role), Change("expiresAt", None, expires_at)]
        await audit.record(session, origin(context), Action.API_KEY_CREATED, Target(API_KEY, key_id, typed), changes)
    return CreatedKey(key_id, account_id, token.text)


def _judged(context: RequestContext, name: str, role: RoleName, expires_at: datetime | None) -> str:
    """The key's name as it is stored, where nothing is wrong with any of the input."""
    faults = list(not_the_master(role))
    typed = ""
    try:
        typed = NAME.read(name) or ""
    except UserFault as fault:
        faults.append(UserFault(fault.code, fault.message, ["name"]))
    if expires_at is not None and expires_at <= context.now:
        faults.append(UserFault("INVALID", "A key can only expire in the future.", ["expiresAt"]))
    if faults:
        raise UserFaults(faults)
    return typed
