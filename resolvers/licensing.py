"""What ordering and deleting licenses have in common: the most of them, what a dry run tells, and who is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import LICENSE
from models.enums import EventKind
from models.errors import UserFault
from models.pricing import Tier
from models.queries import events
from models.queries.events import Happening
from models.queries.ledger import Books
from models.queries.ordering import Held
from models.queries.tenants import Tenant
from resolvers.amounts import places
from resolvers.context import RequestContext
from resolvers.tenants import tell

MOST_LICENSES = 1_000_000
"""A pool never holds more."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a dry run tells: the room there is, the tier one would be in, and what would be billed."""

    room: int | None
    tier: Tier | None
    total_minor: int | None
    currency: str

    @property
    def unit_price(self) -> str | None:
        """The price of each unit."""
        return self._printed(None if self.tier is None else self.tier.unit_price_minor)

    @property
    def total(self) -> str | None:
        """What is billed in all."""
        return self._printed(self.total_minor)

    def _printed(self, minor: int | None) -> str | None:
        return None if minor is None else f"{Decimal(minor).scaleb(-places(self.currency)):f}"


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a dry run came to: a quote, and every reason for which the real thing would be refused."""

    quote: Quote
    refusals: Sequence[UserFault] = ()


def quantity(number: int) -> int:
    """How many licenses an input may ask for."""
    if number < 1:
        raise UserFault("INVALID", "It must be 1 or more.")
    if number > MOST_LICENSES:
        raise UserFault("INVALID", f"It can be {MOST_LICENSES} at most.")
    return number


async def tell_change(
    context: RequestContext,
    session: Transaction,
    books: Books,
    action: Action,
    *,
    held: Held,
    license_id: UUID,
    subscription_id: UUID | None,
    after: int,
) -> None:
    """Write a pool's new quantity into the logs, and the event of it."""
    tenant = Tenant(books.id, books.number, books.company_name, books.state)
    changes = [Change("quantity", held.quantity or None, after or None)]
    await tell(context, session, tenant, action, Target(LICENSE, license_id, held.name), changes)
    payload = {"licenseType": held.name, "before": held.quantity, "after": after}
    changed = Happening(EventKind.LICENSES_CHANGED, product_subscription_id=subscription_id, payload=payload)
    await events.record(session, books.id, context.now, [changed])
