"""Who may come in: logins, invitations, sessions and the two kinds of machine credentials. Secrets are hashed."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text

from models.enums import LoginState
from models.kinds import InvitationState
from models.roles import RoleName
from models.tables.base import (
    Table,
    address,
    made_at,
    member,
    minor,
    moment,
    octets,
    one_of,
    owner,
    parents_owner,
    primary_key,
    reference,
    within_account,
    words,
)

AN_ADDRESS = "email ~ '^[^@[:space:]]+@[^@[:space:]]+$'"


class Login(Table, table=True):
    """An e-mail that signs in to an account. It is unique among the logins of all accounts, whatever its case."""

    __tablename__ = "logins"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "id"),
        one_of("role", RoleName),
        one_of("state", LoginState),
        CheckConstraint(AN_ADDRESS, name="email"),
        CheckConstraint("totp_confirmed_at IS NULL OR totp_secret IS NOT NULL", name="totp_confirmed_at"),
        Index("uq_logins_email", text("lower(email)"), unique=True),
        Index("uq_logins_master", "account_id", unique=True, postgresql_where=text("role = 'MASTER'")),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    email: str = words()
    role: RoleName = member(RoleName)
    state: LoginState = member(LoginState, default=LoginState.ACTIVE)
    password_hash: str | None = words(null=True)
    password_changed_at: datetime | None = moment(null=True)
    totp_secret: bytes | None = octets(null=True)
    totp_confirmed_at: datetime | None = moment(null=True)
    totp_last_step: int | None = minor(null=True)
    created_at: datetime = made_at()
    last_sign_in_at: datetime | None = moment(null=True)
    totp_begun_at: datetime | None = moment(null=True)


class RecoveryCode(Table, table=True):
    """One of a login's ten codes for a lost second factor, good once."""

    __tablename__ = "recovery_codes"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "login_id", "code_hash"),
        within_account(["login_id"], "logins", ["id"], ondelete="CASCADE"),
    )

    id: UUID = primary_key()
    account_id: UUID = parents_owner()
    login_id: UUID = reference()
    code_hash: bytes = octets()
    used_at: datetime | None = moment(null=True)


class Invitation(Table, table=True):
    """An address that was invited as a sublogin; the login takes the invitation's id when it is accepted."""

    __tablename__ = "invitations"
    __table_args__: ClassVar = (
        UniqueConstraint("token_hash"),
        one_of("role", RoleName, without=[RoleName.MASTER]),
        one_of("state", InvitationState),
        CheckConstraint(AN_ADDRESS, name="email"),
        Index("uq_invitations_email", "account_id", text("lower(email)"), unique=True),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    email: str = words()
    role: RoleName = member(RoleName)
    token_hash: bytes | None = octets(null=True)
    created_at: datetime = made_at()
    expires_at: datetime = moment()
    state: InvitationState = member(InvitationState, default=InvitationState.INVITED)


class Session(Table, table=True):
    """A signed-in login, known by the hash of its token."""

    __tablename__ = "sessions"
    __table_args__: ClassVar = (
        UniqueConstraint("token_hash"),
        within_account(["login_id"], "logins", ["id"], ondelete="CASCADE"),
        Index(None, "account_id", "login_id", "created_at"),
        Index(None, "expires_at"),
    )

    id: UUID = primary_key()
    account_id: UUID = parents_owner()
    login_id: UUID = reference()
    token_hash: bytes = octets()
    created_at: datetime = made_at()
    last_seen_at: datetime = made_at()
    expires_at: datetime = moment()
    ip: str | None = address(null=True)
    user_agent: str | None = words(null=True)


class ApiKey(Table, table=True):
    """A machine credential with a role of its own."""

    __tablename__ = "api_keys"
    __table_args__: ClassVar = (
        UniqueConstraint("secret_hash"),
        one_of("role", RoleName, without=[RoleName.MASTER]),
        Index(None, "account_id", "created_at"),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    name: str = words()
    prefix: str = words()
    secret_hash: bytes = octets()
    role: RoleName = member(RoleName)
    created_at: datetime = made_at()
    expires_at: datetime | None = moment(null=True)
    last_used_at: datetime | None = moment(null=True)


class ApiSecretKey(Table, table=True):
    """The account's own secret, with Full Access; a rotated one gets an end and overlaps with the next."""

    __tablename__ = "api_secret_keys"
    __table_args__: ClassVar = (
        UniqueConstraint("secret_hash"),
        Index("uq_api_secret_keys_current", "account_id", unique=True, postgresql_where=text("expires_at IS NULL")),
        Index(None, "account_id", "created_at"),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    prefix: str = words()
    secret_hash: bytes = octets()
    created_at: datetime = made_at()
    expires_at: datetime | None = moment(null=True)
    last_used_at: datetime | None = moment(null=True)
