"""What operators do to accounts and logins from the command line. Each deed is in the account's audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auth.authority import Authority
from models.audit import Action, Change, Target
from models.db import Database, Transaction
from models.entities import ACCOUNT
from models.enums import AccountState, LoginState
from models.errors import UserFault
from models.queries import audit, operating, second_factor, sessions
from models.tables import Account, Login, Session
from resolvers.debt import is_too_old
from resolvers.mails import MailTemplate, queue_mail
from resolvers.request_password_reset import mail_link


@dataclass(frozen=True, slots=True)
class Told:
    """What a deed came to: the account's state now, and whether that is another than before."""

    state: AccountState
    changed: bool


async def lock_account(db: Database, number: str, now: datetime) -> Told:
    """Lock an account until an operator unlocks it: it signs in and pays, and nothing else."""
    async with db.write() as session:
        account = await _account(session, number)
        if account.locked_by_operator_at is not None:
            return Told(account.state, changed=False)
        before, account.state, account.locked_by_operator_at = account.state, AccountState.LOCKED, now
        await _record(session, account, Action.ACCOUNT_LOCKED, before, now)
    return Told(account.state, changed=True)


async def unlock_account(db: Database, number: str, now: datetime) -> Told:
    """Take an operator's lock away. What a long debt has locked stays locked until it is paid."""
    async with db.write() as session:
        account = await _account(session, number)
        if account.locked_by_operator_at is None:
            return Told(account.state, changed=False)
        before, account.locked_by_operator_at = account.state, None
        account.state = AccountState.LOCKED if is_too_old(account.in_debt_since, now) else AccountState.ACTIVE
        await _record(session, account, Action.ACCOUNT_UNLOCKED, before, now)
    return Told(account.state, changed=True)


async def disable_two_factor(db: Database, authority: Authority, email: str, now: datetime) -> bool:
    """Switch a login's second factor off for somebody who has lost it; False where none is on. Its sessions end."""
    async with db.write() as session:
        login = await _login(session, email)
        if login.totp_confirmed_at is None:
            return False
        await second_factor.switch_off(session, login)
        await sessions.end(session, login.account_id, login.id)
        await queue_mail(session, authority, MailTemplate.TWO_FACTOR_OFF, login.email)
        origin = operating.operator(login.account_id, now, login.id)
        await audit.record(session, origin, Action.LOGIN_TWO_FACTOR_DISABLED)
    return True


async def reset_password(db: Database, authority: Authority, email: str, now: datetime) -> None:
    """Mail a login a link to set a new password. Until it is used nothing changes."""
    async with db.write() as session:
        login = await _login(session, email)
        if login.state is not LoginState.ACTIVE:
            raise UserFault("CONFLICT", f"The login {email} is disabled: its link would not work.")
        await mail_link(session, authority, login, operating.operator(login.account_id, now, login.id))


async def list_sessions(db: Database, email: str, now: datetime) -> Sequence[Session]:
    """The sessions of a login, the newest first. That they were looked at is in the log."""
    async with db.write() as session:
        login = await _login(session, email)
        origin = operating.operator(login.account_id, now, login.id)
        await audit.record(session, origin, Action.LOGIN_SESSIONS_LISTED)
        return await operating.sessions_of(session, login)


async def _account(session: Transaction, number: str) -> Account:
    account = await operating.lock_account(session, number)
    if account is None:
        raise UserFault("NOT_FOUND", f"There is no account {number}.")
    return account


async def _login(session: Transaction, email: str) -> Login:
    login = await operating.lock_login(session, email)
    if login is None:
        raise UserFault("NOT_FOUND", f"No login has the address {email}.")
    return login


async def _record(session: Transaction, account: Account, action: Action, before: AccountState, now: datetime) -> None:
    await session.flush()
    changes = [Change("state", before, account.state)]
    target = Target(ACCOUNT, account.id, account.number)
    await audit.record(session, operating.operator(account.id, now), action, target, changes)
