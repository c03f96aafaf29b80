"""Subscriptions, pools and activation keys of one account, and which servers use which."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from gateway.demo.catalogue import Offer
from gateway.demo.chance import Chance
from gateway.demo.profiles import Holding
from gateway.demo.stage import Tenant
from models import tables
from models.enums import BillingCycle
from models.periods import period_after

FIRST_KEYS, FIRST_SEATS, FURTHER_SEATS = 50, 20, 200
"""A first holding's keys: so many with few servers each, and whatever more it takes with many."""

SYSTEMS = ("centos", "oracle", "ubuntu", "debian", "amazon", "cloudlinux")
NOTES = (
    "Web servers",
    "Databases",
    "Build farm",
    "Rack 12",
    "Leased machines",
    "QA, rebuilt nightly",
    "Customer portal",
)
LISTED_FACET, LIMITED_FACET, UNLIMITED_FACET = 1_000_000, 10_001, 10_002


@dataclass(slots=True, eq=False)
class Key:
    """An activation key with the seats that it has given so far."""

    id: UUID
    number: int
    text: str
    pool: "Pool"
    created_at: datetime
    used: int = 0
    limit: int | None = None

    def facets(self) -> tuple[int, int, int]:
        """What it adds to the facets of a server: its product, itself, and whether it is limited."""
        limited = UNLIMITED_FACET if self.limit is None else LIMITED_FACET
        return self.pool.offer.product_number, LISTED_FACET + self.number, limited


@dataclass(slots=True, eq=False)
class Pool:
    """An account's licenses of one type, with their keys; the first key is the default one."""

    id: UUID
    subscription_id: UUID
    holding: Holding
    offer: Offer
    created_at: datetime
    keys: list[Key] = field(default_factory=list)
    registered: list[tuple[str, UUID, datetime]] = field(default_factory=list)
    """Its servers: the host name, the id, and when it was registered."""

    @property
    def used(self) -> int:
        """So many seats are taken."""
        return sum(key.used for key in self.keys)

    @property
    def quantity(self) -> int:
        """So many seats are held."""
        return self.used + self.holding.spare

    @property
    def is_system(self) -> bool:
        """Whether it is for an operating system, of which a server has one."""
        return self.offer.code.startswith(SYSTEMS)


def pools_of(tenant: Tenant) -> list[Pool]:
    """Invent an account's subscriptions, pools and keys, with no server on them yet."""
    subscriptions: dict[UUID, UUID] = {}
    pools = []
    for place, holding in enumerate(tenant.profile.holdings):
        offer = tenant.stage.catalogue[holding.code]
        made = tenant.start + timedelta(minutes=5 + place)
        subscription_id = subscriptions.get(offer.product_id) or _subscribe(tenant, holding, offer, made)
        subscriptions[offer.product_id] = subscription_id
        pool = Pool(tenant.chance.id_at(made), subscription_id, holding, offer, made)
        pool.keys += _keys(
            tenant, pool, holding.keys if place or not holding.keys else keys_for(tenant.profile.with_first)
        )
        pools.append(pool)
    return pools


def _subscribe(tenant: Tenant, holding: Holding, offer: Offer, made: datetime) -> UUID:
    today = tenant.stage.now.astimezone(tenant.zone).date()
    subscription_id = tenant.chance.id_at(made)
    tenant.stage.rows.add(
        tables.ProductSubscription,
        id=subscription_id,
        account_id=tenant.id,
        product_id=offer.product_id,
        product_quota=holding.quota,
        billing_cycle=holding.cycle,
        renews_at=period_after(today, BillingCycle[holding.cycle]),
        created_at=made,
    )
    return subscription_id


def _keys(tenant: Tenant, pool: Pool, how_many: int) -> Iterator[Key]:
    stage, chance = tenant.stage, tenant.chance
    for place in range(how_many):
        made = pool.created_at + timedelta(minutes=10, seconds=90 * place)
        yield Key(chance.id_at(made), stage.next_key, key_text(pool.offer, chance), pool, made)
        stage.next_key += 1


def key_text(offer: Offer, chance: Chance) -> str:
    """Make a key of its product's shape."""
    random = chance.letters(offer.key_length)
    return random if offer.key_prefix is None else f"{offer.key_prefix}-{random}"


def key_place(server: int) -> int:
    """Tell which key of the first holding a server registers with."""
    first = FIRST_KEYS * FIRST_SEATS
    return server // FIRST_SEATS if server < first else FIRST_KEYS + (server - first) // FURTHER_SEATS


def keys_for(servers: int) -> int:
    """Tell how many keys so many servers take."""
    return key_place(max(servers - 1, 0)) + 1


def seat(tenant: Tenant, pools: list[Pool]) -> Iterator[list[Key]]:
    """Give each server its keys, one to three of different products, and count the seats."""
    first, others = (pools[0], pools[1:]) if pools else (None, [])
    for server in range(tenant.profile.servers):
        chosen = [first.keys[key_place(server)]] if first and server < tenant.profile.with_first else []
        draw = tenant.chance.share()
        extra = (draw > 0.4) + (draw > 0.8) if chosen else 1 + (draw > 0.6)
        for _ in range(extra):
            fitting = [pool for pool in others if pool.keys and _fits(pool, chosen)]
            if fitting:
                chosen.append(tenant.chance.one_of(tenant.chance.one_of(fitting).keys))
        for key in chosen:
            key.used += 1
        yield chosen


def _fits(pool: Pool, chosen: list[Key]) -> bool:
    """Whether a server may have this too: another product, and no second operating system."""
    return not any(
        key.pool.offer.product_id == pool.offer.product_id or (key.pool.is_system and pool.is_system) for key in chosen
    )


def add_keys(tenant: Tenant, pools: list[Pool]) -> None:
    """Limit some keys, one of them to what it has given, and add pools and keys to the rows."""
    for pool in pools:
        for place, key in enumerate(pool.keys):
            if place == 1 and key.used:
                key.limit = key.used
            elif place and tenant.chance.share() < 0.5:
                key.limit = key.used + tenant.chance.one_of((5, 30, 80))
        _add_pool(tenant, pool)
        for key in pool.keys:
            _add_key(tenant, key)


def _add_pool(tenant: Tenant, pool: Pool) -> None:
    tenant.stage.rows.add(
        tables.License,
        id=pool.id,
        account_id=tenant.id,
        product_subscription_id=pool.subscription_id,
        product_id=pool.offer.product_id,
        license_type_id=pool.offer.id,
        quantity=pool.quantity,
        used=pool.used,
        created_at=pool.created_at,
    )


def _add_key(tenant: Tenant, key: Key) -> None:
    chance = tenant.chance
    tenant.stage.rows.add(
        tables.ActivationKey,
        id=key.id,
        number=key.number,
        account_id=tenant.id,
        product_id=key.pool.offer.product_id,
        license_type_id=key.pool.offer.id,
        license_id=key.pool.id,
        key=key.text,
        note=chance.one_of(NOTES) if chance.share() < 0.7 else None,
        is_default=key is key.pool.keys[0],
        used=key.used,
        seat_limit=key.limit,
        allowed_addresses=["192.0.2.0/24", "2001:db8::/32"] if chance.share() < 0.1 else [],
        created_at=key.created_at,
        created_by=tenant.master_id if chance.share() < 0.8 else None,
    )
