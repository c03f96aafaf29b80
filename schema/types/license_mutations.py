"""Ordering and deleting licenses, for real or to see what would come of it."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import INVOICE, LICENSE, PRODUCT_SUBSCRIPTION
from models.enums import BillingCycle
from resolvers.delete_licenses import Deletion, quote_deletion
from resolvers.delete_licenses import delete_licenses as delete
from resolvers.licensing import MOST_LICENSES, Quoted
from resolvers.order_licenses import Order, quote_order
from resolvers.order_licenses import order_licenses as order
from schema import ids
from schema.idempotency import NEEDED_UNLESS_DRY
from schema.kinds import Info, column, lookup, money
from schema.mutations import Input, mutation
from schema.types.core import UNSET, Money, given
from schema.types.invoices import Invoice
from schema.types.products import License, ProductSubscription
from schema.types.user_errors import UserError, user_error, user_errors

ORDER_LICENSES, VIEW_PRICES = Permission.ORDER_LICENSES, Permission.VIEW_PRICES
DRY_RUN = "Whether to answer with a `quote` alone, and change nothing."


@strawberry.type(description="What a dry run tells. Nothing is held for it: what it says may be other a moment later.")
class LicenseQuote:
    """What would come of an order, or of a deletion."""

    room: int | None = column(
        "Ordering: how many more the product's quota lets one order, null where it has none. Deleting: how many no "
        "server uses."
    )
    tier_from: int | None = column(
        "The quantity from which the unit price holds that all licenses of the type would have then; null for none.",
        requires=VIEW_PRICES,
    )
    unit_price: Money | None = money(
        "The price of each license of the type then, for a whole period.",
        "unit_price",
        nullable=True,
        requires=VIEW_PRICES,
    )
    total: Money | None = money(
        "With tax. Ordering: the total of the invoice. Deleting: what the next whole period will come to for the "
        "licenses of the type that stay; null where they have no price.",
        "total",
        nullable=True,
        requires=VIEW_PRICES,
    )


@strawberry.input(description="How many licenses of which type are ordered.")
class OrderLicensesInput:
    """An order."""

    customer_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The customer whose licenses they will be, and who is billed; for resellers."
    )
    product_id: strawberry.ID = strawberry.field(description="The product's id.")
    license_type_id: strawberry.ID = strawberry.field(description="The id of one of its license types.")
    quantity: int = strawberry.field(
        description=f"How many are added to what is held. An account holds {MOST_LICENSES} of a type at most."
    )
    billing_cycle: BillingCycle | None = strawberry.field(
        default=UNSET,
        description="How long a billed period is, for the first order of a product; MONTHLY where left out. Another "
        "than the subscription's is a CONFLICT: Sales can change it.",
    )
    dry_run: bool = strawberry.field(default=False, description=DRY_RUN)


@strawberry.type(
    description="What was ordered. A dry run has a quote alone, also beside ACCOUNT_LOCKED, QUOTA_REACHED."
)
class OrderLicensesPayload:
    """What ordering returns."""

    license: License | None = lookup("The pool with what was added.", LICENSE, "license_id")
    product_subscription: ProductSubscription | None = lookup(
        "The subscription to the product, which the first order begins.", PRODUCT_SUBSCRIPTION, "subscription_id"
    )
    invoice: Invoice | None = lookup("The invoice of what was added.", INVOICE, "invoice_id")
    quote: LicenseQuote | None = column("What a dry run tells; null for an order.")
    user_errors: list[UserError] = user_errors("Why nothing was, or would be, ordered; empty on success.")


@strawberry.input(description="How many licenses of which pool are deleted.")
class DeleteLicensesInput:
    """A deletion."""

    license_id: strawberry.ID = strawberry.field(description="The pool's id: a License.")
    quantity: int = strawberry.field(description="How many go. No more than no server uses.")
    dry_run: bool = strawberry.field(default=False, description=DRY_RUN)


@strawberry.type(description="What is left. A dry run has a quote alone, also beside LICENSES_IN_USE.")
class DeleteLicensesPayload:
    """What deleting returns."""

    license: License | None = lookup("The pool as it is now; null where it is gone.", LICENSE, "license_id")
    deleted_license_id: strawberry.ID | None = column("The id of the pool, where its last license has gone with it.")
    product_subscription: ProductSubscription | None = lookup(
        "The subscription to the product; null where it ended with its last license.",
        PRODUCT_SUBSCRIPTION,
        "subscription_id",
    )
    quote: LicenseQuote | None = column("What a dry run tells; null for a deletion.")
    user_errors: list[UserError] = user_errors("Why nothing was, or would be, deleted; empty on success.")


async def order_licenses(info: Info, input_: Input[OrderLicensesInput]) -> dict[str, Any]:
    """Order, or quote."""
    customer_id, cycle = given(input_.customer_id), given(input_.billing_cycle)
    wanted = Order(
        customer_id=None if customer_id is None else ids.key_or_none_such("Customer", customer_id),
        product_id=ids.key_or_none_such("Product", input_.product_id),
        license_type_id=ids.key_or_none_such("LicenseType", input_.license_type_id),
        quantity=input_.quantity,
        cycle=cycle,
    )
    if input_.dry_run:
        return _quoted(await quote_order(info.context, wanted))
    made = await order(info.context, wanted)
    return {
        "license_id": made.license_id,
        "subscription_id": made.subscription_id,
        "invoice_id": made.invoice_id,
    }


async def delete_licenses(info: Info, input_: Input[DeleteLicensesInput]) -> dict[str, Any]:
    """Delete, or quote."""
    wanted = Deletion(ids.key_or_none_such("License", input_.license_id), input_.quantity)
    if input_.dry_run:
        return _quoted(await quote_deletion(info.context, wanted))
    left = await delete(info.context, wanted)
    return {
        "license_id": left.license_id,
        "deleted_license_id": input_.license_id if left.license_id is None else None,
        "subscription_id": left.subscription_id,
    }


def _quoted(told: Quoted) -> dict[str, Any]:
    quote = told.quote
    shown = {
        "room": quote.room,
        "tier_from": None if quote.tier is None else quote.tier.from_quantity,
        "unit_price_amount": quote.unit_price,
        "unit_price_currency": quote.currency,
        "total_amount": quote.total,
        "total_currency": quote.currency,
    }
    return {"quote": shown, "user_errors": [user_error(fault) for fault in told.refusals]}


@strawberry.type
class LicenseMutations:
    """The mutations of licenses."""

    order_licenses: OrderLicensesPayload | None = mutation(
        "Add licenses to what the account, or a customer's, holds. The invoice is issued with it: the added licenses "
        "alone, at the price of the tier that all of them are in then, from today to the end of the calendar period, "
        "in days of the account's time zone. The balance may fall below zero. A key of the license type that is there "
        "already spends them.",
        order_licenses,
        OrderLicensesPayload,
        requires=ORDER_LICENSES,
        idempotency=NEEDED_UNLESS_DRY,
    )
    delete_licenses: DeleteLicensesPayload | None = mutation(
        "Take licenses away that no server uses, at once and without a refund. With the last one of a type its pool "
        "ends, with the last of a product the subscription; activation keys stay, and register no servers until there "
        "are licenses again.",
        delete_licenses,
        DeleteLicensesPayload,
        requires=ORDER_LICENSES,
        idempotency=NEEDED_UNLESS_DRY,
    )
