"""Everything that proves who somebody is, made once for a process: passwords, second factors, lifetimes of sessions."""

from datetime import datetime
from uuid import UUID

from auth.actors import Actor, CredentialKind
from auth.credential_cache import CredentialCache
from auth.credentials import Lifetimes, look_up, still_holds
from auth.passwords import PasswordHasher
from auth.rates import AgentLimits, AgentRates
from auth.second_factor import SecondFactor
from auth.server_tokens import ServerTokens
from auth.tokens import Token
from auth.uses import Uses
from auth.vault import Vault
from models.db import Database


class Authority:
    """Recognises callers. It owns threads for hashing: close it when done."""

    def __init__(
        self,
        secret: bytes,
        lifetimes: Lifetimes,
        passwords: PasswordHasher | None = None,
        previous: bytes | None = None,
        agents: AgentLimits | None = None,
    ) -> None:
        self.lifetimes = lifetimes
        self.cache = CredentialCache()
        self.uses = Uses()
        self.passwords = passwords or PasswordHasher()
        self.vault = Vault(secret, previous)
        self.second_factor = SecondFactor(self.vault)
        self.server_tokens = ServerTokens(secret, previous)
        self.agent_rates = AgentRates(agents or AgentLimits())

    async def authenticate(self, db: Database, token: Token, now: datetime) -> Actor | None:
        """Who holds this token; None where nobody does any more. Its use is noted."""
        digest = token.digest
        actor = self.cache.get(digest, now)
        if actor is None:
            generation = self.cache.generation
            found = await look_up(db, token, now, self.lifetimes)
            if found is None:
                return None
            self.cache.keep(digest, found, now, generation)
            actor = found.actor
        self.uses.note(actor, now)
        return actor

    async def still_holds(self, db: Database, kind: CredentialKind, id_: UUID, now: datetime) -> Actor | None:
        """Who holds a credential that was shown before, as its row has it; None where nobody does any more."""
        return await still_holds(db, kind, id_, now, self.lifetimes)

    def close(self) -> None:
        """Let go of the threads."""
        self.passwords.close()
