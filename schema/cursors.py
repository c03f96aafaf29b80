"""Cursors: a place in a list, sealed so that a client can carry it and learns nothing from it."""

import base64
import binascii
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.queries.pages import Keyset

_VERSION = b"\x01"
_KEY_BYTES = 64


class CursorSealer:
    """Seals text with AES-SIV under a key derived from the gateway's secret: equal places give equal cursors.

    What was sealed under the previous secret is opened for as long as that one is given.
    """

    def __init__(self, secret: bytes, previous: bytes | None = None) -> None:
        self._cipher = _cipher(secret)
        self._ciphers = [self._cipher] if previous is None else [self._cipher, _cipher(previous)]

    def seal(self, purpose: str, text: str) -> str:
        """A token that opens for this purpose alone."""
        sealed = _VERSION + self._cipher.encrypt(text.encode(), [purpose.encode()])
        return _printed(sealed)

    def open(self, purpose: str, token: str) -> str | None:
        """The text inside, None where the token was not sealed here for this purpose."""
        try:
            sealed = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
            if sealed[:1] != _VERSION or _printed(sealed) != token:
                return None
        except (ValueError, binascii.Error):
            return None
        opened = (_opened(cipher, sealed[1:], purpose) for cipher in self._ciphers)
        return next((text for text in opened if text is not None), None)


def _cipher(secret: bytes) -> AESSIV:
    return AESSIV(HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"gateway cursors").derive(secret))


def _opened(cipher: AESSIV, encrypted: bytes, purpose: str) -> str | None:
    try:
        return cipher.decrypt(encrypted, [purpose.encode()]).decode()
    except (ValueError, InvalidTag):
        return None


def _printed(sealed: bytes) -> str:
    """The one way to write a token: what a lenient decoder would read as the same is no token of ours."""
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def pack(place: Keyset) -> str:
    """A place as the text that is sealed: the id has a fixed length, the rest is the value."""
    return f"{place.id.hex}{place.value}"


def unpack(text: str) -> Keyset:
    """The place in an opened cursor."""
    return Keyset(text[32:], UUID(hex=text[:32]))
