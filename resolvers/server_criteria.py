"""The filters of a server list: ids and families become facets, states become ranges of the last check-in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from models.columns import SEEN_WITHIN_HOURS
from models.enums import ServerState
from models.queries import tokens
from models.queries.servers import LIMITED_FACET, UNLIMITED_FACET
from resolvers.context import RequestContext
from resolvers.criteria import ALL_DAYS, Conditions, Criteria, Days, searching_keys, term

Range = tuple[datetime, datetime]

ALWAYS = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
"""PostgreSQL's `infinity`, the last check-in of a server that never had one."""
LAST_INSTANT = datetime(9999, 1, 1, tzinfo=UTC)
STEP = timedelta(microseconds=1)

NOTHING: Conditions = {"nothing": {}}
"""Where nothing can match: a search for a blank, say, which stands between a server's names and in none of them."""

FACET_NAMES = ("product_facets", "family_facets", "key_facets", "group_facets")


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
        """Facets, ranges and search; a filter that names nothing we know matches nothing."""
        if " " in term(self.search):
            return NOTHING
        found = searching_keys(context, self.search)
        found |= await self._facets(context, accounts, found)
        if self.limited is not None:
            found["limited_facets"] = {"limited_facets": [LIMITED_FACET if self.limited else UNLIMITED_FACET]}
        if self.states is not None:
            found |= _seen(self.states, context.now)
        if self.last_check_in != ALL_DAYS:
            found["ever_seen"] = {}
        return found

    def days(self) -> dict[str, Days]:
        """The dates of registration and of the last check-in."""
        return {"registered": self.registered, "last_check_in": self.last_check_in}

    async def _facets(self, context: RequestContext, accounts: Sequence[UUID], search: Conditions) -> Conditions:
        asked = (self.product_ids, self.families, self.key_ids, self.group_ids)
        masked = search.get("masked_search")
        if masked is None and all(ids is None for ids in asked):
            return {}
        async with context.db.read() as reader:
            known = await tokens.facets(
                reader,
                accounts,
                product_ids=self.product_ids or (),
                families=self.families or (),
                key_ids=self.key_ids or (),
                group_ids=self.group_ids or (),
                searched_key=None if masked is None else masked.pop("searched_key"),
            )
        if masked is not None:
            masked["searched_key_facets"] = known.get("searched_key_facets", [])
        return {
            name: {name: known.get(name, [])} for name, ids in zip(FACET_NAMES, asked, strict=True) if ids is not None
        }


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


def _seen(states: Sequence[ServerState], now: datetime) -> Conditions:
    """The condition that the last check-in lies in one of the states; neighbouring states make one range."""
    ranges: list[Range] = []
    previous_wanted = False
    for state, (first, last) in _time_line(now):
        wanted = state in states
        if wanted and previous_wanted:
            ranges[-1] = (ranges[-1][0], last)
        elif wanted:
            ranges.append((first, last))
        previous_wanted = wanted
    if not ranges:
        return NOTHING
    values = {f"seen_from_{n}": first for n, (first, _) in enumerate(ranges)}
    values |= {f"seen_until_{n}": last for n, (_, last) in enumerate(ranges)}
    return {f"seen_{len(ranges)}": values}
