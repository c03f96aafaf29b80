"""The second factor: time-based codes (30 s, one step of grace either way) and recovery codes.

pyotp remembers nothing: the step that this module finds must be stored, and only a later one accepted next time.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from uuid import UUID

import segno
from pyotp import TOTP, random_base32

from auth.vault import Vault

ISSUER = "Subscription portal"
STEP_SECONDS = 30
GRACE_STEPS = (0, -1, 1)
RECOVERY_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
RECOVERY_LENGTH = 12
RECOVERY_CODES = 10

_TOTP_CODE = re.compile(r"[0-9]{6}")
_SEPARATORS = re.compile(r"[\s-]")


@dataclass(frozen=True, slots=True)
class Proof:
    """What a code would prove: a time step, or a recovery code's hash. The database decides if it is still good."""

    step: int | None = None
    recovery_hash: bytes | None = None


class SecondFactor:
    """Reads and makes the codes of a login's second factor; its secret is kept sealed for that login."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def new_secret(self, login_id: UUID) -> tuple[str, bytes]:
        """A new secret: as an authenticator takes it, and sealed for the database."""
        secret = random_base32()
        return secret, self._vault.seal(secret.encode(), login_id.bytes)

    def new_recovery_codes(self, login_id: UUID, sealed_secret: bytes) -> dict[str, bytes]:
        """Ten recovery codes as they are shown, once, each with the hash that is kept."""
        secret = self._opened(login_id, sealed_secret)
        codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
        return {code: _recovery_hash(secret, _bare(code)) for code in codes}

    def proof(self, login_id: UUID, sealed_secret: bytes, code: str, at: datetime) -> Proof | None:
        """What the code proves at this time; None where it is no current code and not shaped like a recovery code."""
        bare = _bare(code)
        if _TOTP_CODE.fullmatch(bare):
            step = _matching_step(self._opened(login_id, sealed_secret), bare, at)
            return None if step is None else Proof(step=step)
        if len(bare) == RECOVERY_LENGTH and set(bare) <= set(RECOVERY_ALPHABET):
            return Proof(recovery_hash=_recovery_hash(self._opened(login_id, sealed_secret), bare))
        return None

    def _opened(self, login_id: UUID, sealed_secret: bytes) -> str:
        return self._vault.open(sealed_secret, login_id.bytes).decode()


def uri(secret: str, email: str) -> str:
    """What an authenticator reads to take the secret on, under the login's name."""
    return TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=email, issuer_name=ISSUER)


def qr_code(text: str) -> str:
    """A text as a QR code: an SVG document that fits into any box."""
    buffer = BytesIO()
    segno.make(text, error="m", micro=False).save(buffer, kind="svg", xmldecl=False, omitsize=True, light="#fff")
    return buffer.getvalue().decode()


def _recovery_hash(secret: str, bare: str) -> bytes:
    """A hash under the login's own secret: codes are too short for a plain one, and outlive a change of SECRET_KEY."""
    return hmac.digest(secret.encode(), b"recovery code\x00" + bare.encode(), hashlib.sha256)


def _matching_step(secret: str, code: str, at: datetime) -> int | None:
    now = int(at.timestamp()) // STEP_SECONDS
    totp = TOTP(secret, interval=STEP_SECONDS)
    matching = (now + grace for grace in GRACE_STEPS if hmac.compare_digest(totp.generate_otp(now + grace), code))
    return next(matching, None)


def _new_recovery_code() -> str:
    letters = "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4))


def _bare(code: str) -> str:
    """The code as it was made, however it was typed."""
    return _SEPARATORS.sub("", code).lower()
