"""Managing credentials: API keys, the account's API secret key, and one's own sessions."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import API_KEY
from models.roles import RoleName
from resolvers.create_api_key import create_api_key as create_key
from resolvers.revoke_api_key import revoke_api_key as revoke_key
from resolvers.revoke_session import revoke_session as end_session
from resolvers.rotate_api_secret_key import rotate_api_secret_key as rotate_key
from schema import ids
from schema.idempotency import SHOWS_SECRET
from schema.kinds import Info, column, lookup
from schema.mutations import Input, mutation
from schema.scalars import DateTime
from schema.types.access import ApiKey
from schema.types.account import Account
from schema.types.core import UNSET, given
from schema.types.settings import changed_account
from schema.types.user_errors import UserError, user_errors

MANAGE_ACCESS = Permission.MANAGE_ACCESS


@strawberry.input(description="A new API key.")
class CreateApiKeyInput:
    """What a key is called and may do."""

    name: str = strawberry.field(description="The account's own name for it, at most 100 characters.")
    role: RoleName = strawberry.field(description="What it may do: any role but MASTER.")
    expires_at: DateTime | None = strawberry.field(
        default=UNSET, description="When it stops working, in the future; never where left out."
    )


@strawberry.type(description="The key that was created.")
class CreateApiKeyPayload:
    """What creating a key returns."""

    secret: str | None = column("The key itself, for `Authorization: Bearer`. It is shown here and never again.")
    api_key: ApiKey | None = lookup("The key as the list has it.", API_KEY, "api_key_id")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Why there is no new key; empty on success.")


@strawberry.input(description="Which API key is revoked.")
class RevokeApiKeyInput:
    """A key."""

    id: strawberry.ID = strawberry.field(description="The key's id.")


@strawberry.type(description="The key is gone: the next request that brings it is refused.")
class RevokeApiKeyPayload:
    """What revoking a key returns."""

    deleted_id: strawberry.ID | None = column("The id of the key that is gone.")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Why no key was revoked; empty on success.")


@strawberry.input(description="How the API secret key is replaced.")
class RotateApiSecretKeyInput:
    """How long the old one still works."""

    overlap_hours: int = strawberry.field(
        default=24,
        description="For how many hours the key that is replaced still works, at most 168. With 0 every earlier key "
        "ends at once; while an earlier one still works, only 0 is possible.",
    )


@strawberry.type(description="The new API secret key.")
class RotateApiSecretKeyPayload:
    """What rotating returns."""

    secret: str | None = column("The key itself, for `Authorization: Bearer`. It is shown here and never again.")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Why the key was not replaced; empty on success.")


@strawberry.input(description="Which session is ended.")
class RevokeSessionInput:
    """A session."""

    id: strawberry.ID = strawberry.field(description="The id of a session of one's own login.")


@strawberry.type(description="The session has ended; if it was the one that asks, its cookie is cleared.")
class RevokeSessionPayload:
    """What ending a session returns."""

    deleted_id: strawberry.ID | None = column("The id of the session that has ended.")
    user_errors: list[UserError] = user_errors("Why no session was ended; empty on success.")


async def create_api_key(info: Info, input_: Input[CreateApiKeyInput]) -> dict[str, Any]:
    """Create a key."""
    created = await create_key(info.context, input_.name, input_.role, given(input_.expires_at))
    return {"secret": created.secret, "api_key_id": created.id, "account_id": created.account_id}


async def revoke_api_key(info: Info, input_: Input[RevokeApiKeyInput]) -> dict[str, Any]:
    """Remove a key."""
    account_id = await revoke_key(info.context, ids.key_of("ApiKey", input_.id))
    return {"deleted_id": input_.id, "account_id": account_id}


async def rotate_api_secret_key(info: Info, input_: Input[RotateApiSecretKeyInput]) -> dict[str, Any]:
    """Replace the secret key."""
    rotated = await rotate_key(info.context, input_.overlap_hours)
    return {"secret": rotated.secret, "account_id": rotated.account_id}


async def revoke_session(info: Info, input_: Input[RevokeSessionInput]) -> dict[str, Any]:
    """End a session."""
    await end_session(info.context, ids.key_of("Session", input_.id))
    return {"deleted_id": input_.id}


@strawberry.type
class CredentialMutations:
    """The mutations of credentials."""

    create_api_key: CreateApiKeyPayload | None = mutation(
        "Create an API key, of which an account has at most 50.",
        create_api_key,
        CreateApiKeyPayload,
        requires=MANAGE_ACCESS,
        idempotency=SHOWS_SECRET,
    )
    revoke_api_key: RevokeApiKeyPayload | None = mutation(
        "Revoke an API key at once.", revoke_api_key, RevokeApiKeyPayload, requires=MANAGE_ACCESS
    )
    rotate_api_secret_key: RotateApiSecretKeyPayload | None = mutation(
        "Replace the account's API secret key, or make its first one.",
        rotate_api_secret_key,
        RotateApiSecretKeyPayload,
        requires=MANAGE_ACCESS,
        idempotency=SHOWS_SECRET,
    )
    revoke_session: RevokeSessionPayload | None = mutation(
        "End one session of one's own login. Keys have none.", revoke_session, RevokeSessionPayload
    )
