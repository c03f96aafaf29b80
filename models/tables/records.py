"""What an account asked for and what happened in it: reports, sales requests, the audit log, events, stored answers."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field

from models.enums import EventKind, ReportFrequency, ReportKind, SalesRequestState, SalesTopic
from models.tables.access import AN_ADDRESS
from models.tables.base import (
    Table,
    address,
    column,
    day,
    document,
    flag,
    made_at,
    member,
    moment,
    octets,
    one_of,
    ordinal,
    owner,
    parents_owner,
    primary_key,
    reference,
    within_account,
    words,
)


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's xid8: a transaction's number that never wraps round."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name the type in DDL."""
        return "xid8"


class ReportConfig(Table, table=True):
    """A report that is mailed again and again. Each sending checks whoever last changed it: a login, with its
    session, or a machine credential."""

    __tablename__ = "report_configs"
    __table_args__: ClassVar = (
        UniqueConstraint("account_id", "id"),
        one_of("kind", ReportKind),
        one_of("frequency", ReportFrequency),
        CheckConstraint(AN_ADDRESS, name="email"),
        CheckConstraint("changed_with IN ('SESSION', 'API_KEY', 'API_SECRET_KEY')", name="changed_with"),
        CheckConstraint("(changed_by IS NULL) = (changed_with IS NULL)", name="changer"),
        Index(None, "account_id", "created_at"),
        Index(None, "next_send_at", postgresql_where=text("enabled")),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    email: str = words()
    kind: ReportKind = member(ReportKind)
    frequency: ReportFrequency = member(ReportFrequency)
    product_ids: list[UUID] = column(ARRAY(Uuid), default="'{}'")
    enabled: bool = flag("true")
    last_sent_at: datetime | None = moment(null=True)
    next_send_at: datetime | None = moment(null=True)
    changed_by: UUID | None = reference(null=True)
    changed_with: str | None = words(null=True)
    created_at: datetime = made_at()


class ReportSending(Table, table=True):
    """A report for one period, mailed once. Whoever sends it has claimed it until a time, and notes when it is sent."""

    __tablename__ = "report_sendings"
    __table_args__: ClassVar = (
        UniqueConstraint(
            "account_id", "report_config_id", "period_from", "period_to", name="uq_report_sendings_period"
        ),
        CheckConstraint("period_from <= period_to", name="period"),
        within_account(["report_config_id"], "report_configs", ["id"], ondelete="CASCADE"),
        Index(None, "created_at"),
    )

    id: UUID = primary_key()
    account_id: UUID = parents_owner()
    report_config_id: UUID = reference()
    period_from: date = day()
    period_to: date = day()
    created_at: datetime = made_at()
    claimed_until: datetime | None = moment(null=True)
    sent_at: datetime | None = moment(null=True)


class SalesRequest(Table, table=True):
    """A message to Sales, and how far it got."""

    __tablename__ = "sales_requests"
    __table_args__: ClassVar = (
        one_of("topic", SalesTopic),
        one_of("state", SalesRequestState),
        CheckConstraint("message <> ''", name="message"),
        Index(None, "account_id", "created_at", "id"),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    topic: SalesTopic = member(SalesTopic)
    product_id: UUID | None = reference("products.id", null=True)
    message: str = words()
    state: SalesRequestState = member(SalesRequestState, default=SalesRequestState.OPEN)
    created_at: datetime = made_at()
    created_by: UUID | None = reference(null=True)


class AuditEvent(Table, table=True):
    """Who changed what, when and from where. Rows are added and never touched again; no secret is ever in one."""

    __tablename__ = "audit_events"
    __table_args__: ClassVar = (
        CheckConstraint("action ~ '^[a-z_]+[.][a-z_]+$'", name="action"),
        CheckConstraint("credential_kind IN ('SESSION', 'API_KEY', 'API_SECRET_KEY')", name="credential_kind"),
        Index(None, "account_id", "at", "id"),
        Index(None, "account_id", "action", "at", "id"),
        Index(None, "account_id", "actor", "at", "id"),
    )

    id: UUID = primary_key()
    account_id: UUID = owner()
    at: datetime = made_at()
    actor: str = words()
    login_id: UUID | None = reference(null=True)
    credential_kind: str | None = words(null=True)
    ip: str | None = address(null=True)
    action: str = words()
    target_type: str | None = words(null=True)
    target_id: UUID | None = reference(null=True)
    target_label: str | None = words(null=True)
    changes: dict[str, Any] = document(default="'{}'")


class Event(Table, table=True):
    """A log in the order of its transactions: readers stop before the oldest transaction that still runs.

    What an event names may be gone by the time it is read, so these ids are no foreign keys.
    """

    __tablename__ = "events"
    __table_args__: ClassVar = (
        PrimaryKeyConstraint("id"),
        one_of("kind", EventKind),
        Index(None, "account_id", "transaction_id", "position"),
        Index(None, "transaction_id", "position"),
    )

    position: int = ordinal(BigInteger)
    id: UUID = primary_key()
    account_id: UUID = owner()
    kind: EventKind = member(EventKind)
    at: datetime = made_at()
    transaction_id: int = column(TransactionId(), default="pg_current_xact_id()")
    server_id: UUID | None = reference(null=True)
    activation_key_id: UUID | None = reference(null=True)
    product_subscription_id: UUID | None = reference(null=True)
    invoice_id: UUID | None = reference(null=True)
    payload: dict[str, Any] = document(default="'{}'")


class IdempotencyKey(Table, table=True):
    """The stored answer to a mutation that was sent with a key: given again, not done again."""

    __tablename__ = "idempotency_keys"
    __table_args__: ClassVar = (
        CheckConstraint("char_length(key) BETWEEN 1 AND 255", name="key"),
        Index(None, "expires_at"),
    )

    account_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    actor_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    field: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    input_hash: bytes = octets()
    payload: dict[str, Any] = document(default="'{}'")
    user_errors: list[Any] = document(default="'[]'")
    created_at: datetime = made_at()
    expires_at: datetime = moment()
