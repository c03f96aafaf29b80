"""What the links in mails stand for, until they are used or run out. A token is kept as its hash alone."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint

from models.kinds import LinkPurpose
from models.tables.access import AN_ADDRESS
from models.tables.base import (
    Table,
    made_at,
    member,
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


class LoginLink(Table, table=True):
    """A link that was mailed for a login: to set its password, or to confirm the address that it changes to.

    Without a hash there was nothing to mail: the new address signs in already, and its owner was told.
    """

    __tablename__ = "login_links"
    __table_args__: ClassVar = (
        UniqueConstraint("token_hash"),
        within_account(["login_id"], "logins", ["id"], ondelete="CASCADE"),
        one_of("purpose", LinkPurpose),
        CheckConstraint("(purpose = 'CONFIRM_EMAIL') = (new_email IS NOT NULL)", name="purpose_new_email"),
        CheckConstraint(f"new_{AN_ADDRESS}", name="new_email"),
        Index(None, "account_id", "login_id"),
        Index(None, "expires_at"),
    )

    id: UUID = primary_key()
    account_id: UUID = parents_owner()
    login_id: UUID = reference()
    purpose: LinkPurpose = member(LinkPurpose)
    token_hash: bytes | None = octets(null=True)
    new_email: str | None = words(null=True)
    created_at: datetime = made_at()
    expires_at: datetime = moment()


class SignUp(Table, table=True):
    """Somebody who filled in the registration form. The account is opened when the mailed link is used, not before.

    So nothing of it exists that could hold an address back.
    """

    __tablename__ = "sign_ups"
    __table_args__: ClassVar = (
        UniqueConstraint("token_hash"),
        CheckConstraint(AN_ADDRESS, name="email"),
        Index(None, "expires_at"),
    )

    id: UUID = primary_key()
    email: str = words()
    first_name: str = words()
    last_name: str = words()
    company: str = words()
    country: str = words()
    token_hash: bytes = octets()
    created_at: datetime = made_at()
    expires_at: datetime = moment()


class CustomerInvitation(Table, table=True):
    """An address that was invited to be the master of a customer's account, which exists already.

    The login takes the invitation's id when it is accepted. Without a hash there was nothing to mail: the address signs
    in already, and its owner was told.
    """

    __tablename__ = "customer_invitations"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id"),
        UniqueConstraint("token_hash"),
        CheckConstraint(AN_ADDRESS, name="email"),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    email: str = words()
    token_hash: bytes | None = octets(null=True)
    created_at: datetime = made_at()
    expires_at: datetime = moment()
