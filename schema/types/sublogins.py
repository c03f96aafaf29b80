"""Managing sublogins: inviting, changing and deleting them."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import SUBLOGIN
from models.roles import RoleName
from resolvers.create_sublogin import create_sublogin as invite
from resolvers.delete_sublogin import delete_sublogin as remove
from resolvers.update_sublogin import update_sublogin as change
from schema import ids
from schema.kinds import Info, column, lookup
from schema.mutations import Input, mutation
from schema.scalars import EmailAddress
from schema.types.access import Sublogin
from schema.types.account import Account
from schema.types.core import UNSET
from schema.types.settings import changed_account
from schema.types.user_errors import UserError, user_errors

MANAGE_ACCESS = Permission.MANAGE_ACCESS


@strawberry.input(description="Who is invited, and as what.")
class CreateSubloginInput:
    """An address and a role."""

    email: EmailAddress = strawberry.field(description="The address that is invited.")
    role: RoleName = strawberry.field(description="What the sublogin may do: any role but MASTER.")


@strawberry.type(description="The sublogin, invited.")
class CreateSubloginPayload:
    """What inviting returns."""

    sublogin: Sublogin | None = lookup("The sublogin as the list has it.", SUBLOGIN, "sublogin_id")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Why nobody was invited; empty on success.")


@strawberry.input(description="How a sublogin is changed. What is left out stays as it is.")
class UpdateSubloginInput:
    """A sublogin, and what it shall be."""

    id: strawberry.ID = strawberry.field(description="The sublogin's id.")
    role: RoleName | None = strawberry.field(default=UNSET, description="Another role: any but MASTER, and not null.")
    disabled: bool | None = strawberry.field(
        default=UNSET, description="Whether it is switched off; not null. An invitation cannot be accepted then."
    )


@strawberry.type(description="The sublogin as it is now. Where anything changed, its sessions have ended.")
class UpdateSubloginPayload:
    """What changing returns."""

    sublogin: Sublogin | None = lookup("The sublogin as it is now.", SUBLOGIN, "sublogin_id")
    user_errors: list[UserError] = user_errors("Why nothing was changed; empty on success.")


@strawberry.input(description="Which sublogin is deleted.")
class DeleteSubloginInput:
    """A sublogin."""

    id: strawberry.ID = strawberry.field(description="The sublogin's id.")


@strawberry.type(description="The sublogin is gone, its sessions have ended, and an open invitation is void.")
class DeleteSubloginPayload:
    """What deleting returns."""

    deleted_id: strawberry.ID | None = column("The id of the sublogin that is gone.")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Why no sublogin was deleted; empty on success.")


async def create_sublogin(info: Info, input_: Input[CreateSubloginInput]) -> dict[str, Any]:
    """Invite."""
    created = await invite(info.context, input_.email, input_.role)
    return {"sublogin_id": created.id, "account_id": created.account_id}


async def update_sublogin(info: Info, input_: Input[UpdateSubloginInput]) -> dict[str, Any]:
    """Change."""
    changes = {"role": input_.role, "disabled": input_.disabled}
    given = {name: value for name, value in changes.items() if value is not UNSET}
    return {"sublogin_id": await change(info.context, ids.key_of("Sublogin", input_.id), given)}


async def delete_sublogin(info: Info, input_: Input[DeleteSubloginInput]) -> dict[str, Any]:
    """Delete."""
    account_id = await remove(info.context, ids.key_of("Sublogin", input_.id))
    return {"deleted_id": input_.id, "account_id": account_id}


@strawberry.type
class SubloginMutations:
    """The mutations of sublogins."""

    create_sublogin: CreateSubloginPayload | None = mutation(
        "Invite a colleague by mail to a login of the account, of which it has at most 200. The answer does not tell "
        "whether the address signs in elsewhere; if it does, its owner is told, and there is nothing to accept.",
        create_sublogin,
        CreateSubloginPayload,
        requires=MANAGE_ACCESS,
    )
    update_sublogin: UpdateSubloginPayload | None = mutation(
        "Change a sublogin's role, or switch it off or on. That ends its sessions.",
        update_sublogin,
        UpdateSubloginPayload,
        requires=MANAGE_ACCESS,
    )
    delete_sublogin: DeleteSubloginPayload | None = mutation(
        "Delete a sublogin, or take an invitation back.",
        delete_sublogin,
        DeleteSubloginPayload,
        requires=MANAGE_ACCESS,
    )
