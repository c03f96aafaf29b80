"""The root of all questions."""

import asyncio
from typing import Annotated, Any

import strawberry

import resolvers.customer
import resolvers.node
import resolvers.products
import resolvers.viewer
from auth.permissions import Permission
from models.enums import ProductFamily
from models.errors import BadInput
from models.roles import SUBLOGIN_ROLES
from schema import ids
from schema.directives import described, guards
from schema.kinds import Info
from schema.types.core import UNSET, Node, given
from schema.types.customers import Customer
from schema.types.products import Product
from schema.types.roles import ROLES, Role
from schema.types.viewer import Viewer

MAX_NODES = 100

NodeId = Annotated[strawberry.ID, strawberry.argument(description="The id of any node.")]


class TypedRow(dict[str, Any]):
    """A row that knows its type, for fields that return an interface."""

    type_name: str


async def _node(info: Info, id_: str) -> TypedRow | None:
    decoded = ids.decode(id_)
    row = None if decoded is None else await resolvers.node.node(info.context, *decoded)
    if decoded is None or row is None:
        return None
    typed = TypedRow(row)
    typed.type_name = decoded[0]
    return typed


@strawberry.type(description="What can be asked.")
class Query:
    """The root fields; each has a function of the same name in `resolvers`."""

    @strawberry.field(description="Who is calling; null without a credential.", directives=guards(None, public=True))
    def viewer(self, info: Info) -> Viewer | None:
        """The caller."""
        row: Any = resolvers.viewer.viewer(info.context)
        return row

    @strawberry.field(
        description="The six roles that a sublogin can have, with what each may do.",
        directives=guards(None, public=True),
    )
    def roles(self) -> list[Role]:
        """The permission map's columns."""
        return [ROLES[name] for name in SUBLOGIN_ROLES]

    @strawberry.field(description="The catalogue of products.", directives=guards(None, public=True))
    async def products(
        self,
        info: Info,
        families: Annotated[
            list[ProductFamily] | None, strawberry.argument(description="Only products of these families.")
        ] = UNSET,
    ) -> list[Product]:
        """What TuxCare sells."""
        rows: Any = await resolvers.products.products(info.context, given(families))
        return rows

    @strawberry.field(
        description=described("A customer of one's own, for resellers.", Permission.VIEW_PRODUCTS),
        directives=guards(Permission.VIEW_PRODUCTS),
    )
    async def customer(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The customer's id.")]
    ) -> Customer | None:
        """A customer by its id."""
        decoded = ids.decode(id)
        if decoded is None or decoded[0] != "Customer":
            return None
        row: Any = await resolvers.customer.customer(info.context, decoded[1])
        return row

    @strawberry.field(
        description="Whatever has this id: null where there is nothing, or nothing that the caller can reach."
    )
    async def node(self, info: Info, id: NodeId) -> Node | None:
        """Anything by its id."""
        row: Any = await _node(info, id)
        return row

    @strawberry.field(description="Whatever has these ids, in their order, null for each that is out of reach.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {MAX_NODES} ids.")],
    ) -> list[Node | None]:
        """Several things by their ids."""
        if len(ids) > MAX_NODES:
            raise BadInput(f"Ask for at most {MAX_NODES} nodes at once.", "ids")
        rows: Any = await asyncio.gather(*(_node(info, id_) for id_ in ids))
        return rows
