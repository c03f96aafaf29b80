"""`viewer`: who is calling, in which role and for which account."""

from typing import Any

from auth.actors import Actor
from resolvers.context import RequestContext


def viewer(context: RequestContext) -> dict[str, Any] | None:
    """The caller as a row; None without a credential."""
    return None if context.actor is None else viewer_row(context.actor)


def viewer_row(actor: Actor) -> dict[str, Any]:
    """An actor as a row. Its key is the login's, or that of the machine credential."""
    return {
        "id": actor.login_id or actor.credential_id,
        "account_id": actor.account_id,
        "login_id": actor.login_id,
        "login": actor.email,
        "credential": actor.credential.name,
        "role": actor.role.name,
    }
