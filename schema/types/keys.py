"""Activation keys and their list."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from auth.permissions import Permission
from models.entities import LICENSE, LICENSE_TYPE, PRODUCT
from models.enums import ProductFamily
from models.queries import servers as fleet
from models.queries.pages import Pages
from resolvers.criteria import ActivationKeyCriteria
from schema import paging
from schema.connections import paged
from schema.directives import described, guards
from schema.ids import keys_of
from schema.kinds import column, identifier, lookup, masked_column
from schema.scalars import DateTime
from schema.types.core import UNSET, Node, OrderDirection, given
from schema.types.servers import ServerConnection, server_list

if TYPE_CHECKING:
    from schema.types.products import License, LicenseType, Product

VIEW_SERVERS = Permission.VIEW_SERVERS


@strawberry.type(
    description=described("A key that servers register with. It takes licenses from its account's pool.", VIEW_SERVERS),
    directives=guards(VIEW_SERVERS),
)
class ActivationKey(Node):
    """A bearer secret that spends seats."""

    id: strawberry.ID = identifier("ActivationKey")
    key: str = masked_column(
        "The key itself, whole for logins with CREATE_ACTIVATION_KEYS or MANAGE_SERVERS, else as `PREFIX-abcd…wxyz`.",
        "key",
        "masked_key",
    )
    product: Annotated["Product", strawberry.lazy("schema.types.products")] = lookup(
        "The product that it activates.", PRODUCT, "product_id"
    )
    license_type: Annotated["LicenseType", strawberry.lazy("schema.types.products")] = lookup(
        "The type of license that a server takes.", LICENSE_TYPE, "license_type_id"
    )
    license: Annotated["License", strawberry.lazy("schema.types.products")] | None = lookup(
        "The pool that it takes licenses from; null where the account holds none of the type.", LICENSE, "license_id"
    )
    note: str | None = column("The account's own words about it, at most 100 characters.")
    is_default: bool = column("Whether it is the default of its license type, which cannot be removed.")
    used: int = column("How many servers are registered with it.")
    limit: int | None = column("How many may be; null where the pool alone limits it.")
    allowed_addresses: list[str] = column(
        "The networks, in CIDR notation, that servers may register from; empty means any."
    )
    created_at: DateTime = column("When it was created.")
    created_by: str | None = column(
        "The login that created it; null on a customer's keys.", requires=Permission.MANAGE_ACCESS
    )
    servers: ServerConnection | None = server_list("The servers registered with it.", fleet.SERVERS_OF_KEY)


@strawberry.input(description="Which activation keys are listed; all conditions hold together.")
class ActivationKeyFilter:
    """The filters of the portal's pages of activation keys."""

    product_ids: list[strawberry.ID] | None = strawberry.field(default=UNSET, description="Keys of these products.")
    families: list[ProductFamily] | None = strawberry.field(
        default=UNSET, description="Keys of products of these families."
    )
    license_type_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="Keys of these license types."
    )
    limited: bool | None = strawberry.field(
        default=UNSET, description="True for keys with a limit of their own, false for unlimited ones."
    )
    search: str | None = strawberry.field(
        default=UNSET,
        description=(
            "Text in the key or the note, in any case. Without CREATE_ACTIVATION_KEYS and MANAGE_SERVERS a key is "
            "found only whole."
        ),
    )

    def criteria(self) -> ActivationKeyCriteria:
        """The filter as the list's criteria."""
        families = given(self.families)
        return ActivationKeyCriteria(
            product_ids=keys_of("Product", given(self.product_ids)),
            families=None if families is None else tuple(sorted(family.name for family in families)),
            license_type_ids=keys_of("LicenseType", given(self.license_type_ids)),
            limited=given(self.limited),
            search=given(self.search),
        )


@strawberry.enum(description="What a list of activation keys is sorted by.")
class ActivationKeyOrderField(Enum):
    """The columns of the portal's page."""

    KEY = strawberry.enum_value("KEY", description="The key itself.")
    LICENSE_TYPE = strawberry.enum_value("LICENSE_TYPE", description="The license type's name.")
    NOTE = strawberry.enum_value("NOTE", description="The note, in any case; without one last.")
    USED = strawberry.enum_value("USED", description="How many servers use it.")
    LIMIT = strawberry.enum_value("LIMIT", description="Its limit; unlimited last.")
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When it was created.")


@strawberry.input(description="How a list of activation keys is sorted. By key where left out.")
class ActivationKeyOrder:
    """A column and a direction."""

    field: ActivationKeyOrderField = strawberry.field(description="The column.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="The direction.")


@paging.guarded_type("An activation key in a list.", VIEW_SERVERS)
class ActivationKeyEdge:
    """A row of the list."""

    cursor: str = paging.cursor()
    node: ActivationKey = paging.node()


@paging.guarded_type("Activation keys in pages.", VIEW_SERVERS)
class ActivationKeyConnection:
    """The list."""

    edges: list[ActivationKeyEdge] = paging.edges()
    nodes: list[ActivationKey] = paging.nodes()
    page_info: paging.PageInfo = paging.page_info()
    total_count: int = paging.total_count()


def activation_keys(description: str, query: Pages, requires: Permission | None = None) -> Any:
    """Declare a list of activation keys."""
    return paged(description, query, requires, filter_type=ActivationKeyFilter, order_type=ActivationKeyOrder)
