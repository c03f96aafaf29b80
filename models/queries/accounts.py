"""Accounts: held while something is changed under them, and opened with a master login and the audit row of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.audit import Action, Target
from models.db import Reader
from models.entities import ACCOUNT
from models.enums import AccountKind
from models.queries import audit, logins
from models.queries.audit import Origin
from models.roles import RoleName
from models.tables import Account, Login


@dataclass(frozen=True, slots=True)
class Opening:
    """What an account begins with: the person behind it, the company, and the master login's hashed password."""

    email: str
    first_name: str
    last_name: str
    company: str
    country: str
    currency: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A new account's number, and its master login."""

    number: str
    master: Login


@dataclass(frozen=True, slots=True)
class Opener:
    """Who opens an account, and when: an operator, or the person behind it."""

    name: str
    at: datetime
    ip: str | None = None
    themselves: bool = False


WORDS = "SELECT ARRAY[personal_first_name, personal_last_name, company_name] AS words FROM accounts WHERE id = $1"


async def hold(session: AsyncSession, account_id: UUID) -> str:
    """Let no other that holds the account act until the transaction ends; the account's number."""
    statement = select(col(Account.number)).where(col(Account.id) == account_id).with_for_update(key_share=True)
    return (await session.exec(statement)).one()


async def lock(session: AsyncSession, account_id: UUID) -> Account:
    """The account's row, held until the transaction ends."""
    statement = select(Account).where(col(Account.id) == account_id).with_for_update(key_share=True)
    return (await session.exec(statement)).one()


async def any_account(reader: Reader) -> bool:
    """Whether there is an account at all."""
    return bool(await reader.fetch("SELECT FROM accounts LIMIT 1"))


async def open_account(session: AsyncSession, opening: Opening, by: Opener) -> Opened | None:
    """Open an account with its master login; None where the e-mail is a login's already."""
    connection = await session.connection()
    opened = insert(Account).values(**_account_values(opening)).returning(col(Account.id), col(Account.number))
    account_id, number = (await connection.execute(opened)).one()
    login = Login(account_id=account_id, email=opening.email, role=RoleName.MASTER, password_hash=opening.password_hash)
    if not await logins.add(session, login):
        return None
    origin = Origin(account_id, by.name, by.at, by.ip, login.id if by.themselves else None)
    await audit.record(session, origin, Action.ACCOUNT_OPENED, Target(ACCOUNT, account_id, str(number)))
    return Opened(str(number), login)


async def words_of(reader: Reader, account_id: UUID) -> list[str]:
    """The names of the account's contact and company: words that its passwords should not be made of."""
    (row,) = await reader.fetch(WORDS, account_id)
    return list(row["words"])


def _account_values(opening: Opening) -> dict[str, object]:
    """The account's columns: the person is its contact and its billing contact until somebody edits them."""
    return {
        "kind": AccountKind.DIRECT,
        "currency": opening.currency,
        "personal_first_name": opening.first_name,
        "personal_last_name": opening.last_name,
        "personal_email": opening.email,
        "company_name": opening.company,
        "company_country": opening.country,
        "billing_first_name": opening.first_name,
        "billing_last_name": opening.last_name,
        "billing_contact_email": opening.email,
        "billing_country": opening.country,
        "billing_email": opening.email,
    }
