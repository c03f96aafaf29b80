"""The audit log, as the master reads it."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.queries import audit
from resolvers.criteria import AuditEventCriteria
from resolvers.node import target_of
from schema import paging
from schema.directives import described, guards
from schema.kinds import Info, Story, column, field, identifier, listed
from schema.scalars import DateTime, IPAddress
from schema.types.core import UNSET, DateRange, Node, days_of, given, typed_row

MANAGE_ACCESS = Permission.MANAGE_ACCESS


@strawberry.type(description="A field that was changed. Secrets appear on neither side.")
class AuditChange:
    """One field before and after."""

    field: str = column("The field, by its path in the API.")
    before: str | None = column("Its value before, as text; null where it had none.")
    after: str | None = column("Its value after, as text; null where it has none now.")


async def target(root: strawberry.Parent[Any], info: Info) -> Any:
    """Find what was acted on, where it is still there and within reach."""
    return typed_row(root["target_type"], await target_of(info.context, root["target_type"], root["target_id"]))


@strawberry.type(
    description=described("Something that was done in the account, by whom and from where.", MANAGE_ACCESS),
    directives=guards(MANAGE_ACCESS),
)
class AuditEvent(Node):
    """A row of the audit log. Rows are added, and never changed or removed."""

    id: strawberry.ID = identifier("AuditEvent")
    at: DateTime = column("When it was done.")
    actor: str = column("Who did it: a login's e-mail as it was then, an API key by its name, or an operator.")
    action: str = column("What was done, as `noun.verb`.")
    target: Node | None = field(
        "What it was done to; null where it was done to nothing in particular, or where that is gone.",
        Story(("target_type", "target_id")),
        target,
    )
    target_label: str | None = column("What it was done to, by the name that it had then.")
    ip: IPAddress | None = column("The address that it was done from; null for what an operator did.")
    changes: list[AuditChange] = listed("The fields that changed, by name.", audit.CHANGES_OF_EVENT, usually=3)


@strawberry.input(description="Which events are listed; all conditions hold together.")
class AuditEventFilter:
    """The filters of the audit log."""

    actor: str | None = strawberry.field(default=UNSET, description="Events of this actor, written as `actor` is.")
    action: str | None = strawberry.field(default=UNSET, description="Events of this action, as in `api_key.created`.")
    at: DateRange | None = strawberry.field(default=UNSET, description="Events on these days.")

    def criteria(self) -> AuditEventCriteria:
        """The filter as the list's criteria."""
        return AuditEventCriteria(given(self.actor), given(self.action), days_of(given(self.at)))


@paging.guarded_type("An event in the audit log.", MANAGE_ACCESS)
class AuditEventEdge:
    """A row of the list."""

    cursor: str = paging.cursor()
    node: AuditEvent = paging.node()


@paging.guarded_type("The audit log in pages, newest first.", MANAGE_ACCESS)
class AuditEventConnection:
    """The list."""

    edges: list[AuditEventEdge] = paging.edges()
    nodes: list[AuditEvent] = paging.nodes()
    page_info: paging.PageInfo = paging.page_info()
    total_count: int = paging.total_count()
