"""Switching the second factor of one's own login on and off."""

from typing import Any

import strawberry

from resolvers.acting import acting
from resolvers.begin_two_factor import begin_two_factor as begin
from resolvers.confirm_two_factor import confirm_two_factor as confirm
from resolvers.disable_two_factor import disable_two_factor as disable
from resolvers.viewer import viewer_row
from schema.idempotency import SHOWS_SECRET
from schema.kinds import Info, column
from schema.mutations import Input, mutation
from schema.types.user_errors import UserError, user_errors
from schema.types.viewer import Viewer


@strawberry.input(description="Who asks for a second factor, once more.")
class BeginTwoFactorInput:
    """The login's password."""

    password: str = strawberry.field(description="The login's password.")


@strawberry.type(description="A secret for an authenticator, in three forms. It waits 10 minutes to be confirmed.")
class BeginTwoFactorPayload:
    """What beginning returns."""

    secret: str | None = column("The secret in base32, to be typed in. It is shown here and never again.")
    otpauth_uri: str | None = column("The secret as a URI that authenticators open.")
    qr_code_svg: str | None = column("That URI as a QR code: an SVG document.")
    user_errors: list[UserError] = user_errors("Why there is no secret; empty on success.")


@strawberry.input(description="The first code of a new authenticator.")
class ConfirmTwoFactorInput:
    """A code."""

    code: str = strawberry.field(description="A code that the authenticator shows.")


@strawberry.type(description="The second factor is on. The login's other sessions have ended.")
class ConfirmTwoFactorPayload:
    """What confirming returns."""

    recovery_codes: list[str] | None = column(
        "Ten codes for a lost authenticator, each good once. They are shown here and never again."
    )
    viewer: Viewer | None = column("Who has it.")
    user_errors: list[UserError] = user_errors("Why it is not on; empty on success.")


@strawberry.input(description="A code, to show that the second factor is one's own.")
class DisableTwoFactorInput:
    """A code."""

    code: str = strawberry.field(description="A code that the authenticator shows, or a recovery code.")


@strawberry.type(description="The second factor is off. The login's other sessions have ended.")
class DisableTwoFactorPayload:
    """What switching it off returns."""

    viewer: Viewer | None = column("Who had it.")
    user_errors: list[UserError] = user_errors("Why it is still on; empty on success.")


async def begin_two_factor(info: Info, input_: Input[BeginTwoFactorInput]) -> dict[str, Any]:
    """Make a secret."""
    begun = await begin(info.context, input_.password)
    return {"secret": begun.secret, "otpauth_uri": begun.otpauth_uri, "qr_code_svg": begun.qr_code_svg}


async def confirm_two_factor(info: Info, input_: Input[ConfirmTwoFactorInput]) -> dict[str, Any]:
    """Switch it on."""
    codes = await confirm(info.context, input_.code)
    return {"recovery_codes": codes, "viewer": viewer_row(acting(info.context))}


async def disable_two_factor(info: Info, input_: Input[DisableTwoFactorInput]) -> dict[str, Any]:
    """Switch it off."""
    await disable(info.context, input_.code)
    return {"viewer": viewer_row(acting(info.context))}


@strawberry.type
class TwoFactorMutations:
    """The mutations of the second factor."""

    begin_two_factor: BeginTwoFactorPayload | None = mutation(
        "Begin to set up an authenticator for one's own login. Nothing changes before confirmTwoFactor; a secret that "
        "was not confirmed is replaced. While a second factor is on it is a CONFLICT. It needs a session.",
        begin_two_factor,
        BeginTwoFactorPayload,
        idempotency=SHOWS_SECRET,
    )
    confirm_two_factor: ConfirmTwoFactorPayload | None = mutation(
        "Confirm the authenticator by its first code: from then on signing in takes one. The login's other sessions "
        "end, and its owner is told by mail. It needs a session.",
        confirm_two_factor,
        ConfirmTwoFactorPayload,
        idempotency=SHOWS_SECRET,
    )
    disable_two_factor: DisableTwoFactorPayload | None = mutation(
        "Switch the second factor of one's own login off, by a code or a recovery code. The login's other sessions "
        "end, and its owner is told by mail. It needs a session.",
        disable_two_factor,
        DisableTwoFactorPayload,
    )
