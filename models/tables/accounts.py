"""Accounts: whom the portal serves, with the data of its settings pages and its balance."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Sequence, UniqueConstraint, text

from models.enums import AccountKind, AccountState, AutopaymentMode
from models.tables.base import Table, made_at, member, minor, moment, one_of, primary_key, reference, words

account_numbers = Sequence("account_numbers", start=100_001, metadata=Table.metadata)
"""The numbers that accounts are known by."""


class Account(Table, table=True):
    """An account. Its row is the lock on its money and sequences; `balance_minor` is money held, negative is debt."""

    __tablename__ = "accounts"
    __table_args__: ClassVar = (
        UniqueConstraint("number"),
        UniqueConstraint("provider_customer"),
        one_of("kind", AccountKind),
        one_of("state", AccountState),
        one_of("autopayment_mode", AutopaymentMode),
        CheckConstraint("locked_by_operator_at IS NULL OR state = 'LOCKED'", name="locked_by_operator_at"),
        CheckConstraint("(kind = 'CUSTOMER') = (reseller_id IS NOT NULL)", name="reseller"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("(balance_minor < 0) = (in_debt_since IS NOT NULL)", name="in_debt_since"),
        CheckConstraint("invoice_sequence >= 0 AND ledger_sequence >= 0", name="sequences"),
        CheckConstraint("autopayment_threshold_minor >= 0", name="autopayment_threshold_minor"),
        CheckConstraint("autopayment_target_minor >= autopayment_threshold_minor", name="autopayment_target_minor"),
        CheckConstraint(
            "autopayment_mode <> 'AUTO_ADD_FUNDS'"
            " OR (autopayment_threshold_minor IS NOT NULL AND autopayment_target_minor IS NOT NULL)",
            name="autopayment_funds",
        ),
        ForeignKeyConstraint(["reseller_id"], ["accounts.id"]),
        ForeignKeyConstraint(
            ["id", "autopayment_method_id"],
            ["payment_methods.account_id", "payment_methods.id"],
            name="fk_accounts_autopayment_method",
            ondelete="SET NULL (autopayment_method_id)",
            use_alter=True,
            deferrable=True,
            initially="DEFERRED",
        ),
        Index(None, "reseller_id", "number", "id", postgresql_where=text("reseller_id IS NOT NULL")),
        Index(None, "in_debt_since", postgresql_where=text("in_debt_since IS NOT NULL")),
    )

    id: UUID = primary_key()
    number: str = words(default="nextval('account_numbers')::text")
    kind: AccountKind = member(AccountKind)
    state: AccountState = member(AccountState, default=AccountState.ACTIVE)
    time_zone: str = words(default="'UTC'")
    registered_at: datetime = made_at()
    reseller_id: UUID | None = reference(null=True)
    currency: str = words(default="'USD'")

    personal_first_name: str = words()
    personal_last_name: str = words()
    personal_email: str = words()
    personal_phone: str | None = words(null=True)
    im_upgrade_url: str | None = words(null=True)

    company_name: str = words()
    company_street: str | None = words(null=True)
    company_city: str | None = words(null=True)
    company_region: str | None = words(null=True)
    company_postal_code: str | None = words(null=True)
    company_country: str | None = words(null=True)
    vat_number: str | None = words(null=True)
    website: str | None = words(null=True)

    billing_first_name: str = words()
    billing_last_name: str = words()
    billing_contact_email: str = words()
    billing_phone: str | None = words(null=True)
    billing_street: str | None = words(null=True)
    billing_city: str | None = words(null=True)
    billing_region: str | None = words(null=True)
    billing_postal_code: str | None = words(null=True)
    billing_country: str | None = words(null=True)

    billing_email: str | None = words(null=True)
    balance_minor: int = minor(default="0")
    in_debt_since: datetime | None = moment(null=True)
    invoice_sequence: int = minor(default="0")
    ledger_sequence: int = minor(default="0")
    autopayment_mode: AutopaymentMode = member(AutopaymentMode, default=AutopaymentMode.OFF)
    autopayment_threshold_minor: int | None = minor(null=True)
    autopayment_target_minor: int | None = minor(null=True)
    autopayment_method_id: UUID | None = reference(null=True)
    locked_by_operator_at: datetime | None = moment(null=True)
    provider_customer: str | None = words(null=True)
