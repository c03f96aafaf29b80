"""Passwords: argon2id with OWASP's parameters, and what makes a good one, in a few threads of their own.

A hash takes about 20 ms of a core and 19 MiB, and lets go of the interpreter's lock meanwhile. So it runs in a bounded
pool: many sign-ins at once queue there instead of taking all memory, up to a number that takes under a second to work
off. Beyond it they are THROTTLED. Await it outside transactions.
"""

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from argon2 import PasswordHasher as Argon2
from argon2 import Type
from argon2.exceptions import InvalidHashError, VerificationError

from auth.strength import weakness
from models.errors import UserFault

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
SALT_BYTES = 16
HASH_BYTES = 32
DEFAULT_THREADS = 2
MOST_AT_ONCE = 64
"""So much work is taken on, whether it runs or waits; whoever comes then is told to come again."""
BUSY_MS = 1_000

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class PasswordHasher:
    """Hashes and checks passwords. It owns its threads: close it when done."""

    def __init__(self, threads: int = DEFAULT_THREADS) -> None:
        self._argon2 = Argon2(
            time_cost=PASSES,
            memory_cost=MEMORY_KIB,
            parallelism=LANES,
            hash_len=HASH_BYTES,
            salt_len=SALT_BYTES,
            type=Type.ID,
        )
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._taken_on = 0
        self._nobodys_hash = _unmatchable_hash()

    async def hash(self, password: str) -> str:
        """Hash a new password."""
        return await self._run(self._argon2.hash, _bytes(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one; without a stored one the answer is no, after the same work."""
        return await self._run(self._matches, stored or self._nobodys_hash, _bytes(password))

    async def weakness(self, password: str, words: Sequence[str]) -> UserFault | None:
        """What is wrong with a new password of somebody with these names and addresses."""
        return await self._run(weakness, password, words)

    def needs_rehash(self, stored: str) -> bool:
        """Whether a stored hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(stored)

    def close(self) -> None:
        """Let go of the threads; what runs in them ends first."""
        self._pool.shutdown()

    def _matches(self, stored: str, password: bytes) -> bool:
        try:
            return self._argon2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        if self._taken_on >= MOST_AT_ONCE:
            raise UserFault("THROTTLED", "Too many are signing in just now. Try again.", retry_after_ms=BUSY_MS)
        self._taken_on += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        finally:
            self._taken_on -= 1


def _bytes(password: str) -> bytes:
    """One spelling for what is typed alike; a lone surrogate is no character, but no reason to fail either."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _unmatchable_hash() -> str:
    """A well-formed hash of today's parameters that no known password has."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (SALT_BYTES, HASH_BYTES)
    )
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${digest}"
