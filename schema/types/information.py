"""The settings page's three blocks of information."""

import strawberry

from schema.kinds import column, embedded
from schema.scalars import URL, EmailAddress


@strawberry.type(description="A postal address.")
class PostalAddress:
    """Where a company is."""

    street: str | None = column("Street and number.")
    city: str | None = column("City.")
    region: str | None = column("State, province or region.")
    postal_code: str | None = column("Postal code.")
    country: str | None = column("Country, as an ISO 3166-1 alpha-2 code.")


@strawberry.type(
    description="Whom to talk to. The address is a contact: it never signs in and never receives reset links."
)
class PersonalInformation:
    """The account's contact."""

    first_name: str = column("First name.")
    last_name: str = column("Last name.")
    email: EmailAddress = column("Contact address.")
    phone: str | None = column("Telephone number.")
    im_upgrade_url: URL | None = column("The URL for upgrading Imunify products, where it is not the default one.")


@strawberry.type(description="The company that holds the account.")
class CompanyInformation:
    """What invoices are made out to."""

    name: str = column("The company's name.")
    address: PostalAddress = embedded("Its address.", "")
    vat_number: str | None = column("Its VAT number.")
    website: URL | None = column("Its website.")


@strawberry.type(description="Whom to talk to about invoices and payments.")
class BillingContact:
    """The billing contact."""

    first_name: str = column("First name.")
    last_name: str = column("Last name.")
    email: EmailAddress = column("Contact address.")
    phone: str | None = column("Telephone number.")
    address: PostalAddress = embedded("The address that bills are sent to.", "")
