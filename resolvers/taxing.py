"""The tax of an invoice: by the country of the company that is billed, once over the whole of it.

See docs/decisions/tax-by-country.md.
"""

from decimal import Decimal

from models.db import Transaction
from models.pricing import rounded
from models.queries import tax_rates
from models.queries.ledger import NO_TAX, Books, Tax
from models.tables import TaxRate
from resolvers.checks import fits_country, has_form


async def tax_for(session: Transaction, books: Books, subtotal_minor: int) -> Tax:
    """What an account is charged on a sum. With a valid VAT number it may owe the tax itself, and is charged none."""
    rate = None if books.country is None else await tax_rates.rate_of(session, books.country)
    return tax_at(rate, books.vat_number, subtotal_minor)


def tax_at(rate: TaxRate | None, vat_number: str | None, subtotal_minor: int) -> Tax:
    """The tax on a sum by the rate of a country, for a company with such a VAT number."""
    if rate is None:
        return NO_TAX
    if rate.reverse_charge and _valid(vat_number, rate.country):
        return Tax(None, 0, reverse_charge=True)
    return Tax(rate.rate, taxed(subtotal_minor, rate.rate))


def taxed(minor: int, rate: Decimal) -> int:
    """The tax on an amount, rounded to the minor unit, halves to the even one."""
    numerator, denominator = rate.as_integer_ratio()
    return rounded(minor * numerator, denominator)


def _valid(number: str | None, country: str) -> bool:
    """Whether a VAT number has its country's form and check digits; of other countries nothing is known."""
    return number is not None and has_form(country) and fits_country(number, country)
