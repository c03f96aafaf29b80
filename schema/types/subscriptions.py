"""The list of an account's subscriptions, with its filters."""

from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from auth.permissions import Permission
from models.enums import ProductFamily
from models.queries.products import SUBSCRIPTIONS_OF_ACCOUNT
from schema.directives import described, guards
from schema.ids import keys_of
from schema.kinds import KIND, Info, Listed, parent_of
from schema.types.core import UNSET, given

_FAMILIES = "Only products of these families."
_PRODUCTS = "Only these products."


@dataclass(frozen=True)
class SubscriptionArguments:
    """The filters as the relation takes them."""

    families: tuple[str, ...] | None
    product_ids: tuple[Any, ...] | None


def subscriptions(description: str) -> Any:
    """Declare a list of subscriptions."""

    async def resolve(
        root: strawberry.Parent[Any],
        info: Info,
        families: Annotated[list[ProductFamily] | None, strawberry.argument(description=_FAMILIES)] = UNSET,
        product_ids: Annotated[list[strawberry.ID] | None, strawberry.argument(description=_PRODUCTS)] = UNSET,
    ) -> Any:
        wanted = given(families)
        return await info.context.loaders.children(
            SUBSCRIPTIONS_OF_ACCOUNT,
            parent_of(root),
            families=None if wanted is None else tuple(sorted(family.name for family in wanted)),
            product_ids=keys_of("Product", given(product_ids)),
        )

    return strawberry.field(
        resolver=resolve,
        description=described(description, Permission.VIEW_PRODUCTS),
        directives=guards(Permission.VIEW_PRODUCTS),
        metadata={KIND: Listed(SUBSCRIPTIONS_OF_ACCOUNT)},
    )
