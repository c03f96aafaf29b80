"""The filters of a server list: ids and families become facets, states become ranges of the last check-in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from models.columns import SEEN_WITHIN_HOURS
from models.enums import ServerState
from models.queries import tokens, words
from models.queries.server_filters import LIMITED_FACET, UNLIMITED_FACET
from models.queries.tokens import FAMILIES, GROUPS, KEYS, PRODUCTS, SEARCHED, Known, Wanted
from resolvers.context import RequestContext
from resolvers.criteria import ALL_DAYS, Conditions, Criteria, Days, searching, term

Range = tuple[datetime, datetime]

ALWAYS = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
"""PostgreSQL's `infinity`, the last check-in of a server that never had one."""
LAST_INSTANT = datetime(9999, 1, 1, tzinfo=UTC)
STEP = timedelta(microseconds=1)

MANY_KEYS = 100
"""What so many keys have in them, many servers are found by: to look for few would cost a look-up for each key."""

NOTHING: Conditions = {"nothing": {}}
"""Where nothing can match: a search for a blank, say, which stands between a server's names and in none of them."""


@dataclass(frozen=True)
class ServerCriteria(Criteria):
    """The filters of a server list, as the caller said them."""

    product_ids: tuple[UUID, ...] | None = None
    families: tuple[str, ...] | None = None
    key_ids: tuple[UUID, ...] | None = None
    group_ids: tuple[UUID, ...] | None = None
    states: tuple[ServerState, ...] | None = None
    registered: Days = ALL_DAYS
    last_check_in: Days = ALL_DAYS
    limited: bool | None = None
    search: str | None = None

    async def conditions(self, context: RequestContext, accounts: Sequence[UUID]) -> Conditions:
        """Facets and search; a filter that names nothing we know matches nothing."""
        if " " in term(self.search):
            return NOTHING
        found = await self._named(context, accounts)
        if self.states is not None and self.last_check_in == ALL_DAYS:
            found |= _seen(_ranges(self.states, context.now))
        return found

    def days(self) -> dict[str, Days]:
        """The dates of registration and of the last check-in."""
        return {"registered": self.registered, "last_check_in": self.last_check_in}

    def in_zone(self, context: RequestContext, zone: ZoneInfo) -> Conditions:
        """The dates of registration, and the last check-ins that both states and dates leave."""
        found = self.registered.bounds("registered", zone)
        if self.last_check_in != ALL_DAYS:
            first, last = self.last_check_in.instants(zone)
            ever = [(first or ALWAYS, LAST_INSTANT if last is None else last - STEP)]
            states = ever if self.states is None else _ranges(self.states, context.now)
            found |= _seen([(max(a, c), min(b, d)) for a, b in states for c, d in ever if max(a, c) <= min(b, d)])
        return found

    async def _named(self, context: RequestContext, accounts: Sequence[UUID]) -> Conditions:
        asked = {PRODUCTS: self.product_ids, FAMILIES: self.families, KEYS: self.key_ids, GROUPS: self.group_ids}
        names = {name for name, named in asked.items() if named is not None}
        limit = LIMITED_FACET if self.limited else UNLIMITED_FACET
        limited = {} if self.limited is None else {"limited_facets": [limit]}
        if not names and not term(self.search):
            return {name: {name: facets} for name, facets in limited.items()}
        async with context.db.read() as reader:
            known = await tokens.facets(reader, accounts, self._wanted(context))
        facets = {name: known.facets(name) for name in names}
        found: Conditions = {name: {name: values} for name, values in _telling(facets | limited, known).items()}
        if GROUPS in found:
            found[GROUPS]["group_sorts"] = known.group_sorts()
        return found | self._searching(known.facets(SEARCHED))

    def _wanted(self, context: RequestContext) -> Wanted:
        found = searching(self.search)
        return Wanted(
            product_ids=self.product_ids or (),
            families=self.families or (),
            key_ids=self.key_ids or (),
            group_ids=self.group_ids or (),
            key=None if context.sees_whole_keys else term(self.search) or None,
            key_pattern=found["search"]["search"] if found and context.sees_whole_keys else None,
        )

    def _searching(self, keys: list[int]) -> Conditions:
        """Host name and address, or one of the keys that the search finds. None but addresses have colons."""
        found = searching(self.search)
        if not found:
            return {}
        ((name, values),) = words.searched(term(self.search), found["search"]["search"]).items()
        if ":" in term(self.search):
            return {name: values, "ipv6": {}}
        if len(keys) > MANY_KEYS:
            return {"search_with_many_keys": {**values, SEARCHED: keys}}
        if keys:
            return {f"{name}_with_keys": {**values, SEARCHED: keys}}
        return {name: values, **words.beginning(term(self.search))}


def _telling(facets: dict[str, list[int]], known: Known) -> dict[str, list[int]]:
    """The facets without those conditions that others imply: the planner would count on both.

    Servers with one of the keys have one of the keys' products, and limits as the keys have them.
    """
    implied: set[str] = set()
    if KEYS in facets:
        limits = {LIMITED_FACET if limited else UNLIMITED_FACET for limited in known.limits_of_keys()}
        implied |= {"limited_facets"} if limits.issubset(facets.get("limited_facets", ())) else set()
        implied |= {name for name in (PRODUCTS, FAMILIES) if known.products_of_keys().issubset(facets.get(name, ()))}
    if PRODUCTS in facets and set(facets[PRODUCTS]).issubset(facets.get(FAMILIES, ())):
        implied.add(FAMILIES)
    return {name: values for name, values in facets.items() if name not in implied}


def _time_line(now: datetime) -> list[tuple[ServerState, Range]]:
    """The states from the longest silence on, each with the check-ins it spans, both ends included."""
    bounds = {state: now - timedelta(hours=hours) for state, hours in SEEN_WITHIN_HOURS.items()}
    active, silent, stale = (bounds[state] for state in (ServerState.ACTIVE, ServerState.SILENT, ServerState.STALE))
    return [
        (ServerState.REMOVABLE, (ALWAYS, stale - STEP)),
        (ServerState.STALE, (stale, silent - STEP)),
        (ServerState.SILENT, (silent, active - STEP)),
        (ServerState.ACTIVE, (active, LAST_INSTANT)),
        (ServerState.NEVER_SEEN, (NEVER, NEVER)),
    ]


def _ranges(states: Sequence[ServerState], now: datetime) -> list[Range]:
    """The last check-ins of these states; neighbouring states make one range."""
    ranges: list[Range] = []
    previous_wanted = False
    for state, (first, last) in _time_line(now):
        wanted = state in states
        if wanted and previous_wanted:
            ranges[-1] = (ranges[-1][0], last)
        elif wanted:
            ranges.append((first, last))
        previous_wanted = wanted
    return ranges


def _seen(ranges: Sequence[Range]) -> Conditions:
    """The condition that the last check-in lies in one of the ranges."""
    if not ranges:
        return NOTHING
    values = {f"seen_from_{n}": first for n, (first, _) in enumerate(ranges)}
    values |= {f"seen_until_{n}": last for n, (_, last) in enumerate(ranges)}
    return {f"seen_{len(ranges)}": values}
