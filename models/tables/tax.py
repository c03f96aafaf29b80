"""What tax is charged where: the operator's own table, read as an invoice is issued."""

from decimal import Decimal
from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, Numeric, Text
from sqlmodel import Field

from models.tables.base import Table, column, flag


class TaxRate(Table, table=True):
    """The tax that customers of a country are charged; there is none where a country has no row.

    Where `reverse_charge` is set, a customer with a valid VAT number owes the tax itself: everywhere but in the
    seller's own country.
    """

    __tablename__ = "tax_rates"
    __table_args__: ClassVar = (
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
        CheckConstraint("rate > 0 AND rate < 1", name="rate"),
    )

    country: str = Field(sa_column=Column(Text, primary_key=True))
    rate: Decimal = column(Numeric(5, 4))
    reverse_charge: bool = flag("true")
