"""What a seat is: one of an activation key's limit and one of its license type's pool, taken and given back together.

The figures of a `Seats` are true for as long as the rows behind it are held, and only then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from uuid import UUID

from models.errors import UserFault

Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class Seats:
    """An activation key with its limit, the pool of licenses that it spends, and what its account may do.

    `pool_id` is None where the account holds no pool of the license type; there is no room then.
    """

    key_id: UUID
    account_id: UUID
    product_id: UUID
    license_type_id: UUID
    key: str = field(repr=False)
    used: int
    limit: int | None
    allowed_addresses: Networks
    pool_id: UUID | None
    quantity: int
    pool_used: int
    account_locked: bool
    subscribed: bool

    @property
    def key_room(self) -> int | None:
        """How many more servers the key's own limit lets in; None where it has none."""
        return None if self.limit is None else max(self.limit - self.used, 0)

    @property
    def pool_room(self) -> int:
        """How many licenses of the type are free."""
        return max(self.quantity - self.pool_used, 0)

    @property
    def last(self) -> bool:
        """Whether one seat more reaches the key's limit."""
        return self.limit is not None and self.used + 1 == self.limit

    def allows(self, address: str) -> bool:
        """Whether servers may register from an address. A key that lists no networks allows all."""
        if not self.allowed_addresses:
            return True
        asked = ip_address(address)
        return any(asked.version == network.version and asked in network for network in self.allowed_addresses)


@dataclass(frozen=True, slots=True)
class HeldRegistration:
    """A registration that nobody else can move or remove until the transaction ends."""

    id: UUID
    server_id: UUID
    key_id: UUID
    license_type_id: UUID


@dataclass(frozen=True, slots=True)
class HeldServer:
    """A server that nobody else can change or remove until the transaction ends, with some or all registrations."""

    id: UUID
    account_id: UUID
    hostname: str
    registrations: tuple[HeldRegistration, ...]


def refusals(
    seats: Seats,
    path: Sequence[str],
    *,
    address: str | None = None,
    moving: bool = False,
    seated: bool = False,
) -> list[UserFault]:
    """Every reason for which the key gives no seat. `path` names the field of the input that the key came in.

    Without an `address` none is judged. A registration that moves here from another key of the license type has its
    license already, and one that is seated here has both.
    """
    found = []
    if seats.account_locked:
        found.append(UserFault("ACCOUNT_LOCKED", "The account is locked: it registers no servers."))
    if address is not None and not seats.allows(address):
        found.append(UserFault("ADDRESS_NOT_ALLOWED", "The activation key does not allow this address."))
    if not seats.subscribed:
        found.append(UserFault("NOT_SUBSCRIBED", "The account is not subscribed to the key's product.", path))
    if not seated and seats.key_room == 0:
        found.append(UserFault("KEY_LIMIT_REACHED", "The activation key's limit of servers is reached.", path))
    if seats.subscribed and not (moving or seated) and seats.pool_room == 0:
        found.append(UserFault("LICENSE_POOL_EXHAUSTED", "All licenses of the key's type are in use.", path))
    return found
