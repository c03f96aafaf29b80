"""Inviting a colleague: the sublogin stands in the list at once, and becomes a login when its owner accepts.

Whether an address signs in to another account is told to its owner alone. The master sees an invited sublogin either
way; for a taken address the invitation just cannot be accepted, since no link was made for it. What the account's own
list shows is no secret: an address that is in it already is refused.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from auth.actors import Actor
from auth.links import new_link
from auth.permissions import ROLE_TITLES
from models.audit import Action, Change, Target
from models.entities import SUBLOGIN
from models.errors import UserFault, UserFaults
from models.queries import accounts, audit, sublogins
from models.queries.sublogins import MOST_SUBLOGINS
from models.roles import RoleName
from models.tables import Invitation
from resolvers import checks, throttling
from resolvers.acting import acting, origin
from resolvers.context import RequestContext
from resolvers.mails import MailTemplate, queue_mail
from resolvers.roles import not_the_master

INVITATION_HOURS = 7 * 24


@dataclass(frozen=True, slots=True)
class Invited:
    """The new sublogin, and the account that it belongs to."""

    id: UUID
    account_id: UUID


async def create_sublogin(context: RequestContext, email: str, role: RoleName) -> Invited:
    """Invite an address to the caller's account."""
    actor = acting(context)
    address = _judged(email, role)
    link = new_link()
    async with throttling.inviting(context, actor.account_id, address), context.db.write() as session:
        await accounts.hold(session, actor.account_id)
        standing = await sublogins.standing(session, actor.account_id, address)
        if standing.own:
            raise UserFault("TAKEN", "This address is one of the account's logins or invitations already.", ["email"])
        if standing.sublogins >= MOST_SUBLOGINS:
            raise UserFault("LIMIT_REACHED", f"There are {MOST_SUBLOGINS} sublogins already: delete one first.")
        invitation = _invitation(context, actor, address, role, None if standing.taken else link.digest)
        sublogin_id = await sublogins.invite(session, invitation)
        template, values = MailTemplate.ADDRESS_TAKEN, dict[str, str]()
        if not standing.taken:
            template, values = MailTemplate.INVITATION, _letter(actor, role, link.text)
        await queue_mail(session, context.authority, template, address, values)
        changes = [Change("email", None, address), Change("role", None, role)]
        target = Target(SUBLOGIN, sublogin_id, address)
        await audit.record(session, origin(context), Action.SUBLOGIN_CREATED, target, changes)
    return Invited(sublogin_id, actor.account_id)


def _judged(email: str, role: RoleName) -> str:
    """The address as it is stored, where nothing is wrong with any of the input."""
    faults, address = list(not_the_master(role)), ""
    try:
        address = checks.email(email)
    except UserFault as fault:
        faults.append(UserFault(fault.code, fault.message, ["email"]))
    if faults:
        raise UserFaults(faults)
    return address


def _invitation(
    context: RequestContext, actor: Actor, address: str, role: RoleName, digest: bytes | None
) -> Invitation:
    return Invitation(
        account_id=actor.account_id,
        email=address,
        role=role,
        token_hash=digest,
        created_at=context.now,
        expires_at=context.now + timedelta(hours=INVITATION_HOURS),
    )


def _letter(actor: Actor, role: RoleName, token: str) -> dict[str, str]:
    return {
        "token": token,
        "hours": str(INVITATION_HOURS),
        "invited_by": actor.email or "",
        "role": ROLE_TITLES[role],
    }
