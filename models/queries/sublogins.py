"""Sublogins as the master manages them: logins of the account other than the master's, and invitations to such."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.enums import LoginState
from models.kinds import InvitationState
from models.roles import RoleName
from models.tables import Invitation, Login

MOST_SUBLOGINS = 200
"""An account has at most so many, invitations among them."""

STANDING = text(
    """
    SELECT
        (SELECT count(*) FROM logins WHERE account_id = :account AND role <> 'MASTER')
            + (SELECT count(*) FROM invitations WHERE account_id = :account) AS sublogins,
        EXISTS (SELECT FROM logins WHERE account_id = :account AND lower(email) = lower(:email))
            OR EXISTS (SELECT FROM invitations WHERE account_id = :account AND lower(email) = lower(:email)) AS own,
        EXISTS (SELECT FROM logins WHERE lower(email) = lower(:email)) AS taken
    """
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many sublogins there are, and whether an address is one of this account's, or a login's of any account."""

    sublogins: int
    own: bool
    taken: bool


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a sublogin was."""

    email: str
    role: RoleName


async def standing(session: AsyncSession, account_id: UUID, email: str) -> Standing:
    """Read all of it at once, under the account's lock."""
    connection = await session.connection()
    row = (await connection.execute(STANDING, {"account": account_id, "email": email})).one()
    return Standing(*row)


async def invite(session: AsyncSession, invitation: Invitation) -> UUID:
    """Store an invitation; its id, which the login will have."""
    session.add(invitation)
    await session.flush()
    return invitation.id


async def lock(session: AsyncSession, account_id: UUID, sublogin_id: UUID) -> Login | Invitation | None:
    """The sublogin's row, held until the transaction ends; None where the account has none such.

    Invitations are looked at first: one that is being accepted meanwhile is found among the logins then.
    """
    invited = select(Invitation).where(col(Invitation.account_id) == account_id, col(Invitation.id) == sublogin_id)
    invitation = (await session.exec(invited.with_for_update())).first()
    if invitation is not None:
        return invitation
    accepted = select(Login).where(col(Login.account_id) == account_id, col(Login.id) == sublogin_id)
    accepted = accepted.where(col(Login.role) != RoleName.MASTER)
    return (await session.exec(accepted.with_for_update(key_share=True))).first()


def state_of(row: Login | Invitation, *, disabled: bool) -> LoginState | InvitationState:
    """The state of a sublogin of this kind that is disabled or not."""
    if isinstance(row, Login):
        return LoginState.DISABLED if disabled else LoginState.ACTIVE
    return InvitationState.DISABLED if disabled else InvitationState.INVITED


async def remove(session: AsyncSession, account_id: UUID, sublogin_id: UUID) -> Deleted | None:
    """Remove an invitation, or a login with its sessions and recovery codes; None where there is none such."""
    invited = (
        delete(Invitation)
        .where(col(Invitation.account_id) == account_id, col(Invitation.id) == sublogin_id)
        .returning(col(Invitation.email), col(Invitation.role))
    )
    row = (await session.exec(invited)).first()
    if row is None:
        accepted = (
            delete(Login)
            .where(
                col(Login.account_id) == account_id,
                col(Login.id) == sublogin_id,
                col(Login.role) != RoleName.MASTER,
            )
            .returning(col(Login.email), col(Login.role))
        )
        row = (await session.exec(accepted)).first()
    return None if row is None else Deleted(*row)
