"""`gateway tax`: what tax customers are charged, by their company's country."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.operating import operate

if TYPE_CHECKING:
    from models.tables import TaxRate


def tax(
    country: Annotated[str | None, typer.Argument(help="Two letters of ISO 3166-1, such as DE.")] = None,
    percent: Annotated[str | None, typer.Argument(help="The rate, such as 19 or 25.5.")] = None,
    reverse_charge: Annotated[
        bool, typer.Option(help="Whether a valid VAT number makes the customer owe the tax: not at home.")
    ] = True,
    none: Annotated[bool, typer.Option("--none", help="Charge the country no tax.")] = False,
) -> None:
    """Show what tax is charged where, or set a country's rate, from the next invoice on."""
    from resolvers import tax_rates

    if country is None:
        for rate in operate(lambda db, _authority, _now: tax_rates.listed(db)):
            typer.echo(_told(rate))
    elif none:
        code = operate(lambda db, _authority, _now: tax_rates.drop(db, country))
        typer.echo(f"Customers in {code} are charged no tax from now on.")
    elif percent is None:
        raise typer.BadParameter("say the rate in percent, or --none")
    else:
        kept = operate(lambda db, _authority, _now: tax_rates.keep(db, country, percent, reverse_charge=reverse_charge))
        typer.echo(_told(kept))


def _told(rate: "TaxRate") -> str:
    percent = (rate.rate * 100).normalize()
    note = "" if rate.reverse_charge else ", with a VAT number too"
    return f"{rate.country}  {Decimal(percent):f} %{note}"
