"""What an account has paid for, summed up."""

from datetime import date
from typing import Annotated, Any

import strawberry

from auth.permissions import Permission
from models.entities import LICENSE_TYPE, PRODUCT
from models.enums import CostGrouping
from models.queries.costs import COSTS_OF_ACCOUNT, FIRST_DAY, GROUPING, LAST_DAY
from schema.directives import described, guards, sized
from schema.kinds import Info, Listed, column, field, lookup, money, parent_of
from schema.scalars import Date
from schema.types.core import DateRange, Money, days_of
from schema.types.products import LicenseType, Product

VIEW_PRICES = Permission.VIEW_PRICES


@strawberry.type(
    description=described("What was billed of something, before tax.", VIEW_PRICES), directives=guards(VIEW_PRICES)
)
class Cost:
    """A sum, and what it is about."""

    product: Product | None = lookup(
        "The product; null by month, and for lines about no product.", PRODUCT, "product_id"
    )
    license_type: LicenseType | None = lookup("The license type; null by others.", LICENSE_TYPE, "license_type_id")
    month: Date | None = column("The first day of the month; null by others.")
    total: Money = money("The sum before tax.", "total")


Period = Annotated[
    DateRange, strawberry.argument(description="The days on which the invoices were issued; open ends are possible.")
]
By = Annotated[CostGrouping, strawberry.argument(description="What is summed up by.")]


def _bind(arguments: dict[str, Any]) -> dict[str, Any]:
    """The days and the grouping as the relation takes them; an open end is the end of the calendar."""
    days = days_of(arguments["period"])
    by = arguments.get("by", CostGrouping.PRODUCT)
    return {FIRST_DAY: days.first or date.min, LAST_DAY: days.last or date.max, GROUPING: by.name}


async def _costs(root: strawberry.Parent[Any], info: Info, period: Period, by: By = CostGrouping.PRODUCT) -> Any:
    filters = _bind({"period": period, "by": by})
    return await info.context.loaders.children(COSTS_OF_ACCOUNT, parent_of(root), **filters)


def costs() -> Any:
    """Declare the sums of an account's invoices."""
    return field(
        "What was billed by the invoices that were issued on some days of the account's time zone: the sums of their "
        "lines, which together are the sums of their `subtotal`. Tax stands beside the lines and is left out. What was "
        "not billed has no row.",
        Listed(COSTS_OF_ACCOUNT, bind=_bind),
        _costs,
        VIEW_PRICES,
        sized(10),
    )
