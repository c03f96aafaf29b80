"""Replacing the account's API secret key, with time to hand out the new one while the old one still works.

At most two secrets work at once. While an earlier one does, another rotation must end it openly, by an overlap of no
hours: else either secrets would pile up, or a second rotation would cut off programs that were promised more time.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from auth.actors import CredentialKind
from auth.tokens import new_token
from models.audit import Action, Change, Target
from models.entities import ACCOUNT
from models.errors import UserFault
from models.queries import accounts, audit, machine_keys
from models.tables import ApiSecretKey
from resolvers.acting import acting, origin
from resolvers.context import RequestContext

LONGEST_OVERLAP = 168
"""Hours: a week."""

FIELD = ("overlapHours",)


@dataclass(frozen=True, slots=True)
class RotatedKey:
    """The new API secret key. Its value is told here and never again."""

    account_id: UUID
    secret: str = field(repr=False)


async def rotate_api_secret_key(context: RequestContext, overlap_hours: int) -> RotatedKey:
    """Make a new secret key. The one before it works for so many hours more; with none, every earlier one ends now."""
    if not 0 <= overlap_hours <= LONGEST_OVERLAP:
        raise UserFault("INVALID", f"The old key can work for 0 to {LONGEST_OVERLAP} hours more.", FIELD)
    account_id = acting(context).account_id
    token = new_token(CredentialKind.API_SECRET_KEY)
    key = ApiSecretKey(account_id=account_id, prefix=token.shown, secret_hash=token.digest, created_at=context.now)
    async with context.db.write() as session:
        number = await accounts.hold(session, account_id)
        known = await machine_keys.secret_keys(session, account_id)
        current = next((one for one in known if one.expires_at is None), None)
        overlapping = [one for one in known if one.expires_at is not None and one.expires_at > context.now]
        if overlapping and overlap_hours:
            raise UserFault(
                "CONFLICT", "An earlier key still works. Wait for its end, or rotate without overlap.", FIELD
            )
        ends = current.id if current is not None and overlap_hours else None
        ended = [one.id for one in known if one.id != ends]
        ends_at = context.now + timedelta(hours=overlap_hours)
        await machine_keys.replace_secret_key(session, key, ended=ended, ends=ends, ends_at=ends_at)
        changes = [
            Change("apiSecretKey.prefix", None if current is None else current.prefix, token.shown),
            Change("apiSecretKey.overlapHours", None, overlap_hours),
        ]
        target = Target(ACCOUNT, account_id, number)
        await audit.record(session, origin(context), Action.API_SECRET_KEY_ROTATED, target, changes)
    return RotatedKey(account_id, token.text)
