"""`gateway refund`: money back to the card that it came from."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.operating import operate

if TYPE_CHECKING:
    from models.db import Database
    from resolvers.amounts import Amount

Receipt = Annotated[str, typer.Argument(help="The receipt's number, such as 100001-12.")]
Part = Annotated[str | None, typer.Option("--amount", help="How much, such as '12.50 USD'; all that is left without.")]
Seen = Annotated[
    str | None, typer.Option("--found", help="How one went that nobody may ask for any more: done or not-done.")
]


def refund(receipt: Receipt, amount: Part = None, found: Seen = None) -> None:
    """Give back what a receipt was for, or a part of it, to the card; run again after a failure, it is done once."""
    from gateway.payments.provider import paying
    from gateway.settings import load_settings
    from resolvers.refund import Asked, Found
    from resolvers.refund import refund as give_back

    if found not in {None, *(one.value for one in Found)}:
        raise typer.BadParameter("done or not-done")
    asked = Asked(receipt, _amount(amount), Found(found) if found else None)

    async def story(db: "Database", _authority: object, now: datetime) -> tuple[str, str]:
        async with paying(load_settings()) as payments:
            return await give_back(db, payments, asked, now)

    number, given = operate(story)
    typer.echo(f"{given} was given back; the document is {number}.")


def _amount(text: str | None) -> "Amount | None":
    """An amount with its currency."""
    from resolvers.amounts import Amount

    if text is None:
        return None
    figures, _, currency = text.partition(" ")
    whole, _, places = figures.partition(".")
    if not (whole.isdecimal() and (not places or (places.isdecimal() and len(places) <= 2)) and len(currency) == 3):
        raise typer.BadParameter("an amount and its currency, such as '12.50 USD'")
    return Amount(Decimal(figures), currency)
