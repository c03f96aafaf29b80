"""`customer`: a reseller's way to one of its customers."""

from uuid import UUID

from models.entities import CUSTOMER
from models.statements import Row
from resolvers.context import RequestContext


async def customer(context: RequestContext, key: UUID) -> Row | None:
    """The customer, None where the caller has none of this key."""
    return await context.loaders.by_id(CUSTOMER, key)
