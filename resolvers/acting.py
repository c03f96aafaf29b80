"""Who acts in a mutation, and how the audit log names them."""

from auth.actors import Actor, CredentialKind
from models.errors import Forbidden, Unauthenticated
from models.queries.audit import Origin
from resolvers.context import RequestContext


def acting(context: RequestContext) -> Actor:
    """The caller of a mutation that needs one."""
    if context.actor is None:
        raise Unauthenticated("This needs a credential.")
    return context.actor


def acting_login(context: RequestContext, refusal: str) -> Actor:
    """The caller of a mutation about a person's own login; whoever has none is refused with this sentence."""
    if context.actor is None or context.actor.login_id is None:
        raise Forbidden(refusal)
    return context.actor


def origin(context: RequestContext, actor: Actor | None = None) -> Origin:
    """Who does what the log will tell, by which credential and from where: the caller, or whom it has just become."""
    actor = actor or acting(context)
    return Origin(
        account_id=actor.account_id,
        actor=actor.email,
        at=context.now,
        ip=context.peer_ip,
        login_id=actor.login_id,
        credential_kind=actor.credential.name,
        api_key_id=actor.credential_id if actor.credential is CredentialKind.API_KEY else None,
    )


def booked_by(context: RequestContext) -> str:
    """Who acts, as the ledger names them: a login by its e-mail, a machine by its kind and id. Entries outlive both."""
    actor = acting(context)
    return actor.email or f"{actor.credential.name} {actor.credential_id}"
