"""Invoices with their lines, and their list."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from auth.permissions import Permission
from models.entities import ACCOUNT, CUSTOMER, LICENSE_TYPE, PRODUCT
from models.enums import InvoiceType
from models.queries import billing as invoicing
from models.queries import servers as fleet
from models.queries.pages import Pages
from resolvers.criteria import InvoiceCriteria
from resolvers.invoice_documents import GOOD_FOR, DocumentFormat, document_url
from schema import paging
from schema.connections import paged
from schema.directives import described, guards
from schema.kinds import Info, Story, column, field, identifier, listed, lookup, money
from schema.scalars import URL, Date, DateTime, Decimal
from schema.types.core import UNSET, DateRange, Money, Node, OrderDirection, days_of, given
from schema.types.products import LicenseType, Product
from schema.types.servers import ServerConnection

if TYPE_CHECKING:
    from schema.types.account import Account
    from schema.types.customers import Customer

VIEW_INVOICES = Permission.VIEW_INVOICES
VIEW_PRICES = Permission.VIEW_PRICES

LINKED = (
    f"It is good for {int(GOOD_FOR.total_seconds() // 60)} minutes, for as long as the session or key that asked for "
    "it holds and its role may see invoices: ask for it when it is followed, and keep it nowhere. Without the "
    "permission to see prices the document has no unit prices and no amounts of lines; its totals stay. Whoever has "
    "the link can use it, and each use is in the audit log."
)


def document_link(description: str, format_: DocumentFormat) -> Any:
    """Declare a link to the document in one of its forms."""

    def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        return document_url(info.context, root["account_id"], root["id"], format_)

    return field(f"{description} {LINKED}", Story(("account_id", "id")), resolve)


@strawberry.type(
    description="What an invoice bills: a quantity of one license type. Amounts are prices, and guarded as such."
)
class InvoiceLine:
    """A line of an invoice."""

    description: str = column("What is billed, without any price.")
    product: Product | None = lookup("The product.", PRODUCT, "product_id")
    license_type: LicenseType | None = lookup("The license type.", LICENSE_TYPE, "license_type_id")
    quantity: int = column("How many licenses.")
    unit_price: Money | None = money(
        "The price of one for a whole period.", "unit_price", nullable=True, requires=VIEW_PRICES
    )
    amount: Money | None = money("What the line comes to.", "amount", nullable=True, requires=VIEW_PRICES)
    servers: ServerConnection | None = paged(
        "The servers that stood behind the quantity when the line was issued, by host name: those that were "
        "registered with its license type then, at most 100,000, as far as they are there still. None where units were "
        "ordered, before any server was registered with them.",
        fleet.SERVERS_OF_INVOICE_LINE,
        Permission.VIEW_SERVERS,
    )


@strawberry.type(
    description=described("An invoice or a receipt. Once issued it never changes.", VIEW_INVOICES),
    directives=guards(VIEW_INVOICES),
)
class Invoice(Node):
    """A row of the invoice list."""

    id: strawberry.ID = identifier("Invoice")
    account: Annotated["Account", strawberry.lazy("schema.types.account")] | None = lookup(
        "The account, where it is one's own.", ACCOUNT, "account_id"
    )
    customer: Annotated["Customer", strawberry.lazy("schema.types.customers")] | None = lookup(
        "The customer whose it is; null where it is one's own.", CUSTOMER, "account_id"
    )
    number: str = column("The account's number and the document's, without gaps.")
    created_at: DateTime = column("When it was issued.")
    type: InvoiceType = column("An invoice, or a payment received.")
    pay_period: Date | None = column("The first day of the billed period; null on a payment.")
    subtotal: Money = money("The sum before tax.", "subtotal")
    tax: Money = money("The tax.", "tax")
    tax_rate: Decimal | None = column("The rate of the tax, as a fraction of one; null where none applies.")
    total: Money = money("The sum with tax.", "total")
    balance: Money = money("The account's balance once this was booked.", "balance")
    lines: list[InvoiceLine] = listed(
        "What is billed, at most 500 lines; none on a payment.", invoicing.LINES_OF_INVOICE, usually=10
    )
    pdf_url: URL = document_link("A link to the invoice, or the receipt, as a PDF.", DocumentFormat.PDF)
    html_url: URL = document_link("A link to the same document as a page that prints well.", DocumentFormat.HTML)


@strawberry.input(description="Which invoices are listed; all conditions hold together.")
class InvoiceFilter:
    """The filters of the invoice list."""

    types: list[InvoiceType] | None = strawberry.field(default=UNSET, description="Rows of these types.")
    created: DateRange | None = strawberry.field(default=UNSET, description="Rows issued on these days.")
    search: str | None = strawberry.field(default=UNSET, description="Text in the number.")

    def criteria(self) -> InvoiceCriteria:
        """The filter as the list's criteria."""
        types = given(self.types)
        return InvoiceCriteria(
            types=None if types is None else tuple(sorted(kind.name for kind in types)),
            created=days_of(given(self.created)),
            search=given(self.search),
        )


@strawberry.enum(description="What a list of invoices is sorted by.")
class InvoiceOrderField(Enum):
    """The columns of the portal's page."""

    NUMBER = strawberry.enum_value("NUMBER", description="The sequence in which they were issued.")
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When it was issued.")
    TYPE = strawberry.enum_value("TYPE", description="The type.")
    PAY_PERIOD = strawberry.enum_value("PAY_PERIOD", description="The billed period; without one last.")
    TOTAL = strawberry.enum_value("TOTAL", description="The total.")
    BALANCE = strawberry.enum_value("BALANCE", description="The running balance.")


@strawberry.input(description="How a list of invoices is sorted. Newest first where left out.")
class InvoiceOrder:
    """A column and a direction."""

    field: InvoiceOrderField = strawberry.field(description="The column.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.DESC, description="The direction.")


@paging.guarded_type("An invoice in a list.", VIEW_INVOICES)
class InvoiceEdge:
    """A row of the list."""

    cursor: str = paging.cursor()
    node: Invoice = paging.node()


@paging.guarded_type("Invoices in pages.", VIEW_INVOICES)
class InvoiceConnection:
    """The list."""

    edges: list[InvoiceEdge] = paging.edges()
    nodes: list[Invoice] = paging.nodes()
    page_info: paging.PageInfo = paging.page_info()
    total_count: int = paging.total_count()


def invoice_list(description: str, query: Pages, requires: Permission) -> Any:
    """Declare a list of invoices."""
    return paged(description, query, requires, filter_type=InvoiceFilter, order_type=InvoiceOrder)
