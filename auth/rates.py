"""How often servers' agents may call: so many times a minute with one key, and from one address.

Counted in this process's memory: of several gateway processes each counts what it hears itself. What is counted by is
what was sent, before anybody asks whether there is such a key: an unknown one is slowed down as a known one is.
"""

import hashlib
import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from auth.throttling import network_of

FEWEST_KEPT = 1024


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """The most calls of agents a minute."""

    per_key: int = 3_000
    per_address: int = 6_000


class AgentRates:
    """Counts the calls of agents."""

    def __init__(self, most: AgentLimits) -> None:
        self._limiter = FixedWindowRateLimiter(Counters())
        self._per_key = RateLimitItemPerMinute(most.per_key, namespace="key")
        self._per_address = RateLimitItemPerMinute(most.per_address, namespace="address")

    def wait(self, address: str | None, key: str | None = None) -> int:
        """Count a call, and tell how many milliseconds there are until one is heard again: 0 where this one is.

        What the address may not do any more is not counted for the key: whoever knows a key cannot use it up alone.
        """
        return self._closed_for(self._per_address, network_of(address)) or (
            0 if key is None else self._closed_for(self._per_key, hashlib.sha256(key.encode()).hexdigest())
        )

    def _closed_for(self, item: RateLimitItemPerMinute, name: str) -> int:
        if self._limiter.hit(item, name):
            return 0
        return max(1, round((self._limiter.get_window_stats(item, name).reset_time - time.time()) * 1000))


class Counters(Storage):
    """The library's counters, in a dictionary that is swept when it has doubled.

    The library's own storage in memory starts a thread for each hundredth of a second in which something is counted,
    which then looks at every counter.
    """

    STORAGE_SCHEME = ["gateway+memory"]  # noqa: RUF012 (as the library declares it)

    def __init__(self) -> None:
        super().__init__()
        self._counted: dict[str, tuple[int, float]] = {}
        self._sweep_at = FEWEST_KEPT

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the library might wrap; nothing here fails."""
        return ValueError  # pragma: no cover (it is asked for where counting fails)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, in a window that begins with the first count of it."""
        now = time.time()
        count, until = self._counted.get(key, (0, 0.0))
        if until <= now:
            count, until = 0, now + expiry
        self._counted[key] = (count + amount, until)
        if len(self._counted) >= self._sweep_at:
            self._sweep(now)
        return count + amount

    def get(self, key: str) -> int:
        """What was counted in the window that is open."""
        count, until = self._counted.get(key, (0, 0.0))
        return count if until > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends."""
        return self._counted.get(key, (0, time.time()))[1]

    def check(self) -> bool:
        """Whether it works: always."""
        return True

    def reset(self) -> int:
        """Forget everything."""
        kept = len(self._counted)
        self._counted.clear()
        return kept

    def clear(self, key: str) -> None:
        """Forget one counter."""
        self._counted.pop(key, None)

    def _sweep(self, now: float) -> None:
        self._counted = {key: counted for key, counted in self._counted.items() if counted[1] > now}
        self._sweep_at = max(FEWEST_KEPT, 2 * len(self._counted))
