"""Links to a whole server list: all that a download needs to know, sealed, and good for a few minutes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from auth.actors import CredentialKind
from models.enums import ServerState
from models.errors import BadInput
from models.queries.pages import Order
from resolvers.context import Sealer
from resolvers.criteria import Days
from resolvers.server_criteria import ServerCriteria

PURPOSE = "server list export"
GOOD_FOR = timedelta(minutes=10)
LONGEST_TOKEN = 7_000
"""What stands before a web server refuses addresses of more than eight thousand characters or so."""


class ExportFormat(Enum):
    """How the rows are written."""

    CSV = "CSV"
    JSONL = "JSONL"


@dataclass(frozen=True, slots=True)
class ServerLink:
    """Whose list under which filter and order, how it is written, who asked for it by which credential, until when."""

    account_id: UUID
    criteria: ServerCriteria
    order: Order
    format: ExportFormat
    credential: CredentialKind
    credential_id: UUID
    expires_at: datetime

    def sealed(self, sealer: Sealer) -> str:
        """The link's token; BadInput where the filter does not fit into an address."""
        told = {
            "account": self.account_id.hex,
            "filter": _packed(self.criteria),
            "order": [self.order.name, self.order.descending],
            "format": self.format.name,
            "credential": [self.credential.name, self.credential_id.hex],
            "until": int(self.expires_at.timestamp()),
        }
        token = sealer.seal(PURPOSE, json.dumps(told, separators=(",", ":"), ensure_ascii=False))
        if len(token) > LONGEST_TOKEN:
            raise BadInput("`filter` names more than fits into a link: name fewer ids at once.", "filter")
        return token


def opened(sealer: Sealer, token: str) -> ServerLink | None:
    """The link of a token; None where we have sealed none such."""
    text = sealer.open(PURPOSE, token)
    if text is None:
        return None
    told = json.loads(text)
    order, descending = told["order"]
    kind, credential_id = told["credential"]
    return ServerLink(
        account_id=UUID(hex=told["account"]),
        criteria=_unpacked(told["filter"]),
        order=Order(order, descending),
        format=ExportFormat[told["format"]],
        credential=CredentialKind[kind],
        credential_id=UUID(hex=credential_id),
        expires_at=datetime.fromtimestamp(told["until"], UTC),
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
