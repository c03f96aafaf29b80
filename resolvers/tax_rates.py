"""Tax rates as the operator keeps them. They hold from the next invoice on; those that were issued stay as they are."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from models.db import Database
from models.errors import UserFault
from models.queries import tax_rates
from models.tables import TaxRate
from resolvers.checks import country

HUNDRED = Decimal(100)
PLACES = Decimal("0.0001")


async def listed(db: Database) -> Sequence[TaxRate]:
    """Every country's."""
    async with db.write() as session:
        return await tax_rates.every_rate(session)


async def keep(db: Database, code: str, percent: str, *, reverse_charge: bool) -> TaxRate:
    """Set a country's rate, given in percent, and whether a valid VAT number reverses it."""
    rate = TaxRate(country=country(code), rate=_fraction(percent), reverse_charge=reverse_charge)
    async with db.write() as session:
        await tax_rates.keep(session, rate)
    return rate


async def drop(db: Database, code: str) -> str:
    """Charge a country none any more; its code."""
    checked = country(code)
    async with db.write() as session:
        charged = await tax_rates.drop(session, checked)
    if not charged:
        raise UserFault("NOT_FOUND", f"Customers in {checked} are charged no tax.")
    return checked


def _fraction(percent: str) -> Decimal:
    """A rate as a fraction of one, exactly."""
    try:
        rate = Decimal(percent) / HUNDRED
        exact = rate.quantize(PLACES)
    except InvalidOperation:
        rate = exact = Decimal("NaN")
    if rate.is_nan():
        raise UserFault("INVALID", f"{percent} is no number.")
    if exact != rate or not 0 < rate < 1:
        raise UserFault("INVALID", "A rate is more than 0 and less than 100 percent, with two decimal places at most.")
    return exact
