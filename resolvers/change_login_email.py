"""Changing the address that one signs in with: asked for with password and code, confirmed from the new address.

The old address is told, whatever comes of it. Whether the new one signs in already is told to its owner alone.
"""

from datetime import timedelta

from auth.links import new_link
from auth.second_factor import Proof
from models.audit import Action, Change
from models.db import Transaction
from models.errors import UserFault
from models.kinds import LinkPurpose
from models.queries import audit, links
from models.queries.logins import SignInLogin
from models.tables import LoginLink
from resolvers import checks, throttling
from resolvers.acting import acting_login, origin
from resolvers.context import RequestContext
from resolvers.mails import MailTemplate, queue_mail
from resolvers.proving import code_tried, hold_proved, own_login, password_fault

CONFIRMING_HOURS = 24
FIELD = ("newEmail",)
REFUSAL = "Only a signed-in session can change its login's address."


async def change_login_email(context: RequestContext, new_email: str, password: str, code: str | None) -> None:
    """Ask the new address to confirm; until then the old one signs in."""
    actor = acting_login(context, REFUSAL)
    login = await own_login(context, actor)
    address = _judged(new_email, login)
    fault = await password_fault(context, login, password, "password")
    if fault is not None:
        raise fault
    async with throttling.sending(context, address), code_tried(context, login, code) as proof:
        await _ask(context, login, proof, address)


def _judged(text: str, login: SignInLogin) -> str:
    """The address as it is stored."""
    try:
        address = checks.email(text)
    except UserFault as fault:
        raise UserFault(fault.code, fault.message, FIELD) from None
    if address == login.email:
        raise UserFault("INVALID", "You sign in with this address already.", FIELD)
    return address


async def _ask(context: RequestContext, login: SignInLogin, proof: Proof, address: str) -> None:
    changes = [Change("email", login.email, address)]
    async with context.db.write() as session:
        await hold_proved(context, session, login, proof)
        await _write(context, session, login, address)
        await audit.record(session, origin(context), Action.LOGIN_EMAIL_CHANGE_REQUESTED, changes=changes)


async def _write(context: RequestContext, session: Transaction, login: SignInLogin, address: str) -> None:
    """Write to both addresses. Where the new one is a login's, the link is made without a token that could open it."""
    link, same = new_link(), address.lower() == login.email.lower()
    taken = await links.taken(session, address) and not same
    row = LoginLink(
        account_id=login.account_id,
        login_id=login.id,
        purpose=LinkPurpose.CONFIRM_EMAIL,
        token_hash=None if taken else link.digest,
        new_email=address,
        created_at=context.now,
        expires_at=context.now + timedelta(hours=CONFIRMING_HOURS),
    )
    await links.add(session, row)
    template, values = MailTemplate.ADDRESS_TAKEN, dict[str, str]()
    if not taken:
        template, values = MailTemplate.CONFIRM_EMAIL, {"token": link.text, "hours": str(CONFIRMING_HOURS)}
    await queue_mail(session, context.authority, template, address, values)
    await queue_mail(session, context.authority, MailTemplate.EMAIL_CHANGING, login.email, {"new_email": address})
