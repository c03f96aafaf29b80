"""Servers, their groups and registrations: hosts of every age, behind documentation addresses alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.demo.chance import Chance
from gateway.demo.keys import Key, Pool, add_keys, pools_of, seat
from gateway.demo.stage import Tenant
from models import tables

TASKS = ("web", "app", "db", "cache", "build", "mail", "proxy", "queue")
SITES = ("ams1", "fra1", "lon1", "nyc1", "sin1")
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
NAT_ADDRESS, NAT_HOSTS = "203.0.113.250", 3
"""The reseller's first hosts share one address; no other host has it."""

TWIN_EVERY = 40
"""So often a host has lost its machine id and registered anew: of the two servers the newer is the duplicate."""

AGES = (
    (0.80, timedelta(minutes=1), timedelta(hours=4)),
    (0.88, timedelta(hours=4), timedelta(hours=48)),
    (0.93, timedelta(days=2), timedelta(days=30)),
    (0.97, timedelta(days=30), timedelta(days=200)),
)
"""How long ago servers were last heard of; the rest never were."""


LAST_SORT = "\U0010ffff"
"""What a server without a group is sorted by."""


@dataclass(frozen=True, slots=True)
class Group:
    """A server group."""

    id: UUID
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Host:
    """A host's name and address, and whether it registers for the second time."""

    name: str
    address: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """What other scenes want to know of an account's servers."""

    pools: list[Pool]
    groups: list[Group]
    first_server: tuple[UUID, str] | None


def fleet_of(tenant: Tenant) -> Fleet:
    """Invent an account's subscriptions, keys, groups and servers."""
    pools = pools_of(tenant)
    seats = list(seat(tenant, pools))
    add_keys(tenant, pools)
    groups = [_add_group(tenant, name) for name in tenant.profile.groups]
    first, host = None, None
    for place, keys in enumerate(seats):
        host = _host(tenant, place, host)
        server = _add_server(tenant, host, keys, groups)
        first = first or (server, host.name)
    return Fleet(pools, groups, first)


def _add_group(tenant: Tenant, name: str) -> Group:
    made = tenant.chance.moment(tenant.start + timedelta(hours=1), tenant.start + timedelta(days=1))
    group = Group(tenant.chance.id_at(made), tenant.stage.next_group, name)
    tenant.stage.next_group += 1
    tenant.stage.rows.add(
        tables.ServerGroup, id=group.id, number=group.number, account_id=tenant.id, name=name, created_at=made
    )
    return group


def _host(tenant: Tenant, place: int, last: Host | None = None) -> Host:
    """Name a host, or have the one before registered a second time."""
    chance = tenant.chance
    name = f"{chance.one_of(TASKS)}-{place:06}.{chance.one_of(SITES)}.{tenant.profile.domain}"
    address = NAT_ADDRESS if tenant.profile.kind == "RESELLER" and place < NAT_HOSTS else _address(chance)
    again = last is not None and place % TWIN_EVERY == TWIN_EVERY - 1
    return Host(last.name, last.address, again=True) if last and again else Host(name, address)


def _add_server(tenant: Tenant, host: Host, keys: list[Key], groups: list[Group]) -> UUID:
    chance = tenant.chance
    seen = last_check_in(chance, tenant.stage.now)
    registered = _registered(tenant, seen)
    group = chance.one_of(groups) if groups and chance.share() < 0.9 else None
    by_hand = seen is None and chance.share() < 0.4 and not host.again
    server_id = chance.id_at(registered)
    listed = {"hostname": host.name, "ip": host.address, "facets": _facets(keys, group)}
    tenant.stage.rows.add(
        tables.Server,
        id=server_id,
        account_id=tenant.id,
        machine_id=None if by_hand else chance.hexadecimal(),
        registered_at=registered,
        group_id=group and group.id,
        group_name=group and group.name,
        created_by_hand=by_hand,
        **listed,
    )
    copied = {"server_id": server_id, "group_sort": group.name.lower() if group else LAST_SORT, **listed}
    tenant.stage.rows.add(
        tables.ServerCheckIn, account_id=tenant.id, last_check_in=seen, registered_at=registered, **copied
    )
    for order, key in enumerate(keys):
        _register(tenant, key, copied, registered + timedelta(minutes=order), seen)
    return server_id


def _facets(keys: list[Key], group: Group | None) -> list[int]:
    """Compute what the database's own triggers would."""
    facets = {facet for key in keys for facet in key.facets()}
    return sorted(facets if group is None else {-group.number, *facets})


def _address(chance: Chance) -> str:
    """Pick a documentation address, one in five of version 6."""
    if chance.share() < 0.2:
        return f"2001:db8:{chance.between(1, 0xFFFF):x}:{chance.between(1, 0xFFFF):x}::{chance.between(1, 0xFFFF):x}"
    return f"{chance.one_of(NETWORKS)}.{chance.between(1, 249)}"


def last_check_in(chance: Chance, now: datetime) -> datetime | None:
    """Pick when a server last answered."""
    draw = chance.share()
    for bound, least, most in AGES:
        if draw < bound:
            return chance.moment(now - most, now - least)
    return None


def _registered(tenant: Tenant, seen: datetime | None) -> datetime:
    if seen is None:
        return tenant.chance.moment(tenant.stage.now - timedelta(days=60), tenant.stage.now - timedelta(hours=1))
    return tenant.chance.moment(tenant.start + timedelta(days=2), seen - timedelta(minutes=30))


def _register(tenant: Tenant, key: Key, copied: dict[str, Any], activated: datetime, seen: datetime | None) -> None:
    chance = tenant.chance
    registration_id = chance.id_at(activated)
    key.pool.registered.append((copied["hostname"], copied["server_id"], activated))
    tenant.stage.rows.add(
        tables.Registration,
        id=registration_id,
        account_id=tenant.id,
        product_id=key.pool.offer.product_id,
        license_type_id=key.pool.offer.id,
        activation_key_id=key.id,
        activated_at=activated,
        **copied,
    )
    tenant.stage.rows.add(
        tables.RegistrationCheckIn,
        registration_id=registration_id,
        account_id=tenant.id,
        server_id=copied["server_id"],
        last_check_in=None if seen is None else max(activated, seen - timedelta(seconds=chance.between(0, 240))),
        version=None if seen is None else f"{chance.between(2, 4)}.{chance.between(0, 30)}-{chance.between(1, 9)}",
    )
