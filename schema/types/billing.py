"""Balance, payments, payment methods and the plan."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.permissions import Permission
from models.entities import INVOICE, PAYMENT_METHOD
from models.enums import AutopaymentMode, PaymentStatus
from models.queries import billing as invoicing
from models.queries import products as catalogue
from schema import paging
from schema.connections import paged
from schema.directives import described, guards
from schema.kinds import column, computed, embedded, identifier, listed, lookup, money
from schema.scalars import Date, DateTime, EmailAddress
from schema.types.autopayment_preview import AutopaymentPreview, autopayment_preview
from schema.types.core import Money, Node
from schema.types.costs import Cost, costs
from schema.types.products import Price
from schema.types.user_errors import UserErrorCode

if TYPE_CHECKING:
    from schema.types.invoices import Invoice

VIEW_BILLING = Permission.VIEW_BILLING


@strawberry.type(
    description=described("A card that the payment provider keeps. Its number never reaches this API.", VIEW_BILLING),
    directives=guards(VIEW_BILLING),
)
class PaymentMethod(Node):
    """A stored card."""

    id: strawberry.ID = identifier("PaymentMethod")
    brand: str = column("The card's brand.")
    last4: str = column("The last four digits of its number.")
    expires_on: Date = column("The last day that it is good.")
    is_default: bool = column("Whether charges go to it where no other is named.")
    created_at: DateTime = column("When it was added.")


@strawberry.type(
    description=described("A charge: a top-up, or made by autopayment.", VIEW_BILLING), directives=guards(VIEW_BILLING)
)
class Payment(Node):
    """A charge, from its intent to its booking."""

    id: strawberry.ID = identifier("Payment")
    status: PaymentStatus = column("Where it stands.")
    amount: Money = money("What is charged.", "amount")
    client_secret: str | None = column(
        "What the payment provider's page needs to let the card's holder confirm it; null unless that is needed.",
        requires=Permission.EDIT_BILLING,
    )
    failure: UserErrorCode | None = column("Why it failed; null unless it did.")
    invoice: Annotated["Invoice", strawberry.lazy("schema.types.invoices")] | None = lookup(
        "The document that it was booked with; null until it succeeds.", INVOICE, "invoice_id"
    )
    created_at: DateTime = column("When it was started.")


@paging.guarded_type("A payment in a list.", VIEW_BILLING)
class PaymentEdge:
    """A row of the list."""

    cursor: str = paging.cursor()
    node: Payment = paging.node()


@paging.guarded_type("Payments in pages, newest first.", VIEW_BILLING)
class PaymentConnection:
    """The list."""

    edges: list[PaymentEdge] = paging.edges()
    nodes: list[Payment] = paging.nodes()
    page_info: paging.PageInfo = paging.page_info()
    total_count: int = paging.total_count()


@strawberry.type(description="When and how far the balance is filled without asking.")
class Autopayment:
    """The autopayment settings."""

    mode: AutopaymentMode = column("The rule.")
    threshold: Money | None = money(
        "AUTO_ADD_FUNDS charges when the balance falls below this.", "threshold", nullable=True
    )
    target_balance: Money | None = money("AUTO_ADD_FUNDS charges up to this.", "target_balance", nullable=True)
    payment_method: PaymentMethod | None = lookup(
        "The card that is charged; the default one where null.", PAYMENT_METHOD, "payment_method_id"
    )


@strawberry.type(description="What an account is subscribed to, with its prices.")
class Plan:
    """Derived from the subscriptions."""

    name: str = column("The subscribed products' names.")
    prices: list[Price] | None = listed(
        "The price lists of these products, in the account's currency and billing cycles.",
        catalogue.PRICES_OF_PLAN,
        Permission.VIEW_PRICES,
        usually=40,
    )


@strawberry.type(
    description=described("An account's money: what it holds, how it pays.", VIEW_BILLING),
    directives=guards(VIEW_BILLING),
)
class Billing:
    """The pages Balance and Top up, and Payment methods."""

    plan: Plan | None = computed("The current plan; null without any subscription.", catalogue.PLAN_OF_ACCOUNT)
    balance: Money = money("Money held; negative is debt.", "balance")
    email: EmailAddress | None = column("Where invoices and payment failures are mailed.")
    payment_methods: list[PaymentMethod] = listed(
        "The stored cards, at most 20.", invoicing.METHODS_OF_ACCOUNT, usually=3
    )
    payments: PaymentConnection = paged("All charges, newest first.", invoicing.PAYMENTS_OF_ACCOUNT)
    autopayment: Autopayment = embedded("The autopayment settings.", "autopayment_")
    autopayment_preview: AutopaymentPreview | None = autopayment_preview()
    costs: list[Cost] | None = costs()
