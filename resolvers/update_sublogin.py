"""Giving a sublogin another role, switching it off, or on again. Whatever changes ends its sessions."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from models.audit import Action, Change, Target
from models.entities import SUBLOGIN
from models.errors import UserFault, UserFaults
from models.queries import audit, sessions, sublogins
from models.roles import RoleName
from models.tables import Invitation, Login
from resolvers.acting import acting, origin
from resolvers.context import RequestContext
from resolvers.roles import not_the_master


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sublogin shall be; None for what stays as it is."""

    role: RoleName | None = None
    disabled: bool | None = None


async def update_sublogin(
    context: RequestContext, sublogin_id: UUID | None, given: Mapping[str, RoleName | bool | None]
) -> UUID:
    """Change a sublogin of the caller's account, by what of `role` and `disabled` is given; its id."""
    account_id = acting(context).account_id
    wanted = _judged(given)
    missing = UserFault("NOT_FOUND", "The account has no such sublogin.", ["id"])
    if sublogin_id is None:
        raise missing
    async with context.db.write() as session:
        row = await sublogins.lock(session, account_id, sublogin_id)
        if row is None:
            raise missing
        changes = _changed(row, wanted)
        if changes:
            await session.flush()
            if isinstance(row, Login):
                await sessions.end(session, account_id, row.id)
            target = Target(SUBLOGIN, row.id, row.email)
            await audit.record(session, origin(context), Action.SUBLOGIN_UPDATED, target, changes)
    return sublogin_id


def _judged(given: Mapping[str, RoleName | bool | None]) -> Wanted:
    faults = [UserFault("REQUIRED", "This may not be null.", [name]) for name, one in given.items() if one is None]
    role, disabled = given.get("role"), given.get("disabled")
    if isinstance(role, RoleName):
        faults += not_the_master(role)
    if faults:
        raise UserFaults(faults)
    return Wanted(
        role if isinstance(role, RoleName) else None,
        disabled if isinstance(disabled, bool) else None,
    )


def _changed(row: Login | Invitation, wanted: Wanted) -> list[Change]:
    """Change the row, and tell what that changed."""
    changes = []
    if wanted.role is not None and wanted.role is not row.role:
        changes.append(Change("role", row.role, wanted.role))
        row.role = wanted.role
    if wanted.disabled is not None:
        state = sublogins.state_of(row, disabled=wanted.disabled)
        if state is not row.state:
            changes.append(Change("state", row.state, state))
            row.sqlmodel_update({"state": state})
    return changes
