"""Changing whom to talk to."""

from uuid import UUID

from resolvers.checks import email, line, phone, web_address
from resolvers.context import RequestContext
from resolvers.forms import Field, Form, Typed, save

FORM = Form(
    "personalInformation",
    {
        ("firstName",): Field("personal_first_name", line(100), needed=True),
        ("lastName",): Field("personal_last_name", line(100), needed=True),
        ("email",): Field("personal_email", email, needed=True),
        ("phone",): Field("personal_phone", phone),
        ("imUpgradeUrl",): Field("im_upgrade_url", web_address("https")),
    },
)
"""Software is fetched from the upgrade URL, so that one must be https."""


async def update_personal_information(context: RequestContext, typed: Typed) -> UUID:
    """Save the account's contact; the account's id."""
    return await save(context, FORM, typed)
