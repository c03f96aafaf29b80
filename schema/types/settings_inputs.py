"""What the settings page's forms take. An absent field stays as it is; null clears what may be empty."""

from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from resolvers.forms import Path
from schema.scalars import URL, EmailAddress
from schema.types.core import UNSET


def _entry(description: str) -> Any:
    return strawberry.field(default=UNSET, description=description)


@strawberry.input(description="A postal address. Null clears a part of it.")
class PostalAddressInput:
    """The parts of an address."""

    street: str | None = _entry("Street and number, at most 200 characters.")
    city: str | None = _entry("City, at most 100 characters.")
    region: str | None = _entry("State, province or region, at most 100 characters.")
    postal_code: str | None = _entry("Postal code, at most 20 characters.")
    country: str | None = _entry("Country, as an ISO 3166-1 alpha-2 code.")


NO_ADDRESS = PostalAddressInput(street=None, city=None, region=None, postal_code=None, country=None)


@strawberry.input(description="Whom to talk to. What is left out stays as it is.")
class UpdatePersonalInformationInput:
    """The account's contact."""

    first_name: str | None = _entry("First name, at most 100 characters. It may not be empty.")
    last_name: str | None = _entry("Last name, at most 100 characters. It may not be empty.")
    email: EmailAddress | None = _entry("Contact address. It may not be empty, never signs in and gets no reset links.")
    phone: str | None = _entry("Telephone number; null clears it.")
    im_upgrade_url: URL | None = _entry("The https URL for upgrading Imunify products; null for the default one.")


@strawberry.input(description="The company that holds the account. What is left out stays as it is.")
class UpdateCompanyInformationInput:
    """What invoices are made out to."""

    name: str | None = _entry("The company's name, at most 200 characters. It may not be empty.")
    address: PostalAddressInput | None = _entry("The parts of its address that change; null clears all of it.")
    vat_number: str | None = _entry("Its VAT number, held against the address's country; null clears it.")
    website: URL | None = _entry("Its website; null clears it.")
    time_zone: str | None = _entry("The account's time zone, as an IANA name. It may not be empty.")


@strawberry.input(description="Whom to talk to about invoices and payments. What is left out stays as it is.")
class UpdateBillingContactInput:
    """The billing contact."""

    first_name: str | None = _entry("First name, at most 100 characters. It may not be empty.")
    last_name: str | None = _entry("Last name, at most 100 characters. It may not be empty.")
    email: EmailAddress | None = _entry("Contact address. It may not be empty.")
    phone: str | None = _entry("Telephone number; null clears it.")
    address: PostalAddressInput | None = _entry("The parts of its address that change; null clears all of it.")


def typed(form: Any, above: Path = ()) -> dict[Path, str | None]:
    """What was typed into a form, by each field's path in the input."""
    found: dict[Path, str | None] = {}
    for field in form.__strawberry_definition__.fields:
        value, path = getattr(form, field.python_name), (*above, to_camel_case(field.python_name))
        if value is UNSET:
            continue
        if field.python_name == "address":
            found |= typed(value or NO_ADDRESS, path)
        else:
            found[path] = value
    return found
