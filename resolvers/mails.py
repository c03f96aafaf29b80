"""Letters as the stories write them: a template, a recipient and values, queued in the story's own transaction."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from auth.authority import Authority
from auth.vault import Vault
from models.db import Transaction
from models.jobs import JobKind, enqueue


class MailTemplate(Enum):
    """Every letter that there is."""

    WELCOME = "welcome"
    INVITATION = "invitation"
    CUSTOMER_INVITATION = "customer_invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 (a letter's name)
    ADDRESS_TAKEN = "address_taken"
    CONFIRM_EMAIL = "confirm_email"
    EMAIL_CHANGING = "email_changing"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a letter's name)
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_OFF = "two_factor_off"
    SALES_REQUEST = "sales_request"
    INVOICE_ISSUED = "invoice_issued"
    RECEIPT = "receipt"
    PAYMENT_FAILED = "payment_failed"
    BALANCE_LOW = "balance_low"
    CARD_EXPIRES = "card_expires"


VALUES: Mapping[MailTemplate, frozenset[str]] = {
    MailTemplate.WELCOME: frozenset({"token", "hours"}),
    MailTemplate.INVITATION: frozenset({"token", "hours", "invited_by", "role"}),
    MailTemplate.CUSTOMER_INVITATION: frozenset({"token", "hours", "account"}),
    MailTemplate.PASSWORD_RESET: frozenset({"token", "hours"}),
    MailTemplate.ADDRESS_TAKEN: frozenset(),
    MailTemplate.CONFIRM_EMAIL: frozenset({"token", "hours"}),
    MailTemplate.EMAIL_CHANGING: frozenset({"new_email"}),
    MailTemplate.EMAIL_CHANGED: frozenset({"new_email"}),
    MailTemplate.PASSWORD_CHANGED: frozenset(),
    MailTemplate.TWO_FACTOR_ON: frozenset(),
    MailTemplate.TWO_FACTOR_OFF: frozenset(),
    MailTemplate.SALES_REQUEST: frozenset({"account", "company", "sender", "topic", "product", "message"}),
    MailTemplate.INVOICE_ISSUED: frozenset({"account", "number", "period", "total", "balance"}),
    MailTemplate.RECEIPT: frozenset({"account", "number", "deed", "balance"}),
    MailTemplate.PAYMENT_FAILED: frozenset({"account", "amount", "card", "reason", "again"}),
    MailTemplate.BALANCE_LOW: frozenset({"account", "balance", "threshold"}),
    MailTemplate.CARD_EXPIRES: frozenset({"account", "card", "day"}),
}
"""The values of each letter. None is text that a stranger chose, such as a name: we would carry it to anybody.

The request to Sales is, and goes to the operator's own address alone."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail job says: opened again by the worker."""

    template: MailTemplate
    to: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)


async def queue_mail(
    session: Transaction,
    authority: Authority,
    template: MailTemplate,
    to: str,
    values: Mapping[str, str] | None = None,
) -> None:
    """Send a letter if this transaction commits. The values, links' tokens among them, are sealed in the job."""
    letter = Letter(template, to, values or {})
    await enqueue(session, JobKind.MAIL, sealed(authority.vault, letter))


def sealed(vault: Vault, letter: Letter) -> dict[str, str]:
    """A letter as a job's payload. Its values open under this vault, for this template and recipient alone."""
    if letter.values.keys() != VALUES[letter.template]:
        raise ValueError(f"the letter {letter.template.value} takes the values {sorted(VALUES[letter.template])}")
    values = vault.seal(json.dumps(dict(letter.values)).encode(), _owner(letter.template, letter.to))
    return {"template": letter.template.value, "to": letter.to, "values": base64.b64encode(values).decode()}


def opened(vault: Vault, payload: Mapping[str, Any]) -> Letter:
    """The letter in a payload, or VaultError where somebody has changed it or the key is another."""
    template, to = MailTemplate(payload["template"]), str(payload["to"])
    values = json.loads(vault.open(base64.b64decode(payload["values"]), _owner(template, to)))
    return Letter(template, to, values)


def renewed(vault: Vault, payload: Mapping[str, Any]) -> dict[str, str] | None:
    """A letter's payload sealed under today's key; None where it is already."""
    values = base64.b64decode(payload["values"])
    if values.startswith(vault.mark):
        return None
    template, to = MailTemplate(payload["template"]), str(payload["to"])
    sealed_anew = vault.renewed(values, _owner(template, to))
    return {**payload, "values": base64.b64encode(sealed_anew).decode()}


def _owner(template: MailTemplate, to: str) -> bytes:
    return f"mail {template.value} {to}".encode()
