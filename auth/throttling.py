"""How often may be guessed: for each thing that is guarded, how many tries are free and how the wait grows.

A try is counted in up to three places: for what is guessed at from the caller's network, for what is guessed at from
anywhere, and for the network. The first is strict. The second is soft, never closed for long, and passed by for
networks from which the login has come in before: whoever floods a login from elsewhere does not keep its owner out.
See docs/decisions/throttling-by-login-and-network.md.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address, ip_network

from auth.vault import Vault
from models.queries.throttles import Count, Held

KNOWN_FOR = timedelta(days=90)
"""For so long after a success a network counts as one of the login's own."""
IPV6_NETWORK = 64
NETWORKS_KEPT = 4096


class Guarded(Enum):
    """What may be guessed or asked for too often."""

    PASSWORD = "password"  # noqa: S105 (what is guarded, not one)
    CODE = "code"
    LETTER = "letter"
    LINK = "link"
    INVITATION = "invitation"
    INVITED = "invited"
    CARD = "card"


class Scope(Enum):
    """Where a try is counted: under its subject and the caller's network, under either alone."""

    HERE = "here"
    ANYWHERE = "anywhere"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Rule:
    """So many tries are free; from the last of these on each closes the counter, twice as long as the one before.

    It is never closed for longer than `longest`, and forgotten after a time without tries.
    """

    free: int
    first: timedelta
    longest: timedelta
    forgotten: timedelta

    def closed_for(self, tries: int) -> timedelta:
        """How long the counter takes no more once it has counted so many."""
        if tries < self.free:
            return timedelta(0)
        return min(self.first * float(2 ** min(tries - self.free, 30)), self.longest)


SECONDS, MINUTES, HOURS = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

RULES: Mapping[Guarded, Mapping[Scope, Rule]] = {
    Guarded.PASSWORD: {
        Scope.HERE: Rule(10, 10 * SECONDS, 15 * MINUTES, 24 * HOURS),
        Scope.ANYWHERE: Rule(20, 10 * SECONDS, MINUTES, 24 * HOURS),
        Scope.NETWORK: Rule(100, SECONDS, MINUTES, HOURS),
    },
    Guarded.CODE: {
        Scope.HERE: Rule(5, 30 * SECONDS, 15 * MINUTES, 24 * HOURS),
        Scope.ANYWHERE: Rule(10, 30 * SECONDS, 15 * MINUTES, 24 * HOURS),
        Scope.NETWORK: Rule(50, 10 * SECONDS, 5 * MINUTES, HOURS),
    },
    Guarded.LETTER: {
        Scope.HERE: Rule(5, MINUTES, HOURS, 24 * HOURS),
        Scope.ANYWHERE: Rule(10, MINUTES, HOURS, 24 * HOURS),
        Scope.NETWORK: Rule(20, 30 * SECONDS, 30 * MINUTES, 24 * HOURS),
    },
    Guarded.LINK: {Scope.NETWORK: Rule(20, 5 * SECONDS, 5 * MINUTES, HOURS)},
    Guarded.INVITATION: {Scope.ANYWHERE: Rule(100, 10 * SECONDS, 10 * MINUTES, 24 * HOURS)},
    Guarded.INVITED: {Scope.ANYWHERE: Rule(5, MINUTES, HOURS, 24 * HOURS)},
    Guarded.CARD: {Scope.ANYWHERE: Rule(30, MINUTES, HOURS, 24 * HOURS)},
}


@dataclass(frozen=True, slots=True)
class Counter:
    """Where one try is counted, and by which rule."""

    scope: Scope
    rule: Rule
    key: bytes

    def charged(self, count: Count, at: datetime) -> Count:
        """The counter with one try more."""
        tries = 1 if count.last_at + self.rule.forgotten <= at else count.tries + 1
        return self._changed(count, tries=tries, last_at=at, closed_until=at + self.rule.closed_for(tries))

    def returned(self, count: Count, charged: Count) -> Count:
        """The counter as if the try had not been made, as far as others have not added theirs since."""
        closed = None if count.closed_until == charged.closed_until else count.closed_until
        return self._changed(count, tries=max(0, count.tries - 1), closed_until=closed)

    def passed(self, count: Count, at: datetime) -> Count:
        """The counter begun anew, of a network that is known from now on."""
        return self._changed(count, tries=0, last_at=at, closed_until=None, known_until=at + KNOWN_FOR)

    def _changed(self, count: Count, **changes: object) -> Count:
        changed = replace(count, **changes)  # type: ignore[arg-type]  # names and types are those of Count
        forgotten = changed.last_at + self.rule.forgotten
        return replace(changed, expires_at=max(forgotten, changed.known_until or forgotten))


def counters(vault: Vault, guarded: Guarded, subject: str, peer: str | None) -> list[Counter]:
    """Where a try at a subject from an address is counted; the subject is an e-mail, a login's id, or empty.

    That of an INVITATION or a CARD is the account, of an INVITED the account and the address.
    """
    network, about = network_of(peer), _one_spelling(subject)
    named = {Scope.HERE: (about, network), Scope.ANYWHERE: (about,), Scope.NETWORK: (network,)}
    return [Counter(scope, rule, _key(vault, guarded, scope, named[scope])) for scope, rule in RULES[guarded].items()]


def wait(chosen: Sequence[Counter], held: Held) -> timedelta:
    """How long until all counters that matter take another try; nothing where they take one now."""
    closed = (count.closed_until for count in _relevant(chosen, held).values())
    return max((until - held.at for until in closed if until is not None), default=timedelta(0))


def charged(chosen: Sequence[Counter], held: Held) -> dict[Counter, Count]:
    """The counters that matter, with the try added."""
    return {counter: counter.charged(count, held.at) for counter, count in _relevant(chosen, held).items()}


@lru_cache(maxsize=NETWORKS_KEPT)
def network_of(peer: str | None) -> str:
    """The network that an address stands for: itself, or for IPv6 the smallest that is given to one customer."""
    if peer is None:
        return "unknown"
    address = ip_address(peer)
    return peer if address.version == 4 else str(ip_network((address, IPV6_NETWORK), strict=False))


def _relevant(chosen: Sequence[Counter], held: Held) -> dict[Counter, Count]:
    """The counters that count this try: from a network that is the login's own, not the one of all networks."""
    counts = dict(zip(chosen, held.counts, strict=True))
    known = any(
        counter.scope is Scope.HERE and count.known_until is not None and count.known_until > held.at
        for counter, count in counts.items()
    )
    return {counter: count for counter, count in counts.items() if not (known and counter.scope is Scope.ANYWHERE)}


def _one_spelling(subject: str) -> str:
    """What the database might take for the same address, and perhaps some more: no spelling is a counter of its own."""
    decomposed = unicodedata.normalize("NFKD", subject)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()


def _key(vault: Vault, guarded: Guarded, scope: Scope, named: tuple[str, ...]) -> bytes:
    text = "\x00".join(named).encode("utf-8", "surrogatepass")
    return vault.digest(text, f"throttle {guarded.value} {scope.value}".encode())
