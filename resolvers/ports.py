"""Ports: what the stories need of the outside world. Every side of one passes the same contract test."""

from dataclasses import dataclass, field
from typing import Protocol


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


class MailRefused(Exception):
    """This letter will never be taken, however often it is sent. Every other exception of a mailer is worth a retry."""


class Mailer(Protocol):
    """Takes letters."""

    async def send(self, mail: Mail) -> None:
        """Hand a letter over for good, or raise: MailRefused, or anything else where another try may help."""
