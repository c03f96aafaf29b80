"""What one request carries: the caller, the database, the clock, and its loaders."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from auth.actors import Actor
from auth.authority import Authority
from auth.permissions import Permission, sees_whole_keys
from models.autopayment import Bounds, Caps
from models.db import Database
from resolvers.no_provider import NO_PROVIDER
from resolvers.ports import PaymentProvider

if TYPE_CHECKING:
    from resolvers.loaders import Loaders

Clock = Callable[[], datetime]


class Sealer(Protocol):
    """Seals what clients carry and may not read: the places that cursors stand for."""

    def seal(self, purpose: str, text: str) -> str:
        """Make an opaque token, good for this purpose alone."""

    def open(self, purpose: str, token: str) -> str | None:
        """The text inside, or None where the token is not one of ours for this purpose."""


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@dataclass
class ResponseEffects:
    """What resolvers want of the HTTP response: a session cookie set or cleared."""

    set_session_token: str | None = None
    session_expires_at: datetime | None = None
    clear_session: bool = False


@dataclass
class RequestContext:
    """The GraphQL context of one request. Neither a session nor a connection stands in it.

    `public_url` is our origin as the caller names it, `site` as the settings do: what is carried elsewhere leads there.
    """

    db: Database
    actor: Actor | None
    authority: Authority
    sealer: Sealer
    request_id: str
    public_url: str
    site: str = ""
    clock: Clock = utc_now
    peer_ip: str | None = None
    user_agent: str | None = None
    sales_email: str | None = None
    payments: PaymentProvider = NO_PROVIDER
    autopayment: Caps = field(default_factory=Caps)
    top_ups: Bounds = field(default_factory=Bounds)
    response: ResponseEffects = field(default_factory=ResponseEffects)

    @cached_property
    def now(self) -> datetime:
        """The request's time: one for all of its rows."""
        return self.clock()

    @cached_property
    def loaders(self) -> "Loaders":
        """The request's loaders, made inside the running loop when first asked for."""
        from resolvers.loaders import Loaders  # noqa: PLC0415 (the loaders take this context)

        return Loaders(self)

    def forget_rows(self) -> None:
        """Read anew whatever is looked up from now on: something was changed."""
        if "loaders" in self.__dict__:
            self.loaders.clear()

    async def stop_reading(self) -> None:
        """Give up the look-ups under way, and return when their statements have ended."""
        if "loaders" in self.__dict__:
            await self.loaders.stop()

    def act_as(self, actor: Actor) -> bool:
        """Go on as the login that has just signed in, and forget what was read before.

        False, and nothing changes, where the request came with another login's credential: it is judged by that one's
        role, which must not be lent to the other.
        """
        if self.actor is not None and self.actor.login_id != actor.login_id:
            return False
        self.actor = actor
        for cached in ("loaders", "values"):
            self.__dict__.pop(cached, None)
        return True

    @property
    def sees_whole_keys(self) -> bool:
        """Whether activation keys are shown and searched unmasked."""
        return self.actor is not None and sees_whole_keys(self.actor.role)

    @cached_property
    def values(self) -> dict[str, Any]:
        """What any statement may ask for by name: who is calling, and when."""
        actor = self.actor
        nobody = UUID(int=0)
        return {
            "me": nobody if actor is None else actor.account_id,
            "login": None if actor is None else actor.login_id,
            "credential": None if actor is None else actor.credential_id,
            "now": self.now,
            "public_url": self.public_url,
            "sees_prices": actor is not None and actor.may(Permission.VIEW_PRICES),
        }
