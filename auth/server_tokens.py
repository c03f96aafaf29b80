"""The tokens of servers' agents: derived from the registration, so that every retry of it is told the same one.

A token is the registration's id and epoch with their HMAC under a key of its own. It is stored nowhere: whether the
registration stands, at this epoch, the database knows. One that was garbled or made up is recognised without asking it.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from auth.vault import derive

PREFIX = "spreg_"
ID_BYTES = 16
EPOCH_BYTES = 4
MAC_BYTES = 24
LENGTH = len(PREFIX) + (ID_BYTES + EPOCH_BYTES + MAC_BYTES) * 4 // 3 + 1


@dataclass(frozen=True, slots=True)
class ServerToken:
    """What a token of ours names: a registration, as it was when the token was told."""

    registration_id: UUID
    epoch: int


class ServerTokens:
    """Writes the tokens of one installation under its key, and reads those of the key before, too."""

    def __init__(self, secret: bytes, previous: bytes | None = None) -> None:
        secrets = [one for one in (secret, previous) if one is not None]
        self._keys = [derive(one, b"portal: tokens of servers") for one in secrets]

    def written(self, token: ServerToken) -> str:
        """The token's text, the same each time."""
        named = token.registration_id.bytes + token.epoch.to_bytes(EPOCH_BYTES, "big")
        return _printed(named + _mac(self._keys[0], named))

    def read(self, text: str) -> ServerToken | None:
        """The token that a text is; None where it is none that was written here."""
        if len(text) != LENGTH or not text.startswith(PREFIX) or not text.isascii():
            return None
        try:
            raw = base64.urlsafe_b64decode(text.removeprefix(PREFIX) + "=")
        except binascii.Error:
            return None
        named, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if _printed(raw) != text or not any(hmac.compare_digest(mac, _mac(key, named)) for key in self._keys):
            return None
        return ServerToken(UUID(bytes=named[:ID_BYTES]), int.from_bytes(named[ID_BYTES:], "big"))


def _printed(raw: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(key: bytes, named: bytes) -> bytes:
    return hmac.digest(key, named, hashlib.sha256)[:MAC_BYTES]
