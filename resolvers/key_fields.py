"""What can be set of an activation key: its limit, its note, and the networks that servers may register from."""

import re
from collections.abc import Sequence
from ipaddress import IPv6Network, ip_network

from models.errors import UserFault, UserFaults
from models.queries.activation_keys import MOST_NETWORKS
from resolvers.checks import invalid, line
from resolvers.forms import Field

NOTE = Field("note", line(100))
_NETWORK = re.compile(r"[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?", re.ASCII)
MAPPED = IPv6Network("::ffff:0:0/96")
"""Where addresses of version 4 stand when they are written as ones of version 6."""


def limit(most: int | None) -> int | None:
    """How many servers may register; None is without a limit."""
    if most is not None and most <= 0:
        raise invalid("A limit is at least 1; without one, the licenses alone limit the key.")
    return most


def note(text: str | None) -> str | None:
    """The account's own words, None where there are none."""
    return NOTE.read(text)


def networks(texts: Sequence[str] | None) -> list[str]:
    """Networks in CIDR notation, each once, as the database writes them. A fault names the place of what is wrong."""
    if texts is not None and len(texts) > MOST_NETWORKS:
        raise UserFault("TOO_LONG", f"A key lists at most {MOST_NETWORKS} networks.")
    faults, found = [], []
    for place, text in enumerate(texts or ()):
        try:
            found.append(network(text))
        except UserFault as fault:
            faults.append(UserFault(fault.code, fault.message, [str(place)]))
    if faults:
        raise UserFaults(faults)
    return list(dict.fromkeys(found))


def network(text: str) -> str:
    """One network, or an address as the smallest of them. What is set behind the prefix is left off."""
    typed = text.strip()
    if not _NETWORK.fullmatch(typed):
        raise _no_network()
    try:
        found = ip_network(typed, strict=False)
    except ValueError:
        raise _no_network() from None
    if isinstance(found, IPv6Network) and found.subnet_of(MAPPED):
        return str(ip_network((int(found.network_address) & 0xFFFFFFFF, found.prefixlen - MAPPED.prefixlen)))
    return str(found)


def _no_network() -> UserFault:
    return invalid("This is not a network in CIDR notation, such as 192.0.2.0/24 or 2001:db8::/32.")
