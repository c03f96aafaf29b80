"""Which account an input is for.

A reseller's inputs may be for a customer: one that `customerId` names, or the one whose thing is changed. All other ids
of the input must then be that account's; the queries that look for them are given its id, and find no other's.
"""

from collections.abc import Sequence
from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.errors import UserFault
from models.queries import audit, tenants
from models.queries.audit import Deed
from models.queries.tenants import Owned, Tenant
from resolvers.acting import acting, origin
from resolvers.context import RequestContext


async def tenant_named(context: RequestContext, session: Transaction, customer_id: UUID | None) -> Tenant:
    """The customer that an input names, or the caller's own account where it names none."""
    me = acting(context).account_id
    if customer_id is None:
        return await tenants.hold_own(session, me)
    tenant = await tenants.hold_customer(session, me, customer_id)
    if tenant is None:
        raise UserFault("NOT_FOUND", "You have no such customer.", ["customerId"])
    return tenant


async def tenant_of(
    context: RequestContext, session: Transaction, table: Owned, key: UUID, missing: UserFault
) -> Tenant:
    """The account of the thing that an input changes; `missing` is raised where the caller reaches none such."""
    found = await tenants.hold_owners(session, acting(context).account_id, table, [key])
    if not found:
        raise missing
    return found[0]


async def tenants_of(
    context: RequestContext, session: Transaction, table: Owned, keys: Sequence[UUID]
) -> dict[UUID, Tenant]:
    """The accounts, by their ids, of the things that a bulk removal names: of those that the caller reaches."""
    found = await tenants.hold_owners(session, acting(context).account_id, table, keys)
    return {tenant.id: tenant for tenant in found}


async def tell(
    context: RequestContext,
    session: Transaction,
    tenant: Tenant,
    action: Action,
    target: Target,
    changes: Sequence[Change] = (),
) -> None:
    """Note one deed in the caller's log, and in a customer's where it is one's."""
    await audit.record_all(session, origin(context), [Deed(tenant.id, action, target, changes)])
