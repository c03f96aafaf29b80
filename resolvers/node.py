"""`node` and `nodes`: whatever can be found again by its id."""

from uuid import UUID

from models import entities
from models.statements import Row
from resolvers.context import RequestContext
from resolvers.viewer import viewer

ENTITIES = {
    entity.name: entity
    for entity in (
        entities.ACCOUNT,
        entities.CUSTOMER,
        entities.SESSION,
        entities.PRODUCT,
        entities.LICENSE_TYPE,
        entities.PRODUCT_SUBSCRIPTION,
        entities.LICENSE,
        entities.ACTIVATION_KEY,
        entities.SERVER,
        entities.INSTALLED_PRODUCT,
        entities.SERVER_GROUP,
        entities.PAYMENT_METHOD,
        entities.PAYMENT,
        entities.INVOICE,
        entities.SUBLOGIN,
        entities.API_KEY,
        entities.REPORT_CONFIG,
        entities.SALES_REQUEST,
        entities.AUDIT_EVENT,
    )
}


async def node(context: RequestContext, type_name: str, key: UUID) -> Row | None:
    """The row of a type and key, None where the caller reaches none."""
    if type_name == "Viewer":
        caller = viewer(context)
        return caller if caller is not None and caller["id"] == key else None
    return await context.loaders.by_id(ENTITIES[type_name], key)


async def target_of(context: RequestContext, type_name: str | None, key: UUID | None) -> Row | None:
    """The row that something recorded was about, None where it was about none or that is no longer in reach."""
    if key is None or type_name not in ENTITIES:
        return None
    return await node(context, type_name, key)
