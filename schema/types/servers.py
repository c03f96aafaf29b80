"""Servers, what is installed on them, their groups, and their list."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from auth.permissions import Permission
from models.entities import ACCOUNT, ACTIVATION_KEY, CUSTOMER, INSTALLED_PRODUCT, LICENSE_TYPE, PRODUCT, SERVER_GROUP
from models.enums import ServerState
from models.queries import servers as fleet
from models.queries.duplicates import DUPLICATE_OF_SERVER
from models.queries.pages import Pages
from schema import paging
from schema.connections import paged
from schema.directives import described, guards
from schema.kinds import column, computed, identifier, listed, lookup, only
from schema.scalars import DateTime, IPAddress
from schema.types.core import Node
from schema.types.server_inputs import ServerFilter, ServerOrder

if TYPE_CHECKING:
    from schema.types.account import Account
    from schema.types.customers import Customer
    from schema.types.keys import ActivationKey
    from schema.types.products import LicenseType, Product

VIEW_SERVERS = Permission.VIEW_SERVERS


@strawberry.type(
    description=described(
        "A machine that is registered with at least one product, or was added by hand.", VIEW_SERVERS
    ),
    directives=guards(VIEW_SERVERS),
)
class Server(Node):
    """A machine."""

    id: strawberry.ID = identifier("Server")
    account: Annotated["Account", strawberry.lazy("schema.types.account")] | None = lookup(
        "The account, where it is one's own.", ACCOUNT, "account_id"
    )
    customer: Annotated["Customer", strawberry.lazy("schema.types.customers")] | None = lookup(
        "The customer whose it is; null where it is one's own.", CUSTOMER, "account_id"
    )
    hostname: str = column("Its host name, in lower case.")
    ip: IPAddress = column("The address that it registered from. Servers behind one gateway share theirs.")
    registered_at: DateTime = column("When it was first registered, by the gateway's clock.")
    last_check_in: DateTime | None = column(
        "When it last answered successfully, for any of its products; null if it never has."
    )
    state: ServerState = column("How long ago that was.")
    group: Annotated["ServerGroup", strawberry.lazy("schema.types.servers")] | None = lookup(
        "The group that it is in; a server is in at most one.", SERVER_GROUP, "group_id"
    )
    installed_products: list[Annotated["InstalledProduct", strawberry.lazy("schema.types.servers")]] = listed(
        "What is installed on it: always all of its registrations, whatever the way to the server.",
        fleet.INSTALLED_PRODUCTS_OF_SERVER,
        usually=3,
    )
    duplicate_of: Annotated["Server", strawberry.lazy("schema.types.servers")] | None = only(
        "The server that this one seems to be too: of the same host name and address, registered before it by another "
        "machine id; the first of them.",
        DUPLICATE_OF_SERVER,
    )


@strawberry.type(
    description=described("A registration: one server, one license type, one key.", VIEW_SERVERS),
    directives=guards(VIEW_SERVERS),
)
class InstalledProduct(Node):
    """What is installed on a server."""

    id: strawberry.ID = identifier("InstalledProduct")
    product: Annotated["Product", strawberry.lazy("schema.types.products")] = lookup(
        "The product.", PRODUCT, "product_id"
    )
    license_type: Annotated["LicenseType", strawberry.lazy("schema.types.products")] = lookup(
        "The type of license that it takes.", LICENSE_TYPE, "license_type_id"
    )
    activation_key: Annotated["ActivationKey", strawberry.lazy("schema.types.keys")] = lookup(
        "The key that it was registered with.", ACTIVATION_KEY, "activation_key_id"
    )
    activated_at: DateTime = column("When it was registered with this key.")
    last_check_in: DateTime | None = column(
        "When it last answered successfully for this product; null if it never has."
    )
    version: str | None = column("The version of the agent or product, as the agent last told it.")


@paging.guarded_type("A server in a list.", VIEW_SERVERS)
class ServerEdge:
    """A row of the list."""

    cursor: str = paging.cursor()
    node: Server = paging.node()
    installed_product: InstalledProduct | None = lookup(
        "Under a key, a subscription or an invoice line: the registration that the row is about.",
        INSTALLED_PRODUCT,
        "registration_id",
    )


@paging.guarded_type("Servers in pages.", VIEW_SERVERS)
class ServerConnection:
    """The list."""

    edges: list[ServerEdge] = paging.edges()
    nodes: list[Server] = paging.nodes()
    page_info: paging.PageInfo = paging.page_info()
    total_count: int = paging.total_count()


def server_list(description: str, query: Pages, requires: Permission | None = None) -> Any:
    """Declare a list of servers with the portal's filters and orders."""
    return paged(description, query, requires, filter_type=ServerFilter, order_type=ServerOrder)


@strawberry.type(
    description=described("A named group of servers, such as QA or production.", VIEW_SERVERS),
    directives=guards(VIEW_SERVERS),
)
class ServerGroup(Node):
    """A group of servers."""

    id: strawberry.ID = identifier("ServerGroup")
    name: str = column("Its name, unique in the account whatever the case.")
    server_count: int = computed("How many servers are in it.", fleet.SERVER_COUNT_OF_GROUP, "servers")
    servers: ServerConnection | None = server_list("The servers in it.", fleet.SERVERS_OF_GROUP)
