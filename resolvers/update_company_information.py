"""Changing the company that holds the account, and the time zone that its days are counted in."""

from uuid import UUID

from models.errors import UserFault
from models.tables import Account
from resolvers.checks import fits_country, line, time_zone, vat_number, web_address
from resolvers.context import RequestContext
from resolvers.forms import Field, Form, Typed, Values, postal_address, save

FORM = Form(
    "companyInformation",
    {
        ("name",): Field("company_name", line(200), needed=True),
        **postal_address("company"),
        ("vatNumber",): Field("vat_number", vat_number),
        ("website",): Field("website", web_address("https", "http")),
        ("timeZone",): Field("time_zone", time_zone, needed=True, shown="timeZone"),
    },
)


async def update_company_information(context: RequestContext, typed: Typed) -> UUID:
    """Save the company; the account's id."""
    return await save(context, FORM, typed, _judge_vat_number)


def _judge_vat_number(account: Account, values: Values) -> None:
    """Hold the VAT number against the company's country, where either of them changes."""
    before = (account.company_country, account.vat_number)
    country = values.get("company_country", account.company_country)
    number = values.get("vat_number", account.vat_number)
    if (country, number) == before or country is None or number is None or fits_country(number, country):
        return
    message = "This cannot be a VAT number of the company's country. Change the two together, or clear the number."
    raise UserFault("INVALID", message, ["vatNumber"])
