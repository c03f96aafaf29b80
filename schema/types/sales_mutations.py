"""Asking Sales."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import SALES_REQUEST
from models.enums import SalesTopic
from models.queries.sales import MOST_OPEN
from resolvers.contact_sales import MOST_OF_A_MESSAGE
from resolvers.contact_sales import contact_sales as send
from schema import ids
from schema.kinds import Info, lookup
from schema.mutations import Input, mutation
from schema.types.core import UNSET, given
from schema.types.requests import SalesRequest
from schema.types.user_errors import UserError, user_errors


@strawberry.input(description="What is asked of Sales.")
class ContactSalesInput:
    """A topic and a message."""

    topic: SalesTopic = strawberry.field(description="What it is about.")
    product_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The product it is about, if it is about one in particular."
    )
    message: str = strawberry.field(description=f"What is wanted, at most {MOST_OF_A_MESSAGE:,} characters.")


@strawberry.type(description="The request, on its way to Sales.")
class ContactSalesPayload:
    """What asking Sales returns."""

    sales_request: SalesRequest | None = lookup("The request as it is kept.", SALES_REQUEST, "sales_request_id")
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was sent.")


async def contact_sales(info: Info, input_: Input[ContactSalesInput]) -> dict[str, Any]:
    """Ask."""
    product = given(input_.product_id)
    product_key = None if product is None else ids.key_or_none_such("Product", product)
    return {"sales_request_id": await send(info.context, input_.topic, product_key, input_.message)}


@strawberry.type
class SalesMutations:
    """The mutation of requests to Sales."""

    contact_sales: ContactSalesPayload | None = mutation(
        "Ask Sales to change what cannot be ordered, such as a product's quota or a billing cycle. The answer comes by "
        f"mail. At most {MOST_OPEN} requests of an account are open at once.",
        contact_sales,
        ContactSalesPayload,
        requires=Permission.VIEW_PRODUCTS,
    )
