"""Asking Sales for what the portal does not sell by itself: kept, and mailed to the sales address."""

from uuid import UUID

from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import SALES_REQUEST
from models.enums import SalesTopic
from models.errors import UserFault
from models.queries import audit, sales, tenants
from models.queries.sales import MOST_OPEN
from models.queries.tenants import Tenant
from models.tables import SalesRequest
from resolvers.acting import acting, origin
from resolvers.checks import prose
from resolvers.context import RequestContext
from resolvers.faults import Faults
from resolvers.forms import Field
from resolvers.mails import MailTemplate, queue_mail

MOST_OF_A_MESSAGE = 4_000
MESSAGE = Field("message", prose(MOST_OF_A_MESSAGE), needed=True)

TOPICS = {
    SalesTopic.LICENSE_QUANTITY: "license quantity",
    SalesTopic.PRODUCT_QUOTA: "product quota",
    SalesTopic.BILLING_CYCLE: "billing cycle",
    SalesTopic.OTHER: "something else",
}
"""How the letter names a topic."""


async def contact_sales(context: RequestContext, topic: SalesTopic, product_id: UUID | None, message: str) -> UUID:
    """Send a request for the caller's account; its id."""
    faults = Faults()
    typed = faults.read(MESSAGE.read, message, "message") or ""
    async with context.db.write() as session:
        tenant = await tenants.hold_own(session, acting(context).account_id)
        product = None if product_id is None else await sales.product_name(session, product_id)
        if product_id is not None and product is None:
            faults.add("NOT_FOUND", "There is no such product.", "productId")
        faults.stop()
        if await sales.count_open(session, tenant.id) >= MOST_OPEN:
            raise UserFault("LIMIT_REACHED", f"There are {MOST_OPEN} open requests already: wait for an answer.")
        request = SalesRequest(
            account_id=tenant.id,
            topic=topic,
            product_id=product_id,
            message=typed,
            created_at=context.now,
            created_by=acting(context).login_id,
        )
        request_id = await sales.add(session, request)
        await _mail(context, session, tenant, request, product)
        changes = [Change("topic", None, topic), Change("product", None, product)]
        target = Target(SALES_REQUEST, request_id, TOPICS[topic])
        await audit.record(session, origin(context), Action.SALES_REQUEST_CREATED, target, changes)
    return request_id


async def _mail(
    context: RequestContext, session: Transaction, tenant: Tenant, request: SalesRequest, product: str | None
) -> None:
    """Send the request on, if the settings say where to."""
    if context.sales_email is None:
        return
    values = {
        "account": tenant.number,
        "company": tenant.company,
        "sender": acting(context).email or "a program of theirs",
        "topic": TOPICS[request.topic],
        "product": product or "no product in particular",
        "message": request.message,
    }
    await queue_mail(session, context.authority, MailTemplate.SALES_REQUEST, context.sales_email, values)
