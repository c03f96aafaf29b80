"""Signing in and out."""

from typing import Any

import strawberry

from resolvers import sign_in as signing_in
from resolvers import sign_out as signing_out
from resolvers.viewer import viewer_row
from schema.kinds import Info, column
from schema.mutations import Input, mutation
from schema.scalars import DateTime, EmailAddress
from schema.types.core import UNSET, given
from schema.types.user_errors import UserError, user_errors
from schema.types.viewer import Viewer


@strawberry.input(description="Who signs in, and the proof.")
class SignInInput:
    """Credentials of a login."""

    email: EmailAddress = strawberry.field(description="The login's e-mail, in any case.")
    password: str = strawberry.field(description="The login's password.")
    code: str | None = strawberry.field(
        default=UNSET,
        description="A code of the authenticator, or a recovery code; needed where the login has a second factor.",
    )


@strawberry.type(description="The session that has begun. Its cookie is set, too.")
class SignInPayload:
    """What signing in returns."""

    token: str | None = column("The session's token, for `Authorization: Bearer`. It is shown here and never again.")
    expires_at: DateTime | None = column("When the session ends at the latest; unused, it ends sooner.")
    viewer: Viewer | None = column(
        "Who signed in. A document is judged by the credential it came with, so what is guarded is null here; null "
        "altogether where the document came with another login's credential."
    )
    user_errors: list[UserError] = user_errors("Why nobody was signed in; empty on success.")


@strawberry.input(description="Which sessions to end.")
class SignOutInput:
    """How far signing out goes."""

    everywhere: bool = strawberry.field(
        default=False, description="End all sessions of the login, not only the one that asks."
    )


@strawberry.type(description="The session has ended, and its cookie is cleared.")
class SignOutPayload:
    """What signing out returns."""

    user_errors: list[UserError] = user_errors("Always empty: signing out cannot fail.")


async def sign_in(info: Info, input_: Input[SignInInput]) -> dict[str, Any]:
    """Begin a session; what the user can mend is an entry of `userErrors`."""
    context = info.context
    begun = await signing_in.sign_in(context, input_.email, input_.password, given(input_.code))
    viewer = viewer_row(begun.actor) if context.act_as(begun.actor) else None
    return {"token": begun.token, "expires_at": begun.expires_at, "viewer": viewer}


async def sign_out(info: Info, input_: Input[SignOutInput]) -> dict[str, Any]:
    """End sessions."""
    await signing_out.sign_out(info.context, input_.everywhere)
    return {}


@strawberry.type
class SignInMutations:
    """The mutations that begin and end sessions."""

    sign_in: SignInPayload | None = mutation(
        "Sign in with e-mail and password, and a code where the login has a second factor. An unknown e-mail, a wrong "
        "password and a disabled login are answered alike.",
        sign_in,
        SignInPayload,
        public=True,
    )
    sign_out: SignOutPayload | None = mutation(
        "End the session that asks, or all sessions of its login. Keys are revoked instead.",
        sign_out,
        SignOutPayload,
    )
