"""Changing where invoices and payment failures are mailed."""

from uuid import UUID

from resolvers.checks import email
from resolvers.context import RequestContext
from resolvers.forms import Field, Form, save

FORM = Form("billing", {("email",): Field("billing_email", email, needed=True)})


async def update_billing_email(context: RequestContext, address: str) -> UUID:
    """Save the billing e-mail; the account's id."""
    return await save(context, FORM, {("email",): address})
