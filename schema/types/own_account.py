"""Accounts and logins by their owners: registering, passwords, and the address that one signs in with."""

from typing import Any

import strawberry

from auth.permissions import Permission
from resolvers.acting import acting
from resolvers.change_login_email import change_login_email as ask_for_another_email
from resolvers.change_password import change_password as replace_password
from resolvers.confirm_login_email import confirm_login_email as use_confirmation
from resolvers.register import register as accept_registration
from resolvers.request_password_reset import request_password_reset as accept_reset
from resolvers.reset_password import reset_password as use_link
from resolvers.viewer import viewer_row
from schema.kinds import Info, column
from schema.mutations import Input, mutation
from schema.scalars import EmailAddress
from schema.types.core import UNSET, given
from schema.types.user_errors import UserError, user_errors
from schema.types.viewer import Viewer


@strawberry.input(description="Who registers, for which company.")
class RegisterInput:
    """The registration form."""

    email: EmailAddress = strawberry.field(description="The address that will sign in as the account's master.")
    first_name: str = strawberry.field(description="The person's first name.")
    last_name: str = strawberry.field(description="The person's last name.")
    company_name: str = strawberry.field(description="The company's name.")
    country: str = strawberry.field(description="The company's country: two letters of ISO 3166-1, such as DE.")


@strawberry.type(description="A registration that was accepted. Its address has mail.")
class RegisterPayload:
    """What registering returns."""

    accepted: bool = column("Whether the form was accepted. It does not tell whether the address is known.")
    user_errors: list[UserError] = user_errors("Everything that is wrong with the form; empty on success.")


@strawberry.input(description="Whose password is lost.")
class RequestPasswordResetInput:
    """An address."""

    email: EmailAddress = strawberry.field(description="The address that signs in, in any case.")


@strawberry.type(description="The wish was accepted. If the address signs in, it has mail.")
class RequestPasswordResetPayload:
    """What asking for a new password returns."""

    accepted: bool = column("Whether the wish was accepted. It does not tell whether the address is known.")
    user_errors: list[UserError] = user_errors("Why it was not accepted; empty on success.")


@strawberry.input(description="A link that was mailed, and the password to set.")
class ResetPasswordInput:
    """The token of a link, and a password."""

    token: str = strawberry.field(description="What stands behind `#token=` in the link.")
    new_password: str = strawberry.field(
        description="The new password: at least 12 characters, at most 1,024 bytes, and not easy to guess."
    )


@strawberry.type(description="The password is set, and all sessions of the login have ended. Nobody is signed in.")
class ResetPasswordPayload:
    """What setting a password by a link returns."""

    accepted: bool = column("Whether the password was set.")
    user_errors: list[UserError] = user_errors("Why it was not set; a weak password leaves the link as it was.")


@strawberry.input(description="The password as it is, and as it shall be.")
class ChangePasswordInput:
    """Two passwords."""

    current_password: str = strawberry.field(description="The password that signs in now.")
    new_password: str = strawberry.field(
        description="The new password: at least 12 characters, at most 1,024 bytes, and not easy to guess."
    )


@strawberry.type(description="The password is changed, and the login's other sessions have ended.")
class ChangePasswordPayload:
    """What changing a password returns."""

    viewer: Viewer | None = column("Whose password was changed; null where it was not.")
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; empty on success.")


@strawberry.input(description="Another address to sign in with, and the proof of who asks.")
class ChangeLoginEmailInput:
    """A new address, and credentials."""

    new_email: EmailAddress = strawberry.field(description="The address that shall sign in.")
    password: str = strawberry.field(description="The login's password.")
    code: str | None = strawberry.field(
        default=UNSET,
        description="A code of the authenticator, or a recovery code; needed where the login has a second factor.",
    )


@strawberry.type(description="The new address has mail, and the old one has been told.")
class ChangeLoginEmailPayload:
    """What asking for another address returns."""

    accepted: bool = column("Whether the wish was accepted. It does not tell whether the address is known.")
    user_errors: list[UserError] = user_errors("Why it was not accepted; empty on success.")


@strawberry.input(description="A link that was mailed to the new address.")
class ConfirmLoginEmailInput:
    """The token of a link."""

    token: str = strawberry.field(description="What stands behind `#token=` in the link.")


@strawberry.type(description="From now on the new address signs in.")
class ConfirmLoginEmailPayload:
    """What confirming an address returns."""

    accepted: bool = column("Whether the address was changed.")
    user_errors: list[UserError] = user_errors("Why it was not changed; empty on success.")


async def register(info: Info, input_: Input[RegisterInput]) -> dict[str, Any]:
    """Accept the form."""
    typed: dict[tuple[str, ...], str | None] = {
        ("email",): input_.email,
        ("firstName",): input_.first_name,
        ("lastName",): input_.last_name,
        ("companyName",): input_.company_name,
        ("country",): input_.country,
    }
    await accept_registration(info.context, typed)
    return {"accepted": True}


async def request_password_reset(info: Info, input_: Input[RequestPasswordResetInput]) -> dict[str, Any]:
    """Accept the wish."""
    await accept_reset(info.context, input_.email)
    return {"accepted": True}


async def reset_password(info: Info, input_: Input[ResetPasswordInput]) -> dict[str, Any]:
    """Set the password."""
    await use_link(info.context, input_.token, input_.new_password)
    return {"accepted": True}


async def change_password(info: Info, input_: Input[ChangePasswordInput]) -> dict[str, Any]:
    """Replace the password."""
    await replace_password(info.context, input_.current_password, input_.new_password)
    return {"viewer": viewer_row(acting(info.context))}


async def change_login_email(info: Info, input_: Input[ChangeLoginEmailInput]) -> dict[str, Any]:
    """Ask for the change."""
    await ask_for_another_email(info.context, input_.new_email, input_.password, given(input_.code))
    return {"accepted": True}


async def confirm_login_email(info: Info, input_: Input[ConfirmLoginEmailInput]) -> dict[str, Any]:
    """Change the address."""
    await use_confirmation(info.context, input_.token)
    return {"accepted": True}


@strawberry.type
class OwnAccountMutations:
    """The mutations of registering, of passwords and of sign-in addresses."""

    register: RegisterPayload | None = mutation(
        "Register a company. A link to set the password is mailed; using it within 24 hours opens the account with "
        "its master login. An address that signs in already is answered alike, and told by mail.",
        register,
        RegisterPayload,
        public=True,
    )
    request_password_reset: RequestPasswordResetPayload | None = mutation(
        "Ask for a link to set a new password, good once and for 2 hours. Known and unknown addresses are answered "
        "alike.",
        request_password_reset,
        RequestPasswordResetPayload,
        public=True,
    )
    reset_password: ResetPasswordPayload | None = mutation(
        "Set a password by a mailed link: after a reset, to accept an invitation, or to open a registered account. It "
        "signs nobody in, ends all sessions of the login, and leaves the second factor on.",
        reset_password,
        ResetPasswordPayload,
        public=True,
    )
    change_password: ChangePasswordPayload | None = mutation(
        "Change one's own password. Every other session of the login ends, and links that were mailed for it are "
        "void. It needs a session.",
        change_password,
        ChangePasswordPayload,
        requires=Permission.CHANGE_PASSWORD,
    )
    change_login_email: ChangeLoginEmailPayload | None = mutation(
        "Ask to sign in with another address. It takes effect once that address confirms, within 24 hours; the old one "
        "is told. An address that signs in already is answered alike, and told by mail. It needs a session.",
        change_login_email,
        ChangeLoginEmailPayload,
    )
    confirm_login_email: ConfirmLoginEmailPayload | None = mutation(
        "Confirm a new address by the link that was mailed to it. Sessions go on; links that were mailed to the old "
        "address are void.",
        confirm_login_email,
        ConfirmLoginEmailPayload,
        public=True,
    )
