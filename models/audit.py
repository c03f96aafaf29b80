"""What the audit log can say: a closed list of actions, what they were done to, and what changed, without secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from models.entities.base import Entity


class Action(Enum):
    """Everything that leaves a row, as `noun.verb`. The log is read by its actions, so none is ever renamed."""

    ACCOUNT_LOCKED = "account.locked"
    ACCOUNT_OPENED = "account.opened"
    ACCOUNT_UNLOCKED = "account.unlocked"
    ACCOUNT_UPDATED = "account.updated"
    ACTIVATION_KEY_CREATED = "activation_key.created"
    ACTIVATION_KEY_REMOVED = "activation_key.removed"
    ACTIVATION_KEY_SEEN_FROM_MANY_NETWORKS = "activation_key.seen_from_many_networks"
    ACTIVATION_KEY_UPDATED = "activation_key.updated"
    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    API_SECRET_KEY_ROTATED = "api_secret_key.rotated"  # noqa: S105 (what was done, not a secret)
    AUTOPAYMENT_UPDATED = "autopayment.updated"
    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_INVITED = "customer.invited"
    FUNDS_TRANSFERRED = "funds.transferred"
    INVOICE_DOWNLOADED = "invoice.downloaded"
    LICENSES_DELETED = "licenses.deleted"
    LICENSES_ORDERED = "licenses.ordered"
    LOGIN_PROOF_FAILED = "login.proof_failed"
    LOGIN_SECRET_RENEWED = "login.secret_renewed"  # noqa: S105 (what was done, not a secret)
    LOGIN_SESSIONS_LISTED = "login.sessions_listed"
    LOGIN_EMAIL_CHANGE_REQUESTED = "login.email_change_requested"
    LOGIN_EMAIL_CHANGED = "login.email_changed"
    LOGIN_PASSWORD_CHANGED = "login.password_changed"  # noqa: S105 (what was done, not a secret)
    LOGIN_PASSWORD_RESET = "login.password_reset"  # noqa: S105 (what was done, not a secret)
    LOGIN_PASSWORD_RESET_REQUESTED = "login.password_reset_requested"  # noqa: S105 (what was done, not a secret)
    LOGIN_SIGNED_IN = "login.signed_in"
    LOGIN_SIGN_IN_FAILED = "login.sign_in_failed"
    LOGIN_SIGNED_OUT = "login.signed_out"
    LOGIN_SIGNED_OUT_EVERYWHERE = "login.signed_out_everywhere"
    LOGIN_TWO_FACTOR_BEGUN = "login.two_factor_begun"
    LOGIN_TWO_FACTOR_DISABLED = "login.two_factor_disabled"
    LOGIN_TWO_FACTOR_ENABLED = "login.two_factor_enabled"
    REPORT_CONFIG_CREATED = "report_config.created"
    REPORT_CONFIG_DELETED = "report_config.deleted"
    REPORT_CONFIG_SWITCHED_OFF = "report_config.switched_off"
    REPORT_CONFIG_UPDATED = "report_config.updated"
    REPORT_EXPORTED = "report.exported"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_REFUNDED = "payment.refunded"
    PAYMENT_REFUND_FAILED = "payment.refund_failed"
    PAYMENT_REFUND_STARTED = "payment.refund_started"
    PAYMENT_STARTED = "payment.started"
    PAYMENT_SUCCEEDED = "payment.succeeded"
    PAYMENT_METHOD_ADDED = "payment_method.added"
    PAYMENT_METHOD_REMOVED = "payment_method.removed"
    PAYMENT_METHOD_UPDATED = "payment_method.updated"
    SALES_REQUEST_CREATED = "sales_request.created"
    SALES_REQUEST_UPDATED = "sales_request.updated"
    SERVER_ADDED = "server.added"
    SERVER_ADOPTED = "server.adopted"
    SERVER_GROUP_CREATED = "server_group.created"
    SERVER_GROUP_DELETED = "server_group.deleted"
    SERVER_GROUP_UPDATED = "server_group.updated"
    SERVER_LIST_EXPORTED = "server_list.exported"
    SERVER_MERGED = "server.merged"
    SERVER_MOVED = "server.moved"
    SERVER_REGISTERED = "server.registered"
    SERVER_REMOVED = "server.removed"
    SERVER_UNREGISTERED = "server.unregistered"
    SERVER_UPDATED = "server.updated"
    SESSION_REVOKED = "session.revoked"
    SUBLOGIN_ACCEPTED = "sublogin.accepted"
    SUBLOGIN_CREATED = "sublogin.created"
    SUBLOGIN_DELETED = "sublogin.deleted"
    SUBLOGIN_UPDATED = "sublogin.updated"


@dataclass(frozen=True, slots=True)
class Target:
    """What an action was done to. The label stays readable when the row is gone; it never holds a secret."""

    entity: Entity
    id: UUID
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A field as the API names it, before and after."""

    field: str
    before: Any = None
    after: Any = None

    def shown(self) -> list[str | None]:
        """Both values as the log keeps them."""
        return [shown(self.field, self.before), shown(self.field, self.after)]


SECRETS = ("password", "secret", "token", "hash", "code")
"""How the name of a field ends whose value nobody may read in the log, whatever its case."""
NO_SECRETS = ("postalcode",)
HIDDEN = "…"


def masked_key(key: str) -> str:
    """An activation key as those see it who may not use it: its prefix, and four characters at either end."""
    prefix, dash, rest = key.partition("-")
    if not dash:
        prefix, rest = "", key
    return f"{prefix}{dash}{rest[:4]}…{rest[-4:]}"


def shown(field: str, value: Any) -> str | None:
    """A value as the log keeps it: the one rule of what is hidden there. None stays None, so that it shows as unset."""
    name = field.rpartition(".")[2].lower()
    if value is None:
        return None
    if name.endswith(SECRETS) and not name.endswith(NO_SECRETS):
        return HIDDEN
    return masked_key(str(value)) if name == "key" else _text(value)


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return value.name
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case list() | tuple() | set() | frozenset():
            return ", ".join(_text(item) for item in value)
    return str(value)


def kept(changes: Sequence[Change]) -> Mapping[str, list[str | None]]:
    """The changes as the log's document: a field's name with both values, and nothing where nothing changed."""
    return {change.field: change.shown() for change in changes if change.before != change.after}
