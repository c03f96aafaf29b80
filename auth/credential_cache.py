"""Who holds which credential, remembered for a while: only what the database has said, and only while it tells changes.

An entry is dropped when its account's credentials change, is never older than a minute, and never outlives what it
stands for. While nobody listens for changes, nothing is remembered. Tokens that nobody holds are not remembered either:
they are asked for anew each time, so that there is nothing to fill with made-up ones.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from auth.actors import Actor

LONGEST = timedelta(seconds=60)
MOST_ENTRIES = 4_096


@dataclass(frozen=True, slots=True)
class Credential:
    """Whom a credential stands for, and until when at the most; None where it has no end."""

    actor: Actor
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Entry:
    actor: Actor
    since: datetime
    until: datetime


class CredentialCache:
    """A process's memory of credentials, by the hash of their token."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self._most = most
        self._entries: dict[bytes, _Entry] = {}
        self._hearing = False
        self._generation = 0

    @property
    def generation(self) -> int:
        """How often something was dropped. A look-up takes it along, and `keep` wants it back."""
        return self._generation

    def get(self, digest: bytes, now: datetime) -> Actor | None:
        """Who holds a credential, where that is remembered and still good. A clock set back makes an entry old."""
        entry = self._entries.get(digest)
        if entry is None:
            return None
        if entry.since <= now < entry.until:
            return entry.actor
        del self._entries[digest]
        return None

    def keep(self, digest: bytes, credential: Credential, now: datetime, generation: int) -> None:
        """Remember what a look-up has found, unless something changed since it began: it may have read what was."""
        if not self._hearing or generation != self._generation:
            return
        until = now + LONGEST if credential.ends_at is None else min(now + LONGEST, credential.ends_at)
        if len(self._entries) >= self._most:
            del self._entries[next(iter(self._entries))]
        self._entries[digest] = _Entry(credential.actor, now, until)

    def drop(self, account: str) -> None:
        """Forget an account's credentials, named by its id, or everything where it is no id."""
        self._generation += 1
        try:
            id_ = UUID(account)
        except ValueError:
            self._entries.clear()
            return
        for digest in [digest for digest, entry in self._entries.items() if entry.actor.account_id == id_]:
            del self._entries[digest]

    def begin(self) -> None:
        """Remember from now on: changes are heard. What a look-up has begun to read before may have changed unheard."""
        self._generation += 1
        self._hearing = True

    def stop(self) -> None:
        """Forget everything, and remember nothing until changes are heard again."""
        self._generation += 1
        self._hearing = False
        self._entries.clear()
