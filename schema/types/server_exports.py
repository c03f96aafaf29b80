"""The server list as a whole, to download."""

from typing import Annotated, Any

import strawberry

from auth.permissions import Permission
from resolvers.server_links import GOOD_FOR, ExportFormat
from resolvers.servers_export import servers_export_url as link_to
from schema.connections import order_of
from schema.kinds import Info, Story, field
from schema.types.core import UNSET
from schema.types.enums import describe
from schema.types.server_inputs import ServerFilter, ServerOrder

MINUTES = int(GOOD_FOR.total_seconds() // 60)

describe(
    ExportFormat,
    "How the rows of an export are written.",
    {
        "CSV": "Comma-separated values with a heading; what a spreadsheet could take for a formula is defused by an "
        "apostrophe, and lists in a cell are separated by a semicolon.",
        "JSONL": "A JSON object on each line.",
    },
)

Filter = Annotated[
    ServerFilter | None, strawberry.argument(name="filter", description="Which rows are exported; all where left out.")
]
OrderBy = Annotated[ServerOrder | None, strawberry.argument(description="In which order the rows are exported.")]
Format = Annotated[ExportFormat, strawberry.argument(name="format", description="How the rows are written.")]


def _url(
    root: strawberry.Parent[Any],
    info: Info,
    filter_: Filter = UNSET,
    order_by: OrderBy = UNSET,
    format_: Format = ExportFormat.CSV,
) -> Any:
    criteria = (filter_ or ServerFilter()).criteria()
    return link_to(info.context, root["id"], criteria, order_of(order_by), format_)


def servers_export_url(whose: str) -> Any:
    """Declare the link to an account's whole list."""
    return field(
        f"A link that downloads all matching servers of {whose}, whatever the page: host name, IP, registration, last "
        "check-in, state, group, installed products with their license types, activation keys (as your role sees "
        f"them) and versions, and id. It is good for {MINUTES} minutes, for as long as the session or key that asked "
        "for it holds and its role may see servers. Whoever has the link can use it, and each use is in the audit log.",
        Story(()),
        _url,
        Permission.VIEW_SERVERS,
    )
