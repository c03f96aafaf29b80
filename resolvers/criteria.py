"""What a list is filtered by, as the caller said it, and how that becomes conditions of a statement.

Criteria are hashable: parents of one level that ask the same share a statement. A date is a day in the time zone of the
account that a parent belongs to, so parents in several zones are asked in one statement for each zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.queries.pages import Filters
from models.queries.parents import Parent
from models.queries.zones import time_zones
from resolvers.context import RequestContext

Split = list[tuple[list[Parent], Filters]]
Conditions = dict[str, dict[str, Any]]
"""Conditions by name, each with the values it binds."""


@dataclass(frozen=True)
class Days:
    """A range of days, both ends included; an end that is None is open."""

    first: date | None = None
    last: date | None = None

    def instants(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """When the first day begins, and when the last one ends."""
        first = None if self.first is None else _midnight(self.first, zone)
        return first, None if self.last is None else _day_after(self.last, zone)

    def bounds(self, name: str, zone: ZoneInfo) -> Conditions:
        """The conditions `<name>_from` and `<name>_until` for the ends that are set."""
        ends = zip((f"{name}_from", f"{name}_until"), self.instants(zone), strict=True)
        return {end: {end: instant} for end, instant in ends if instant is not None}


ALL_DAYS = Days()
"""No bound on either end."""


def days_between(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the first day begins in a time zone, and when the last one ends."""
    return _midnight(first, zone), _day_after(last, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time.min, UTC)


def _day_after(day: date, zone: ZoneInfo) -> datetime:
    return _midnight(day if day == date.max else day + timedelta(days=1), zone)


@dataclass(frozen=True)
class Criteria:
    """No filter at all, and the base of all others."""

    async def conditions(self, _context: RequestContext, _accounts: Sequence[UUID]) -> Conditions:
        """The conditions that do not depend on a time zone. Those given as None were left out by the caller."""
        return {}

    def days(self) -> dict[str, Days]:
        """The ranges of days among the criteria, by the name of their conditions."""
        return {}

    def in_zone(self, _context: RequestContext, zone: ZoneInfo) -> Conditions:
        """The conditions that the ranges of days come to in a time zone."""
        found: Conditions = {}
        for name, days in self.days().items():
            found |= days.bounds(name, zone)
        return found

    async def filters(self, context: RequestContext, parents: Sequence[Parent]) -> Split:
        """The parents with their conditions: together, or one group for each time zone where days matter."""
        accounts = sorted({parent.account_id for parent in parents if parent.account_id is not None})
        shared = await self.conditions(context, accounts)
        if all(days == ALL_DAYS for days in self.days().values()):
            return [(list(parents), _bind(shared))]
        async with context.db.read() as reader:
            zones = await time_zones(reader, accounts)
        groups: dict[str, list[Parent]] = {}
        for parent in parents:
            zone = "UTC" if parent.account_id is None else zones.get(parent.account_id, "UTC")
            groups.setdefault(zone, []).append(parent)
        return [(group, _bind(shared | self.in_zone(context, ZoneInfo(zone)))) for zone, group in groups.items()]


def _bind(conditions: Conditions) -> Filters:
    values: dict[str, Any] = {}
    for bound in conditions.values():
        values |= bound
    return Filters(tuple(sorted(conditions)), values)


def given(criteria: Criteria, *names: str) -> Conditions:
    """Those criteria that were given, each a condition that binds a value of its own name."""
    found = {name: getattr(criteria, name) for name in names}
    return {name: {name: value} for name, value in found.items() if value is not None}


def term(search: str | None) -> str:
    """What is looked for: without the blanks around it, and nothing where there is nothing else."""
    return "" if search is None else search.strip()


def searching(search: str | None) -> Conditions:
    """The condition that text is found anywhere, in any case, with nothing in it taken as a wildcard."""
    wanted = term(search)
    escaped = wanted.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return {"search": {"search": f"%{escaped}%"}} if wanted else {}


def searching_keys(context: RequestContext, search: str | None) -> Conditions:
    """The search condition over keys too: parts of them for those who may use keys, else whole keys alone."""
    found = searching(search)
    if not found or context.sees_whole_keys:
        return found
    return {"masked_search": {**found["search"], "searched_key": term(search)}}


@dataclass(frozen=True)
class ActivationKeyCriteria(Criteria):
    """The filters of a list of activation keys."""

    product_ids: tuple[UUID, ...] | None = None
    families: tuple[str, ...] | None = None
    license_type_ids: tuple[UUID, ...] | None = None
    limited: bool | None = None
    search: str | None = None

    async def conditions(self, context: RequestContext, _accounts: Sequence[UUID]) -> Conditions:
        """Ids compare as ids, search over key and note."""
        found = given(self, "product_ids", "families", "license_type_ids")
        found |= searching_keys(context, self.search)
        if self.limited is not None:
            found["limited" if self.limited else "unlimited"] = {}
        return found


@dataclass(frozen=True)
class InvoiceCriteria(Criteria):
    """The filters of a list of invoices."""

    types: tuple[str, ...] | None = None
    created: Days = ALL_DAYS
    search: str | None = None

    async def conditions(self, _context: RequestContext, _accounts: Sequence[UUID]) -> Conditions:
        """The types, and search over invoice numbers."""
        return given(self, "types") | searching(self.search)

    def days(self) -> dict[str, Days]:
        """When an invoice was created."""
        return {"created": self.created}


@dataclass(frozen=True)
class CustomerCriteria(Criteria):
    """The search over a reseller's customers."""

    search: str | None = None

    async def conditions(self, _context: RequestContext, _accounts: Sequence[UUID]) -> Conditions:
        """Company name and account number."""
        return searching(self.search)


@dataclass(frozen=True)
class AuditEventCriteria(Criteria):
    """The filters of the audit log."""

    actor: str | None = None
    action: str | None = None
    at: Days = ALL_DAYS

    async def conditions(self, _context: RequestContext, _accounts: Sequence[UUID]) -> Conditions:
        """Who and what, each compared as a whole."""
        return given(self, "actor", "action")

    def days(self) -> dict[str, Days]:
        """When it happened."""
        return {"at": self.at}
