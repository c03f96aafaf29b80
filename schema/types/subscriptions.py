"""The list of an account's subscriptions, with its filters."""

from typing import Annotated, Any

import strawberry

from auth.permissions import Permission
from models.enums import ProductFamily
from models.queries.products import SUBSCRIPTIONS_OF_ACCOUNT
from schema.directives import described, guards, sized
from schema.ids import keys_of
from schema.kinds import KIND, Info, Listed, parent_of
from schema.types.core import UNSET, given

_FAMILIES = "Only products of these families."
_PRODUCTS = "Only these products."


def _bind(arguments: dict[str, Any]) -> dict[str, Any]:
    """The filters as the relation takes them."""
    families: list[ProductFamily] | None = given(arguments.get("families"))
    return {
        "families": None if families is None else tuple(sorted(family.name for family in families)),
        "product_ids": keys_of("Product", given(arguments.get("product_ids"))),
    }


def subscriptions(description: str) -> Any:
    """Declare a list of subscriptions."""

    async def resolve(
        root: strawberry.Parent[Any],
        info: Info,
        families: Annotated[list[ProductFamily] | None, strawberry.argument(description=_FAMILIES)] = UNSET,
        product_ids: Annotated[list[strawberry.ID] | None, strawberry.argument(description=_PRODUCTS)] = UNSET,
    ) -> Any:
        filters = _bind({"families": families, "product_ids": product_ids})
        return await info.context.loaders.children(SUBSCRIPTIONS_OF_ACCOUNT, parent_of(root), **filters)

    return strawberry.field(
        resolver=resolve,
        description=described(description, Permission.VIEW_PRODUCTS),
        directives=[*guards(Permission.VIEW_PRODUCTS), *sized(8)],
        metadata={KIND: Listed(SUBSCRIPTIONS_OF_ACCOUNT, bind=_bind)},
    )
