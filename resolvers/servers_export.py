"""`serversExportUrl`: the whole server list, behind a link.

Who asked for the link is known to it only as a credential. Whether that still holds, and what its login may do, is
looked up when the link is used; the download then stands in the audit log before its first row is read.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from auth.permissions import Permission
from models.audit import Action, Change, Target
from models.entities import ACCOUNT, CUSTOMER
from models.errors import Forbidden, UserFault
from models.queries.exports import ACCOUNT as ACCOUNT_ID
from models.queries.exports import export_statement
from models.queries.pages import Asked, Order
from models.queries.parents import Parent
from models.queries.servers import SERVERS_OF_ACCOUNT
from models.queries.tenants import Tenant
from models.streams import Batches
from resolvers.acting import acting
from resolvers.context import RequestContext
from resolvers.sealed_links import asker_of
from resolvers.server_criteria import ServerCriteria
from resolvers.server_links import GOOD_FOR, ExportFormat, ServerLink
from resolvers.tenants import tell, tenant_named

PATH = "/exports/servers"


@dataclass(frozen=True, slots=True)
class Export:
    """A download that may begin: whose list it is, and its rows in batches."""

    account_number: str
    format: ExportFormat
    rows: AbstractAsyncContextManager[Batches]


def servers_export_url(
    context: RequestContext, account_id: UUID, criteria: ServerCriteria, order: Order | None, format_: ExportFormat
) -> str:
    """A link to an account's list under these criteria, for the caller's credential alone."""
    link = ServerLink(
        account_id=account_id,
        criteria=criteria,
        order=order or SERVERS_OF_ACCOUNT.default,
        format=format_,
        asker=asker_of(context, GOOD_FOR),
    )
    return f"{context.site}{PATH}?token={link.sealed(context.sealer)}"


async def begin_export(context: RequestContext, link: ServerLink) -> Export:
    """Note the download in the log, and get its rows ready; Forbidden where the caller may not see them any more."""
    if not acting(context).may(Permission.VIEW_SERVERS):
        raise Forbidden("The servers of this account are not yours to see.")
    tenant = await _noted(context, link)
    [([parent], filters)] = await link.criteria.filters(context, [Parent(link.account_id, link.account_id)])
    async with context.db.read() as reader:
        asked = Asked(reader, [parent], filters, context.values, link.order)
        route = await SERVERS_OF_ACCOUNT.routed(asked)
    statement = export_statement(route.pages, route.filters.names, link.order, whole_keys=context.sees_whole_keys)
    values = {**context.values, **route.filters.values, ACCOUNT_ID: parent.id}
    return Export(tenant.number, link.format, context.db.streams.rows(statement, values))


async def _noted(context: RequestContext, link: ServerLink) -> Tenant:
    """The account whose list it is, with the download in its log and the caller's."""
    me = acting(context).account_id
    customer_id = None if link.account_id == me else link.account_id
    async with context.db.write() as session:
        try:
            tenant = await tenant_named(context, session, customer_id)
        except UserFault as fault:
            raise Forbidden(fault.message) from None
        target = Target(ACCOUNT if customer_id is None else CUSTOMER, tenant.id, tenant.number)
        await tell(context, session, tenant, Action.SERVER_LIST_EXPORTED, target, [Change("format", None, link.format)])
    return tenant
