"""What all areas share: nodes, money, order directions and ranges of days."""

from enum import Enum
from typing import Any, TypeVar

import strawberry

from resolvers.amounts import Amount
from resolvers.criteria import Days
from schema.kinds import column
from schema.scalars import Date, Decimal

UNSET = strawberry.UNSET
T = TypeVar("T")


@strawberry.interface(description="Whatever can be found again by its id.")
class Node:
    """The Relay specification's Node."""

    id: strawberry.ID = column("Opaque and global: good wherever an id of this type, or of any type, is asked for.")


class TypedRow(dict[str, Any]):
    """A row that knows its type, for fields that return an interface."""

    type_name: str


def typed_row(type_name: str | None, row: Any) -> TypedRow | None:
    """The row as one of a type; None where there is none."""
    if row is None or type_name is None:
        return None
    typed = TypedRow(row)
    typed.type_name = type_name
    return typed


@strawberry.type(description="An amount of money: exact, with its currency.")
class Money:
    """An amount, rendered by the database with its currency's number of decimal places."""

    amount: Decimal = column("The amount in the currency's major unit, as a decimal string; negative where it is owed.")
    currency: str = column("The ISO 4217 code of the currency.")


@strawberry.input(description="An amount of money, in the account's currency.")
class MoneyInput:
    """An amount, exactly as it is meant."""

    amount: Decimal = strawberry.field(
        description="The amount in the currency's major unit, with no more decimal places than the currency has."
    )
    currency: str = strawberry.field(description="The ISO 4217 code of the account's currency.")


def amount_of(typed: MoneyInput) -> Amount:
    """The amount as stories take it."""
    return Amount(typed.amount, typed.currency)


@strawberry.enum(description="Which way a list is sorted.")
class OrderDirection(Enum):
    """Ascending or descending; null sorts as the greatest value."""

    ASC = strawberry.enum_value("ASC", description="The smallest value first; what is null comes last.")
    DESC = strawberry.enum_value("DESC", description="The greatest value first; what is null comes before all.")


@strawberry.input(
    description="A range of days in the account's time zone, both ends included; one end alone leaves the other open."
)
class DateRange:
    """Days from and to."""

    from_: Date | None = strawberry.field(name="from", default=UNSET, description="The first day; open where left out.")
    to: Date | None = strawberry.field(default=UNSET, description="The last day; open where left out.")


def days_of(range_: DateRange | None) -> Days:
    """The range as criteria hold it."""
    return Days(given(range_.from_), given(range_.to)) if range_ else Days()


def given(value: T | None) -> T | None:
    """None for what was left out as for what was given as null: in a filter they mean the same."""
    return None if value is UNSET else value
