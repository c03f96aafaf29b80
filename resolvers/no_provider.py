"""What stands where an installation has no payment provider: every question to it goes unanswered."""

from uuid import UUID

from resolvers.ports import Card, Charge, EventRefused, Outcome, ProviderEvent, ProviderUnavailable

REASON = "no payment provider is set up"


class NoProvider:
    """A provider that is never there, so that nothing else has to ask whether one is set up."""

    async def customer(self, account_id: UUID, name: str, email: str | None) -> str:
        """Nobody keeps customers."""
        raise ProviderUnavailable(REASON)

    async def begin_method(self, customer: str, return_url: str | None) -> str:
        """Nobody takes cards."""
        raise ProviderUnavailable(REASON)

    async def confirmed_method(self, customer: str, token: str) -> Card:
        """Nobody has confirmed a card."""
        raise ProviderUnavailable(REASON)

    async def method(self, reference: str) -> Card | None:
        """Nobody can say how a card is."""
        raise ProviderUnavailable(REASON)

    async def forget_method(self, reference: str) -> None:
        """Whoever keeps the card cannot be reached."""
        raise ProviderUnavailable(REASON)

    async def charge(self, charge: Charge) -> Outcome:
        """Nobody charges anything."""
        raise ProviderUnavailable(REASON)

    async def outcome(self, reference: str) -> Outcome:
        """Nobody can say how a charge stands."""
        raise ProviderUnavailable(REASON)

    async def cancel(self, reference: str) -> Outcome:
        """Nobody can give a charge up."""
        raise ProviderUnavailable(REASON)

    async def refund(self, key: str, reference: str, amount_minor: int) -> str:
        """Nobody gives money back."""
        raise ProviderUnavailable(REASON)

    async def refunded(self, key: str, reference: str) -> str | None:
        """Nobody can say what was given back."""
        raise ProviderUnavailable(REASON)

    def event(self, body: bytes, signature: str) -> ProviderEvent:
        """There is nobody whom a message could be from."""
        raise EventRefused(REASON)


NO_PROVIDER = NoProvider()
