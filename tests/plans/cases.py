"""Pages to ask for: each filter and order alone, and combinations that a seed draws."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from models.enums import ServerState
from models.queries import servers
from models.queries.pages import Order, Pages
from models.roles import RoleName
from resolvers.criteria import Criteria, Days
from resolvers.server_criteria import ServerCriteria
from tests.plans.crowd import Crowd

ORDERS = ("HOSTNAME", "IP", "REGISTERED_AT", "LAST_CHECK_IN", "GROUP")
PLACES = (None, None, 0.5, 0.95)


@dataclass(frozen=True)
class Case:
    """One page of a list, of servers where nothing else is said."""

    query: Pages
    parent: UUID
    order: Order
    filters: dict[str, Any] = field(default_factory=dict)
    place: float | None = None
    backwards: bool = False
    size: int = 20
    role: RoleName = RoleName.MASTER
    criteria: type[Criteria] = ServerCriteria

    def __str__(self) -> str:
        """Tell it in a line."""
        filters = ", ".join(f"{name}={value}" for name, value in self.filters.items())
        way = "last" if self.backwards else "first"
        return f"{self.query.name} by {self.order} {way} {self.size} at {self.place} where {filters or 'anything'}"


def lists(crowd: Crowd) -> list[tuple[Pages, list[UUID]]]:
    """The lists, each with parents of different sizes."""
    return [
        (servers.SERVERS_OF_ACCOUNT, [crowd.id]),
        (servers.SERVERS_OF_GROUP, [crowd.groups[0], crowd.groups[-1]]),
        (servers.SERVERS_OF_KEY, [crowd.keys[0], crowd.keys[12], crowd.keys[40]]),
        (servers.SERVERS_OF_SUBSCRIPTION, [crowd.subscriptions[0], crowd.subscriptions[-1]]),
    ]


class Draw:
    """Filters as a seed draws them."""

    def __init__(self, crowd: Crowd, seed: str) -> None:
        self.random = Random(seed)  # noqa: S311 (drawn again alike, from the same seed)
        self._crowd = crowd

    def _some(self, choices: Any, most: int = 2) -> tuple[Any, ...]:
        return tuple(sorted(self.random.sample(list(choices), min(len(choices), self.random.randint(1, most)))))

    def _days(self) -> Days:
        first = datetime.now(UTC).date() - timedelta(days=self.random.randint(0, 380))
        last = first + timedelta(days=self.random.choice((0, 1, 7, 30, 120)))
        return self.random.choice((Days(first, last), Days(first, None), Days(None, first)))

    def _text(self) -> str:
        host, address = self.random.choice(self._crowd.hosts)
        key = self.random.choice(self._crowd.key_texts)
        parts = (host, host.split(".")[0], host.split(".")[1], host[4:9], address, address[:7], key, key[5:10])
        short = ("7f", "q", "#", ".1", "1.", "z9")
        return self.random.choice((*parts, *short, "no such host", "absent-host", "demo.example.com", "00.0", "00.0.1"))

    def filter(self, name: str) -> Any:
        """A value for the filter of this name."""
        crowd, random = self._crowd, self.random
        states = tuple(state for state in ServerState if random.random() < 0.4)
        values = {
            "product_ids": lambda: self._some(crowd.products),
            "families": lambda: self._some(crowd.families),
            "key_ids": lambda: self._some(crowd.keys[:60], 3),
            "group_ids": lambda: self._some(crowd.groups),
            "states": lambda: states or (ServerState.STALE,),
            "registered": self._days,
            "last_check_in": self._days,
            "limited": lambda: random.random() < 0.5,
            "search": self._text,
        }
        return values[name]()


FILTERS = (
    "product_ids",
    "families",
    "key_ids",
    "group_ids",
    "states",
    "registered",
    "last_check_in",
    "limited",
    "search",
)


def each_alone(crowd: Crowd, seed: str) -> Iterator[Case]:
    """Every list in every order: without filters at three places, and with each filter alone."""
    draw = Draw(crowd, seed)
    for query, parents in lists(crowd):
        for name in ORDERS:
            for descending in (False, True):
                order = Order(name, descending)
                for place in (None, 0.5, 0.95):
                    yield Case(query, parents[0], order, place=place, backwards=descending)
            yield from (Case(query, parents[0], Order(name), {f: draw.filter(f)}, None) for f in FILTERS)


def drawn(crowd: Crowd, seed: str, how_many: int) -> Iterator[Case]:
    """Combinations of lists, orders, filters, places and sizes."""
    draw = Draw(crowd, seed)
    random = draw.random
    for _ in range(how_many):
        query, parents = random.choice(lists(crowd))
        names = random.sample(FILTERS, random.choice((1, 2, 2, 3, 3, 4, 5)))
        yield Case(
            query,
            random.choice(parents),
            Order(random.choice(ORDERS), random.random() < 0.5),
            {name: draw.filter(name) for name in sorted(names)},
            random.choice(PLACES),
            random.random() < 0.3,
            random.choice((20, 20, 20, 100)),
            random.choice((RoleName.MASTER, RoleName.READ_ONLY_SERVER_MANAGEMENT)),
        )
