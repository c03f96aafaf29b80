"""What a reseller sees of a customer's account."""

import strawberry

from auth.permissions import Permission
from models.enums import AccountState
from models.queries import billing as invoicing
from models.queries import keys
from models.queries import servers as fleet
from schema import paging
from schema.directives import described, guards
from schema.kinds import column, embedded, identifier, listed, money
from schema.scalars import URL, DateTime
from schema.types.core import Money, Node
from schema.types.information import CompanyInformation
from schema.types.invoices import InvoiceConnection, invoice_list
from schema.types.keys import ActivationKeyConnection, activation_keys
from schema.types.products import ProductSubscription
from schema.types.server_exports import servers_export_url
from schema.types.servers import ServerConnection, ServerGroup, server_list
from schema.types.subscriptions import subscriptions

VIEW_PRODUCTS = Permission.VIEW_PRODUCTS
VIEW_SERVERS = Permission.VIEW_SERVERS


@strawberry.type(
    description=described("A customer of a reseller: its account as far as the reseller manages it.", VIEW_PRODUCTS),
    directives=guards(VIEW_PRODUCTS),
)
class Customer(Node):
    """A customer's account. What only its own master manages is not here."""

    id: strawberry.ID = identifier("Customer")
    number: str = column("The account's number.")
    name: str = column("The company's name.")
    state: AccountState = column("Whether the account may register servers and order.")
    registered_at: DateTime = column("When the account was created.")
    company_information: CompanyInformation | None = embedded(
        "The company that holds the account.", "company_", requires=Permission.VIEW_ACCOUNT
    )
    subscriptions: list[ProductSubscription] | None = subscriptions("What the customer holds, by product.")
    activation_keys: ActivationKeyConnection | None = activation_keys(
        "The customer's activation keys.", keys.KEYS_OF_ACCOUNT, VIEW_SERVERS
    )
    servers: ServerConnection | None = server_list(
        "The customer's servers, in all products.", fleet.SERVERS_OF_ACCOUNT, VIEW_SERVERS
    )
    server_groups: list[ServerGroup] | None = listed(
        "The customer's groups of servers, by name, at most 200.", fleet.GROUPS_OF_ACCOUNT, VIEW_SERVERS, usually=20
    )
    servers_export_url: URL | None = servers_export_url("the customer")
    balance: Money | None = money(
        "Money that the customer holds; negative is debt.", "balance", requires=Permission.VIEW_BILLING
    )
    invoices: InvoiceConnection | None = invoice_list(
        "The customer's invoices and payments.", invoicing.INVOICES_OF_ACCOUNT, Permission.VIEW_INVOICES
    )


@paging.guarded_type("A customer in a list.", VIEW_PRODUCTS)
class CustomerEdge:
    """A row of the list."""

    cursor: str = paging.cursor()
    node: Customer = paging.node()


@paging.guarded_type("Customers in pages, by name.", VIEW_PRODUCTS)
class CustomerConnection:
    """The list."""

    edges: list[CustomerEdge] = paging.edges()
    nodes: list[Customer] = paging.nodes()
    page_info: paging.PageInfo = paging.page_info()
    total_count: int = paging.total_count()
