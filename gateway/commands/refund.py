"""`gateway refund`: money that was paid is given back."""

from decimal import Decimal
from typing import Annotated

import typer

from gateway.commands.operating import operate_paying

AMOUNT, NUMBER = "AMOUNT", "NUMBER"


def refund(
    payment: Annotated[str, typer.Argument(help="The payment's id, or the number of its receipt.")],
    amount: Annotated[
        str | None, typer.Option(help="How much, such as 19.90; all that is left of it by default.", metavar=AMOUNT)
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(help="To refund more: the receipt of the payment's last refund.", metavar=NUMBER),
    ] = None,
) -> None:
    """Give money of a payment back, once: run again after it was cut off, it finishes what was begun."""
    from resolvers.ports import ProviderUnavailable
    from resolvers.refunding import Asked
    from resolvers.refunding import refund as give_back
    from schema.ids import key_of

    asked = Asked(key_of("Payment", payment), payment, _amount(amount), after)
    try:
        told = operate_paying(lambda db, payments, now: give_back(db, payments, asked, now))
    except ProviderUnavailable:
        typer.echo("The payment provider does not answer. Run this again, or leave it to a worker to finish.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{told.amount} {'was refunded already' if told.before else 'is refunded'}: receipt {told.number}.")


def _amount(text: str | None) -> Decimal | None:
    from schema.scalars import parse_decimal

    try:
        return None if text is None else parse_decimal(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--amount") from None
