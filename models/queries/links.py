"""Links in mails: what their tokens stand for, each used once at most.

A link of a login is used while that login's row is held, so that of several at one time the first one counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from sqlalchemy import delete, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.db import Reader
from models.kinds import InvitationState, LinkPurpose
from models.tables import CustomerInvitation, Invitation, Login, LoginLink, SignUp


class Means(Enum):
    """What somebody with a link sets a password for."""

    LOGIN = "LOGIN"
    INVITATION = "INVITATION"
    CUSTOMER = "CUSTOMER"
    SIGN_UP = "SIGN_UP"


@dataclass(frozen=True, slots=True)
class Pending:
    """What a link stands for, and the words that its owner's password should not be made of.

    A link of a login names it; the others make one.
    """

    means: Means
    words: Sequence[str]
    account_id: UUID | None
    login_id: UUID | None


BY_LINK = """
SELECT 'LOGIN' AS means, link.account_id, link.login_id,
    ARRAY[login.email, account.personal_first_name, account.personal_last_name, account.company_name] AS words
FROM login_links link
JOIN logins login ON login.account_id = link.account_id AND login.id = link.login_id
JOIN accounts account ON account.id = link.account_id
WHERE link.token_hash = $1 AND link.expires_at > $2 AND link.purpose = 'SET_PASSWORD' AND login.state = 'ACTIVE'
UNION ALL
SELECT 'INVITATION', NULL, NULL,
    ARRAY[invitation.email, account.personal_first_name, account.personal_last_name, account.company_name]
FROM invitations invitation JOIN accounts account ON account.id = invitation.account_id
WHERE invitation.token_hash = $1 AND invitation.expires_at > $2 AND invitation.state = 'INVITED'
UNION ALL
SELECT 'CUSTOMER', NULL, NULL, ARRAY[invitation.email, account.company_name]
FROM customer_invitations invitation JOIN accounts account ON account.id = invitation.account_id
WHERE invitation.token_hash = $1 AND invitation.expires_at > $2
UNION ALL
SELECT 'SIGN_UP', NULL, NULL, ARRAY[email, first_name, last_name, company]
FROM sign_ups WHERE token_hash = $1 AND expires_at > $2
"""
OWNER = text(
    """
    SELECT account_id, login_id FROM login_links
    WHERE token_hash = :digest AND purpose = 'CONFIRM_EMAIL' AND expires_at > :now
    """
)
TAKEN = text("SELECT EXISTS (SELECT FROM logins WHERE lower(email) = lower(:email))")


async def setting_password(reader: Reader, digest: bytes, now: datetime) -> Pending | None:
    """What a link to set a password stands for; None where it has run out, was used, or never was."""
    rows = await reader.fetch(BY_LINK, digest, now)
    if not rows:
        return None
    row = rows[0]
    return Pending(Means[row["means"]], row["words"], row["account_id"], row["login_id"])


async def confirming(session: AsyncSession, digest: bytes, now: datetime) -> tuple[UUID, UUID] | None:
    """The account and the login of a link that confirms an address."""
    connection = await session.connection()
    row = (await connection.execute(OWNER, {"digest": digest, "now": now})).first()
    return None if row is None else (row.account_id, row.login_id)


async def taken(session: AsyncSession, email: str) -> bool:
    """Whether an address is a login's of any account."""
    connection = await session.connection()
    return bool((await connection.execute(TAKEN, {"email": email})).scalar())


async def add(session: AsyncSession, link: LoginLink | SignUp) -> None:
    """Store a link; its login's row is held."""
    session.add(link)
    await session.flush()


async def void(session: AsyncSession, login: Login) -> list[LoginLink]:
    """Void every link of a login that is held, and tell what they were."""
    own = (col(LoginLink.account_id) == login.account_id, col(LoginLink.login_id) == login.id)
    return list((await session.exec(delete(LoginLink).where(*own).returning(LoginLink))).scalars())


async def use(
    session: AsyncSession, login: Login, digest: bytes, purpose: LinkPurpose, now: datetime
) -> LoginLink | None:
    """Use a link of a login that is held, and void its others; None where it is good for nothing any more."""
    return next(
        (
            link
            for link in await void(session, login)
            if (link.token_hash, link.purpose) == (digest, purpose) and link.expires_at > now
        ),
        None,
    )


async def use_invitation(session: AsyncSession, digest: bytes, now: datetime) -> Invitation | None:
    """Take an invitation out of the list; None where it cannot be accepted any more."""
    statement = (
        delete(Invitation)
        .where(
            col(Invitation.token_hash) == digest,
            col(Invitation.state) == InvitationState.INVITED,
            col(Invitation.expires_at) > now,
        )
        .returning(Invitation)
    )
    return (await session.exec(statement)).scalars().first()


async def use_customer_invitation(session: AsyncSession, digest: bytes, now: datetime) -> CustomerInvitation | None:
    """Take an invitation to a customer's account, which is held; None where it cannot be accepted any more."""
    open_ = (col(CustomerInvitation.token_hash) == digest, col(CustomerInvitation.expires_at) > now)
    statement = delete(CustomerInvitation).where(*open_).returning(CustomerInvitation)
    return (await session.exec(statement)).scalars().first()


async def use_sign_up(session: AsyncSession, digest: bytes, now: datetime) -> SignUp | None:
    """Take what a registration form held; None where its link has run out or was used."""
    statement = delete(SignUp).where(col(SignUp.token_hash) == digest, col(SignUp.expires_at) > now).returning(SignUp)
    return (await session.exec(statement)).scalars().first()
