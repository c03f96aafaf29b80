"""Ports: what the stories need of the outside world. Every side of one passes the same contract test."""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from uuid import UUID

from models.enums import PaymentStatus


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a letter. One with a `content_id` is a picture that the HTML shows, by the address `cid:` and that."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter, ready to send. Of all this only the template and the reference may be logged."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    template: str
    reference: str
    """What is sent twice keeps its reference, so that whoever receives it can tell."""

    attachments: tuple[Attachment, ...] = field(default=(), repr=False)


class MailRefused(Exception):
    """This letter will never be taken, however often it is sent. Every other exception of a mailer is worth a retry."""


class Mailer(Protocol):
    """Takes letters."""

    async def send(self, mail: Mail) -> None:
        """Hand a letter over for good, or raise: MailRefused, or anything else where another try may help."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the provider keeps it. Its reference is how the provider names it; its number never reaches us."""

    reference: str
    brand: str
    last4: str
    expires_on: date
    """The last day that it is good."""

    fingerprint: str | None = None
    """The same for the same card number, however often the provider was given it; says nothing of the number."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be charged. `attended` says that the card's holder is there to confirm it."""

    key: str
    """Names this one charge to the provider, which does it once; use one key for one payment, for good."""

    customer: str
    method: str
    amount_minor: int
    currency: str
    description: str
    attended: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a charge stands with the provider. FAILED need not be the end: what SUCCEEDED later has been paid."""

    reference: str | None
    """How the provider names it; None where it was refused before anything was made, which is for good."""

    status: PaymentStatus
    failure: str | None = None
    """Why it failed: the name of a UserErrorCode."""

    client_secret: str | None = field(default=None, repr=False)
    """What the card's holder confirms it with, while it waits for that."""


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """Something that the provider tells of: only what it is about. How that stands by now is asked for.

    So events may come late, twice or in any order.
    """

    id: str
    kind: str
    payment: str | None = None
    """The charge's reference."""

    key: str | None = None
    """The key that it was charged with."""

    method: str | None = None
    """The card's reference."""


class ProviderUnavailable(Exception):
    """No answer, or none that can be used. What was asked for may or may not have been done.

    A charge or refund is asked for again with the same key, and gets the first answer. The provider keeps a key for 24
    hours: what is older must not be sent again.
    """


class MethodRefused(Exception):
    """The provider has confirmed no such card for this customer. `code` is the name of a UserErrorCode."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RefundRefused(Exception):
    """The provider will not give this money back, however often it is asked."""


class EventRefused(Exception):
    """The message is not one that the provider has signed just now."""


class PaymentProvider(Protocol):
    """Keeps cards and charges them. Every method raises ProviderUnavailable where nobody can say how it stands.

    None of them is called while a transaction is open: each waits for another's answer.
    """

    async def customer(self, account_id: UUID, name: str, email: str | None) -> str:
        """Make an account known to the provider; asked again at once, the same one."""

    async def begin_method(self, customer: str, return_url: str | None) -> str:
        """Begin to add a card; the client secret that its holder gives the card to the provider with."""

    async def confirmed_method(self, customer: str, token: str) -> Card:
        """The card that its holder gave the provider, kept for this customer from now on; raises MethodRefused.

        The token is the id of what was begun, or of the card.
        """

    async def method(self, reference: str) -> Card | None:
        """A kept card as it is now; None where it is kept for nobody."""

    async def forget_method(self, reference: str) -> None:
        """Keep a card no longer; one that is not kept is no fault."""

    async def charge(self, charge: Charge) -> Outcome:
        """Charge a card, or say again how the charge with this key went."""

    async def outcome(self, reference: str) -> Outcome:
        """How a charge stands now."""

    async def cancel(self, reference: str) -> Outcome:
        """Give a charge up that waits; one that has ended stays as it is."""

    async def refund(self, key: str, reference: str, amount_minor: int) -> str:
        """Give money of a charge back once for this key; the refund's reference. Raises RefundRefused."""

    async def refunded(self, key: str, reference: str) -> str | None:
        """The reference of the refund with this key; None where it was never made. Good for as long as one likes."""

    def event(self, body: bytes, signature: str) -> ProviderEvent:
        """Read a message of the provider's; raises EventRefused where it is not from there, or not of now."""
