"""Setting a password by a link: after a reset was asked for, to accept an invitation, or to open an account.

It signs nobody in, and leaves the second factor on: whoever reads somebody's mail has not become them.
"""

from dataclasses import dataclass, field

from auth.links import Link
from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import ACCOUNT, SUBLOGIN
from models.errors import UserFault
from models.kinds import LinkPurpose
from models.queries import accounts, audit, customers, links, logins, sessions
from models.queries.accounts import Opener, Opening
from models.queries.audit import Origin
from models.queries.links import Means, Pending
from models.roles import RoleName
from models.tables import Login
from resolvers import throttling
from resolvers.context import RequestContext
from resolvers.mails import MailTemplate, queue_mail
from resolvers.throttling import Guarded

CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Setting:
    """A link that is being used, and the new password's hash."""

    digest: bytes
    password_hash: str = field(repr=False)


def void_link() -> UserFault:
    """The one answer for a link that has run out, was used, taken back, or never made."""
    return UserFault("TOKEN_EXPIRED", "This link has run out or was used. Ask for a new one.", ["token"])


def address_taken() -> UserFault:
    """Whoever has the link reads the address's mail, so they may know."""
    return UserFault("TAKEN", "This address signs in already. Use its password, or ask for a new one.", ["token"])


async def reset_password(context: RequestContext, token: str, new_password: str) -> None:
    """Set the password that a link allows to set; a password that is too weak leaves the link as it was."""
    digest, passwords = Link(token).digest, context.authority.passwords
    pending = await _pending(context, digest)
    fault = await passwords.weakness(new_password, pending.words)
    if fault is not None:
        raise UserFault(fault.code, fault.message, ["newPassword"])
    setting = Setting(digest, await passwords.hash(new_password))
    async with context.db.write() as session:
        if pending.means is Means.LOGIN:
            login = await _renew(context, session, pending, setting)
        elif pending.means is Means.INVITATION:
            login = await _accept(context, session, setting)
        elif pending.means is Means.CUSTOMER:
            login = await _settle_in(context, session, setting)
        else:
            login = await _open(context, session, setting)
    await throttling.vouch(context, login.email, login.id)


async def _pending(context: RequestContext, digest: bytes) -> Pending:
    """What the link stands for. One that is good was no guess."""
    tried = await throttling.attempt(context, Guarded.LINK)
    async with context.db.read() as reader:
        pending = await links.setting_password(reader, digest, context.now)
    if pending is None:
        raise void_link()
    await tried.returned()
    return pending


async def _renew(context: RequestContext, session: Transaction, pending: Pending, setting: Setting) -> Login:
    """Give a login another password; its sessions end, and so does every other link of it."""
    login = await logins.lock(session, pending.account_id, pending.login_id)
    if login is None or not await links.use(session, login, setting.digest, LinkPurpose.SET_PASSWORD, context.now):
        raise void_link()
    await logins.set_password(session, login, setting.password_hash, context.now)
    await sessions.end(session, login.account_id, login.id)
    await queue_mail(session, context.authority, MailTemplate.PASSWORD_CHANGED, login.email)
    await audit.record(session, _by(context, login), Action.LOGIN_PASSWORD_RESET)
    return login


async def _accept(context: RequestContext, session: Transaction, setting: Setting) -> Login:
    """Make an invitation a login; it keeps its id, so that the master's list shows the same sublogin."""
    invitation = await links.use_invitation(session, setting.digest, context.now)
    if invitation is None:
        raise void_link()
    login = Login(
        id=invitation.id,
        account_id=invitation.account_id,
        email=invitation.email,
        role=invitation.role,
        password_hash=setting.password_hash,
        password_changed_at=context.now,
        created_at=context.now,
    )
    if not await logins.add(session, login):
        raise address_taken()
    target = Target(SUBLOGIN, login.id, login.email)
    changes = [Change("email", None, login.email), Change("role", None, login.role)]
    await audit.record(session, _by(context, login), Action.SUBLOGIN_ACCEPTED, target, changes)
    return login


async def _settle_in(context: RequestContext, session: Transaction, setting: Setting) -> Login:
    """Make whoever was invited to a customer's account its master, and their address the account's contact."""
    account = await customers.lock_invited(session, setting.digest)
    invitation = await links.use_customer_invitation(session, setting.digest, context.now)
    if account is None or invitation is None:
        raise void_link()
    login = Login(
        id=invitation.id,
        account_id=account.id,
        email=invitation.email,
        role=RoleName.MASTER,
        password_hash=setting.password_hash,
        password_changed_at=context.now,
        created_at=context.now,
    )
    if not await logins.add(session, login):
        raise address_taken()
    await customers.settle_in(session, account, login.email)
    target = Target(ACCOUNT, account.id, account.number)
    await audit.record(session, _by(context, login), Action.ACCOUNT_OPENED, target)
    return login


async def _open(context: RequestContext, session: Transaction, setting: Setting) -> Login:
    """Open the account that a registration form asked for."""
    sign_up = await links.use_sign_up(session, setting.digest, context.now)
    if sign_up is None:
        raise void_link()
    opening = Opening(
        email=sign_up.email,
        first_name=sign_up.first_name,
        last_name=sign_up.last_name,
        company=sign_up.company,
        country=sign_up.country,
        currency=CURRENCY,
        password_hash=setting.password_hash,
    )
    themselves = Opener(sign_up.email, context.now, context.peer_ip, themselves=True)
    opened = await accounts.open_account(session, opening, themselves)
    if opened is None:
        raise address_taken()
    return opened.master


def _by(context: RequestContext, login: Login) -> Origin:
    return Origin(login.account_id, login.email, context.now, context.peer_ip, login.id)
