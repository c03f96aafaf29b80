"""Letters by SMTP, over TLS."""

import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import SecretStr

from gateway.mail.messages import message_of
from resolvers.ports import Mail, MailRefused

TIMEOUT_SECONDS = 20
SUBMISSION, SUBMISSION_TLS, PLAIN = "smtp", "smtps", "smtp+plain"
REFUSED_FOR_GOOD = range(500, 600)


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Hands letters to one mail server. STARTTLS is demanded with smtp://, and TLS is spoken from the start with smtps://."""

    host: str
    port: int | None
    scheme: str
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, url: SecretStr, sender: str) -> "SmtpMailer":
        """The mailer for a URL such as smtp://user:password@mail.example.com:587."""
        parts = urlsplit(url.get_secret_value())
        username = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.hostname or "", parts.port, parts.scheme, sender, username, password)

    async def send(self, mail: Mail) -> None:
        """Hand a letter over; what the server refuses for good about this letter is MailRefused."""
        message = message_of(mail, self.sender, datetime.now(UTC))
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                use_tls=self.scheme == SUBMISSION_TLS,
                start_tls=self.scheme == SUBMISSION,
                timeout=TIMEOUT_SECONDS,
                local_hostname=socket.gethostname(),
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(refusal.code in REFUSED_FOR_GOOD for refusal in error.recipients):
                raise MailRefused(f"the server refused the recipient: {error.recipients[0].code}") from None
            raise
        except aiosmtplib.SMTPDataError as error:
            if error.code in REFUSED_FOR_GOOD:
                raise MailRefused(f"the server refused the letter: {error.code}") from None
            raise
