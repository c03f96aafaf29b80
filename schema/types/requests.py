"""Report configurations and requests to Sales."""

import strawberry

from auth.permissions import Permission
from models.entities import PRODUCT
from models.enums import ReportFrequency, ReportKind, SalesRequestState, SalesTopic
from models.queries import access
from schema import paging
from schema.directives import described, guards
from schema.kinds import column, identifier, listed, lookup
from schema.scalars import DateTime, EmailAddress
from schema.types.core import Node
from schema.types.products import Product

VIEW_REPORTS = Permission.VIEW_REPORTS


@strawberry.type(
    description=described("A report that is mailed regularly.", VIEW_REPORTS), directives=guards(VIEW_REPORTS)
)
class ReportConfig(Node):
    """A report configuration. One about costs does not exist for a login without VIEW_PRICES."""

    id: strawberry.ID = identifier("ReportConfig")
    email: EmailAddress = column("Where it is sent.")
    kind: ReportKind = column("What it is about.")
    frequency: ReportFrequency = column("How often it is sent.")
    products: list[Product] = listed(
        "The products that it covers; all where empty.", access.PRODUCTS_OF_REPORT, usually=8
    )
    enabled: bool = column("Whether it is sent at all.")
    last_sent_at: DateTime | None = column("When it was last sent; null if it never was.")
    next_send_at: DateTime | None = column("When it is sent next; null while it is switched off.")


@strawberry.type(description="A request to Sales, such as to change a license quantity, a quota or a billing cycle.")
class SalesRequest(Node):
    """What was asked of Sales."""

    id: strawberry.ID = identifier("SalesRequest")
    topic: SalesTopic = column("What it is about.")
    product: Product | None = lookup(
        "The product it is about; null where it is about none in particular.", PRODUCT, "product_id"
    )
    message: str = column("What was written.")
    created_at: DateTime = column("When it was sent.")
    state: SalesRequestState = column("How far Sales is with it.")


@strawberry.type(description="A request to Sales in a list.")
class SalesRequestEdge:
    """A row of the list."""

    cursor: str = paging.cursor()
    node: SalesRequest = paging.node()


@strawberry.type(description="Requests to Sales in pages, newest first.")
class SalesRequestConnection:
    """The list."""

    edges: list[SalesRequestEdge] = paging.edges()
    nodes: list[SalesRequest] = paging.nodes()
    page_info: paging.PageInfo = paging.page_info()
    total_count: int = paging.total_count()
