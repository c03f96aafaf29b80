"""When credentials were last used: noted in memory, and written down together, so that no query writes."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from auth.actors import Actor, CredentialKind
from models.db import Database, Transaction
from models.queries import credentials

Writing = Callable[[Transaction, Mapping[UUID, datetime]], Awaitable[None]]

WRITING: Mapping[CredentialKind, Writing] = MappingProxyType(
    {
        CredentialKind.SESSION: credentials.note_sessions,
        CredentialKind.API_KEY: credentials.note_api_keys,
        CredentialKind.API_SECRET_KEY: credentials.note_api_secret_keys,
    }
)


class Uses:
    """The last use of each credential since they were last written down."""

    def __init__(self) -> None:
        self._latest: dict[CredentialKind, dict[UUID, datetime]] = {}

    def note(self, actor: Actor, now: datetime) -> None:
        """Note a use."""
        self._latest.setdefault(actor.credential, {})[actor.credential_id] = now

    async def write(self, db: Database) -> None:
        """Write down what was noted, by one statement for each kind. What cannot be written stays noted."""
        taken, self._latest = self._latest, {}
        if not taken:
            return
        try:
            async with db.write() as session:
                for kind, uses in taken.items():
                    await WRITING[kind](session, uses)
        except BaseException:
            for kind, uses in taken.items():
                self._latest[kind] = uses | self._latest.get(kind, {})
            raise
