"""The tokens in links that are mailed: random, good once, and kept as their SHA-256 alone."""

import hashlib
import secrets
from dataclasses import dataclass, field

RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class Link:
    """A link's token. Its text stays out of logs and tracebacks."""

    text: str = field(repr=False)

    @property
    def digest(self) -> bytes:
        """What the database keeps and is asked for."""
        return hashlib.sha256(self.text.encode()).digest()


def new_link() -> Link:
    """Make a token from the system's randomness: 256 bits."""
    return Link(secrets.token_urlsafe(RANDOM_BYTES))
