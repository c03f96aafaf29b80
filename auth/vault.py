"""Secrets at rest: encrypted, or hashed where they need never be read again, under keys derived from SECRET_KEY."""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
NONCE_BYTES = 12
KEY_BYTES = 32


class VaultError(Exception):
    """What was sealed cannot be opened: it was made for another row, or under another SECRET_KEY."""


class Vault:
    """Seals and opens small secrets. `owner` names the row they belong to: moved to another, they stay shut."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(_derive(secret, b"portal: secrets at rest"))
        self._digest_key = _derive(secret, b"portal: hashes of short secrets")

    def seal(self, plain: bytes, owner: bytes) -> bytes:
        """Encrypt a secret for one row."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, plain, VERSION + owner)

    def open(self, sealed: bytes, owner: bytes) -> bytes:
        """Decrypt what was sealed for this row, or raise VaultError."""
        nonce, encrypted = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if sealed[:1] != VERSION or len(nonce) != NONCE_BYTES:
            raise VaultError("a sealed secret has an unknown form")
        try:
            return self._cipher.decrypt(nonce, encrypted, VERSION + owner)
        except InvalidTag:
            raise VaultError("a sealed secret does not open under this SECRET_KEY") from None

    def digest(self, short: bytes, owner: bytes) -> bytes:
        """A keyed hash, for secrets too short to be safe under a plain one."""
        return hmac.digest(self._digest_key, owner + b"\x00" + short, hashlib.sha256)


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)
