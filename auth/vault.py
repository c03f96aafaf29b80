"""Secrets at rest: encrypted, or hashed where they need never be read again, under keys derived from SECRET_KEY.

What is sealed names the key that it was sealed under. While a previous secret is given too, both are opened, and what
was sealed under the old one can be found and sealed anew: `gateway rotate-keys`.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
KEY_NAME_BYTES = 4
NONCE_BYTES = 12
KEY_BYTES = 32
MARK_BYTES = len(VERSION) + KEY_NAME_BYTES


class VaultError(Exception):
    """What was sealed cannot be opened: it was made for another row, or under another SECRET_KEY."""


class Vault:
    """Seals and opens small secrets. `owner` names the row they belong to: moved to another, they stay shut."""

    def __init__(self, secret: bytes, previous: bytes | None = None) -> None:
        self.mark = _mark(secret)
        """How everything begins that is sealed under today's key."""
        self._ciphers = {_mark(one): _cipher(one) for one in (previous, secret) if one is not None}
        self._digest_keys = [
            derive(one, b"portal: hashes of short secrets") for one in (secret, previous) if one is not None
        ]

    def seal(self, plain: bytes, owner: bytes) -> bytes:
        """Encrypt a secret for one row."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self.mark + nonce + self._ciphers[self.mark].encrypt(nonce, plain, self.mark + owner)

    def open(self, sealed: bytes, owner: bytes) -> bytes:
        """Decrypt what was sealed for this row, or raise VaultError."""
        mark, nonce, encrypted = (
            sealed[:MARK_BYTES],
            sealed[MARK_BYTES:][:NONCE_BYTES],
            sealed[MARK_BYTES + NONCE_BYTES :],
        )
        if mark[:1] != VERSION or len(nonce) != NONCE_BYTES:
            raise VaultError("a sealed secret has an unknown form")
        try:
            return self._ciphers[mark].decrypt(nonce, encrypted, mark + owner)
        except (KeyError, InvalidTag):
            raise VaultError("a sealed secret does not open under this SECRET_KEY") from None

    def renewed(self, sealed: bytes, owner: bytes) -> bytes:
        """The same secret, sealed under today's key."""
        return self.seal(self.open(sealed, owner), owner)

    def digest(self, short: bytes, owner: bytes) -> bytes:
        """A keyed hash, for secrets too short to be safe under a plain one."""
        return hmac.digest(self._digest_keys[0], owner + b"\x00" + short, hashlib.sha256)

    def fits(self, digest: bytes, short: bytes, owner: bytes) -> bool:
        """Whether a keyed hash is that of the secret, under today's key or the previous one."""
        hashed = (hmac.digest(key, owner + b"\x00" + short, hashlib.sha256) for key in self._digest_keys)
        return any(hmac.compare_digest(one, digest) for one in hashed)


def _mark(secret: bytes) -> bytes:
    return VERSION + derive(secret, b"portal: the key's name")[:KEY_NAME_BYTES]


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(derive(secret, b"portal: secrets at rest"))


def derive(secret: bytes, purpose: bytes) -> bytes:
    """A key for one purpose, from which neither the secret nor the key for another can be told."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)
