"""The root of all questions. Each resolver decodes what the client sent and calls the story of the same name."""

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
from schema.directives import described, guards, sized
from schema.kinds import Info
from schema.types.core import UNSET, Node, given, typed_row
from schema.types.customers import Customer
from schema.types.products import Product
from schema.types.registration_check import RegistrationCheck, registration_check
from schema.types.roles import ROLES, Role
from schema.types.viewer import Viewer

MAX_NODES = 100

NodeId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The id of any node.")]
NodeIds = Annotated[
    list[strawberry.ID], strawberry.argument(name="ids", description=f"The ids of any nodes, at most {MAX_NODES}.")
]
CustomerId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The customer's id.")]
Families = Annotated[
    list[ProductFamily] | None, strawberry.argument(description="Only products of these families; all where left out.")
]


def viewer(info: Info) -> Any:
    """Who is calling."""
    return resolvers.viewer.viewer(info.context)


def roles() -> list[Role]:
    """The columns of the permission map."""
    return [ROLES[name] for name in SUBLOGIN_ROLES]


async def products(info: Info, families: Families = UNSET) -> Any:
    """What TuxCare sells."""
    return await resolvers.products.products(info.context, given(families))


async def customer(info: Info, id_: CustomerId) -> Any:
    """A customer, where the id is one of the caller's customers."""
    decoded = ids.decode(id_)
    if decoded is None or decoded[0] != "Customer":
        return None
    return await resolvers.customer.customer(info.context, decoded[1])


async def node(info: Info, id_: NodeId) -> Any:
    """Anything within the caller's reach."""
    decoded = ids.decode(id_)
    return None if decoded is None else typed_row(decoded[0], await resolvers.node.node(info.context, *decoded))


async def nodes(info: Info, ids_: NodeIds) -> Any:
    """Several at once, each looked up together with the others of its type."""
    if len(ids_) > MAX_NODES:
        raise BadInput(f"Ask for at most {MAX_NODES} nodes at once.", "ids")
    return await asyncio.gather(*(node(info, id_) for id_ in ids_))


@strawberry.type(description="What can be asked.")
class Query:
    """The root fields."""

    viewer: Viewer | None = strawberry.field(
        resolver=viewer, description="Who is calling; null without a credential.", directives=guards(None, public=True)
    )
    roles: list[Role] = strawberry.field(
        resolver=roles,
        description="The six roles that a sublogin can have, with what each may do.",
        directives=[*guards(None, public=True), *sized(len(SUBLOGIN_ROLES))],
    )
    products: list[Product] = strawberry.field(
        resolver=products,
        description="The catalogue of products.",
        directives=[*guards(None, public=True), *sized(25)],
    )
    registration_check: RegistrationCheck = strawberry.field(
        resolver=registration_check,
        description="Whether an activation key would register one server more. Nothing is changed by asking; too many "
        "calls are answered THROTTLED, as those of agents are.",
        directives=guards(None, public=True),
    )
    customer: Customer | None = strawberry.field(
        resolver=customer,
        description=described("A customer of one's own, for resellers.", Permission.VIEW_PRODUCTS),
        directives=guards(Permission.VIEW_PRODUCTS),
    )
    node: Node | None = strawberry.field(
        resolver=node,
        description="Whatever has this id: null where there is nothing, or nothing that the caller can reach.",
    )
    nodes: list[Node | None] = strawberry.field(
        resolver=nodes,
        description="Whatever has these ids, in their order, null for each that is out of reach.",
        directives=sized(MAX_NODES, ("ids",)),
    )
