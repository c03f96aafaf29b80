"""Signing in and out."""

from typing import Annotated, Any

import strawberry

from models.errors import UserFault
from resolvers import sign_in as signing_in
from resolvers import sign_out as signing_out
from resolvers.viewer import viewer_row
from schema.directives import MUTATION_WEIGHT, guards, weighs
from schema.kinds import Info, column
from schema.scalars import DateTime, EmailAddress
from schema.types.core import UNSET, given
from schema.types.user_errors import UserError, user_error, user_errors
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


async def sign_in(
    info: Info,
    input_: Annotated[SignInInput, strawberry.argument(name="input", description="Who signs in, and the proof.")],
) -> Any:
    """Begin a session; what the user can mend is an entry of `userErrors`."""
    context = info.context
    nothing = {"token": None, "expires_at": None, "viewer": None}
    try:
        begun = await signing_in.sign_in(context, input_.email, input_.password, given(input_.code))
    except UserFault as fault:
        return {**nothing, "user_errors": [user_error(fault)]}
    viewer = viewer_row(begun.actor) if context.act_as(begun.actor) else None
    return {"token": begun.token, "expires_at": begun.expires_at, "viewer": viewer, "user_errors": []}


async def sign_out(
    info: Info,
    input_: Annotated[SignOutInput, strawberry.argument(name="input", description="Which sessions to end.")],
) -> Any:
    """End sessions."""
    await signing_out.sign_out(info.context, input_.everywhere)
    return {"user_errors": []}


@strawberry.type
class SignInMutations:
    """The mutations that begin and end sessions."""

    sign_in: SignInPayload | None = strawberry.mutation(
        resolver=sign_in,
        description=(
            "Sign in with e-mail and password, and a code where the login has a second factor. An unknown e-mail, a "
            "wrong password and a disabled login are answered alike."
        ),
        directives=[*guards(None, public=True), *weighs(MUTATION_WEIGHT)],
    )
    sign_out: SignOutPayload | None = strawberry.mutation(
        resolver=sign_out,
        description="End the session that asks, or all sessions of its login. Keys are revoked instead.",
        directives=weighs(MUTATION_WEIGHT),
    )
