"""Inviting a customer's master: whoever accepts makes the account their own; until then the reseller alone acts in it.

Whether the address signs in elsewhere is told to its owner alone. The reseller reads the same either way; for a taken
address the invitation just cannot be accepted, since no link was made for it.
"""

from datetime import timedelta
from uuid import UUID

from auth.links import new_link
from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import CUSTOMER
from models.errors import UserFault
from models.queries import customers, links
from models.queries.tenants import Tenant
from models.tables import CustomerInvitation
from resolvers import checks, tenants, throttling
from resolvers.acting import acting
from resolvers.context import RequestContext
from resolvers.mails import MailTemplate, queue_mail

INVITATION_HOURS = 7 * 24


async def invite_customer(context: RequestContext, customer_id: UUID, email: str) -> UUID:
    """Invite another address, or the same one again, in place of an invitation that nobody has accepted."""
    address, me = _judged(email), acting(context).account_id
    async with throttling.inviting(context, me, address), context.db.write() as session:
        customer = await tenants.tenant_named(context, session, customer_id)
        if await customers.has_master(session, customer.id):
            raise UserFault("CONFLICT", "Somebody has accepted already: the account has its master.", ["customerId"])
        await invite(context, session, customer, address)
        target, changes = Target(CUSTOMER, customer.id, customer.number), [Change("email", None, address)]
        await tenants.tell(context, session, customer, Action.CUSTOMER_INVITED, target, changes)
    return customer_id


async def invite(context: RequestContext, session: Transaction, customer: Tenant, address: str) -> None:
    """Invite an address to an account that is held, or tell its owner that it signs in already: the same work."""
    link = new_link()
    taken = await links.taken(session, address)
    invitation = CustomerInvitation(
        account_id=customer.id,
        email=address,
        token_hash=None if taken else link.digest,
        created_at=context.now,
        expires_at=context.now + timedelta(hours=INVITATION_HOURS),
    )
    await customers.invite(session, invitation)
    template, values = MailTemplate.ADDRESS_TAKEN, dict[str, str]()
    if not taken:
        template = MailTemplate.CUSTOMER_INVITATION
        values = {"token": link.text, "hours": str(INVITATION_HOURS), "account": customer.number}
    await queue_mail(session, context.authority, template, address, values)


def _judged(email: str) -> str:
    """The address as it is stored."""
    try:
        return checks.email(email)
    except UserFault as fault:
        raise UserFault(fault.code, fault.message, ["email"]) from None
