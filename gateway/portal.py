"""What the running application shares among its requests."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from starlette.applications import Starlette

from auth.actors import Actor
from auth.authority import Authority
from auth.credentials import Lifetimes
from auth.rates import AgentLimits
from auth.tokens import Token
from gateway.documents.press import Press
from gateway.jobs.handlers import Works
from gateway.mail import mailer_for
from gateway.recognition import recognising
from gateway.settings import Settings
from gateway.worker import Worker
from models.db import Database
from resolvers.context import RequestContext, Sealer, utc_now
from resolvers.no_provider import NO_PROVIDER
from resolvers.ports import PaymentProvider
from schema.cursors import CursorSealer
from schema.http import Exchange


@dataclass(frozen=True)
class Portal:
    """One running gateway: its settings, its database, and what it recognises callers and cursors by."""

    settings: Settings
    db: Database
    authority: Authority
    sealer: Sealer
    payments: PaymentProvider
    press: Press = field(default_factory=Press)

    @classmethod
    def over(cls, settings: Settings, db: Database, payments: PaymentProvider = NO_PROVIDER) -> "Portal":
        """A gateway over a database that is open, and a provider that is."""
        lifetimes = Lifetimes(
            session=timedelta(hours=settings.session_hours), idle=timedelta(hours=settings.session_idle_hours)
        )
        agents = AgentLimits(settings.agent_calls_per_key, settings.agent_calls_per_address)
        authority = Authority(settings.secret, lifetimes, previous=settings.previous_secret, agents=agents)
        sealer = CursorSealer(settings.secret, settings.previous_secret)
        return cls(settings, db, authority, sealer, payments)

    def worker(self) -> Worker:
        """A worker for the jobs of this gateway; it does nothing before it is run."""
        works = Works(
            self.db,
            self.authority,
            mailer_for(self.settings),
            self.settings.site,
            self.payments,
            self.settings.autopayment,
        )
        return Worker(self.settings.dsn, works, takeover_seconds=self.settings.job_takeover_seconds)

    def recognising(self) -> AbstractAsyncContextManager[None]:
        """Remember credentials, hear of their changes, and write down their uses, for as long as the block runs."""
        return recognising(self.authority, self.db, self.settings.dsn)

    async def authenticate(self, token: Token) -> Actor | None:
        """Who holds a token now."""
        return await self.authority.authenticate(self.db, token, utc_now())

    @cached_property
    def _shared(self) -> dict[str, Any]:
        """What the contexts of all requests hold alike."""
        settings = self.settings
        return {
            "db": self.db,
            "authority": self.authority,
            "sealer": self.sealer,
            "site": settings.site,
            "sales_email": settings.sales_email,
            "payments": self.payments,
            "autopayment": settings.autopayment,
            "top_ups": settings.top_ups,
        }

    def context(self, exchange: Exchange) -> RequestContext:
        """The GraphQL context of one request."""
        return RequestContext(
            actor=exchange.actor,
            request_id=exchange.request_id,
            public_url=exchange.origin,
            peer_ip=exchange.peer_ip,
            user_agent=exchange.user_agent,
            **self._shared,
        )


def portal_of(app: Starlette) -> Portal:
    """The portal that an application has opened at its start."""
    portal = app.state.portal
    if not isinstance(portal, Portal):
        raise TypeError("the application has not been started")
    return portal
