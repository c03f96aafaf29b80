"""Changing whom to talk to about invoices and payments."""

from uuid import UUID

from resolvers.checks import email, line, phone
from resolvers.context import RequestContext
from resolvers.forms import Field, Form, Typed, postal_address, save

FORM = Form(
    "billingContact",
    {
        ("firstName",): Field("billing_first_name", line(100), needed=True),
        ("lastName",): Field("billing_last_name", line(100), needed=True),
        ("email",): Field("billing_contact_email", email, needed=True),
        ("phone",): Field("billing_phone", phone),
        **postal_address("billing"),
    },
)


async def update_billing_contact(context: RequestContext, typed: Typed) -> UUID:
    """Save the billing contact; the account's id."""
    return await save(context, FORM, typed)
