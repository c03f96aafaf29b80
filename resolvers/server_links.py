"""Links to a whole server list: all that a download needs to know, sealed, and good for a few minutes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from models.enums import ServerState
from models.errors import BadInput
from models.queries.pages import Order
from resolvers import sealed_links
from resolvers.context import Sealer
from resolvers.criteria import Days
from resolvers.sealed_links import LONGEST_TOKEN, Asker
from resolvers.server_criteria import ServerCriteria

PURPOSE = "server list export"
GOOD_FOR = timedelta(minutes=10)


class ExportFormat(Enum):
    """How the rows are written."""

    CSV = "CSV"
    JSONL = "JSONL"


@dataclass(frozen=True, slots=True)
class ServerLink:
    """Whose list under which filter and order, how it is written, and who asked for it."""

    account_id: UUID
    criteria: ServerCriteria
    order: Order
    format: ExportFormat
    asker: Asker

    def sealed(self, sealer: Sealer) -> str:
        """The link's token; BadInput where the filter does not fit into an address."""
        told = {
            "account": self.account_id.hex,
            "filter": _packed(self.criteria),
            "order": [self.order.name, self.order.descending],
            "format": self.format.name,
        }
        token = sealed_links.sealed(sealer, PURPOSE, self.asker, told)
        if len(token) > LONGEST_TOKEN:
            raise BadInput("`filter` names more than fits into a link: name fewer ids at once.", "filter")
        return token


def opened(sealer: Sealer, token: str) -> ServerLink | None:
    """The link of a token; None where we have sealed none such."""
    found = sealed_links.opened(sealer, PURPOSE, token)
    if found is None:
        return None
    asker, told = found
    order, descending = told["order"]
    return ServerLink(
        account_id=UUID(hex=told["account"]),
        criteria=_unpacked(told["filter"]),
        order=Order(order, descending),
        format=ExportFormat[told["format"]],
        asker=asker,
    )


_IDS = ("product_ids", "key_ids", "group_ids")
_DAYS = ("registered", "last_check_in")


def _packed(criteria: ServerCriteria) -> dict[str, Any]:
    """The criteria as JSON, without what was left out."""
    found: dict[str, Any] = {"families": criteria.families, "limited": criteria.limited, "search": criteria.search}
    found |= {name: _hexes(getattr(criteria, name)) for name in _IDS}
    found |= {name: _ends(getattr(criteria, name)) for name in _DAYS}
    found["states"] = None if criteria.states is None else [state.name for state in criteria.states]
    return {name: value for name, value in found.items() if value is not None}


def _hexes(ids: tuple[UUID, ...] | None) -> list[str] | None:
    return None if ids is None else [id_.hex for id_ in ids]


def _ends(days: Days) -> list[str | None] | None:
    ends = [None if day is None else day.isoformat() for day in (days.first, days.last)]
    return ends if any(ends) else None


def _unpacked(told: Mapping[str, Any]) -> ServerCriteria:
    """The criteria that were packed."""
    found = {name: told[name] for name in ("limited", "search") if name in told}
    found |= {name: tuple(UUID(hex=id_) for id_ in told[name]) for name in _IDS if name in told}
    found |= {name: Days(*(end and date.fromisoformat(end) for end in told[name])) for name in _DAYS if name in told}
    if "families" in told:
        found["families"] = tuple(told["families"])
    if "states" in told:
        found["states"] = tuple(ServerState[name] for name in told["states"])
    return ServerCriteria(**found)
