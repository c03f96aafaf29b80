"""Bearer tokens: random, recognisable by their prefix, checked for typing errors before anyone asks the database.

A token is a prefix that names its kind, 43 characters of 62 (256 bits) and a checksum of 6. What is kept is its
SHA-256: a token has too much entropy for a slow hash to add anything.
"""

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from auth.actors import CredentialKind

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 43
CHECKSUM_LENGTH = 6
SHOWN_LENGTH = 8

PREFIXES: Mapping[CredentialKind, str] = MappingProxyType(
    {
        CredentialKind.SESSION: "spses_",
        CredentialKind.API_KEY: "spkey_",
        CredentialKind.API_SECRET_KEY: "spsec_",
    }
)
"""How each kind of token begins, so that a person, a log filter or a scanner of leaked secrets can tell."""

(PREFIX_LENGTH,) = {len(prefix) for prefix in PREFIXES.values()}
TOKEN_LENGTH = PREFIX_LENGTH + RANDOM_LENGTH + CHECKSUM_LENGTH

_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


@dataclass(frozen=True, slots=True)
class Token:
    """A well-formed token. Its text stays out of logs and tracebacks."""

    kind: CredentialKind
    text: str = field(repr=False)

    @property
    def digest(self) -> bytes:
        """What the database keeps and is asked for."""
        return hashlib.sha256(self.text.encode()).digest()

    @property
    def shown(self) -> str:
        """The beginning, by which its owner tells it from others."""
        return self.text[: PREFIX_LENGTH + SHOWN_LENGTH]


def new_token(kind: CredentialKind) -> Token:
    """Make a token from the system's randomness."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    text = PREFIXES[kind] + body
    return Token(kind, text + _checksum(text))


def read_token(text: str) -> Token | None:
    """The token that a text is, or None where it cannot be one of ours."""
    kind = _KINDS.get(text[:PREFIX_LENGTH])
    if kind is None or len(text) != TOKEN_LENGTH or not text.isascii():
        return None
    body, checksum = text[:-CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return Token(kind, text) if hmac.compare_digest(_checksum(body), checksum) else None


def _checksum(text: str) -> str:
    """The CRC-32 of a text as six digits, two at a time: each request with a token asks for one."""
    rest, last = divmod(zlib.crc32(text.encode()), len(_PAIRS))
    first, middle = divmod(rest, len(_PAIRS))
    return _PAIRS[first] + _PAIRS[middle] + _PAIRS[last]
