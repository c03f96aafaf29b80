"""Global ids: a type and a row's key, opaque to clients.

An id that does not decode, names another type or a row out of reach is one and the same case to its sender.
"""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

TYPE_TAGS = {
    "Account": 1,
    "Customer": 2,
    "Viewer": 3,
    "Session": 4,
    "Product": 5,
    "LicenseType": 6,
    "ProductSubscription": 7,
    "License": 8,
    "ActivationKey": 9,
    "Server": 10,
    "InstalledProduct": 11,
    "ServerGroup": 12,
    "PaymentMethod": 13,
    "Payment": 14,
    "Invoice": 15,
    "Sublogin": 16,
    "ApiKey": 17,
    "ReportConfig": 18,
    "SalesRequest": 19,
    "AuditEvent": 20,
}
"""The byte that stands for a type. Clients store ids: a tag is never given to another type."""

_TYPES = {tag: name for name, tag in TYPE_TAGS.items()}
_LENGTH = 17

AT_ONCE = 5_000
"""So many ids are encoded in some 4 ms."""


def encode(type_name: str, key: UUID) -> str:
    """The global id of a row."""
    return base64.urlsafe_b64encode(bytes((TYPE_TAGS[type_name],)) + key.bytes).rstrip(b"=").decode()


async def encode_all(type_name: str, keys: Sequence[UUID]) -> list[str]:
    """The global ids of rows of which there may be very many: other requests have their turn in between."""
    found: list[str] = []
    for start in range(0, len(keys), AT_ONCE):
        if start:
            await asyncio.sleep(0)
        found += [encode(type_name, key) for key in keys[start : start + AT_ONCE]]
    return found


def decode(text: str) -> tuple[str, UUID] | None:
    """The type and key in an id, None where it is none of ours."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None
    if len(raw) != _LENGTH or raw[0] not in _TYPES:
        return None
    type_name, key = _TYPES[raw[0]], UUID(bytes=raw[1:])
    return (type_name, key) if encode(type_name, key) == text else None


def key_of(type_name: str, id_: str) -> UUID | None:
    """The key in an id that an input gives; None where it is no id of the type."""
    found = decode(id_)
    return found[1] if found is not None and found[0] == type_name else None


def key_or_none_such(type_name: str, id_: str) -> UUID:
    """The key in an id that an input gives; for what is no id of the type, one that no row has, each text its own.

    Rows have keys of version 7, so that a hash under another version is none of theirs.
    """
    return key_of(type_name, id_) or UUID(bytes=sha256(id_.encode(errors="surrogatepass")).digest()[:16], version=5)


def keys_of(type_name: str, ids: Sequence[str] | None) -> tuple[UUID, ...] | None:
    """The keys of those ids that are of the type; None stays None, so that an absent filter stays absent."""
    if ids is None:
        return None
    decoded = (decode(id_) for id_ in ids)
    return tuple(sorted({found[1] for found in decoded if found is not None and found[0] == type_name}))
