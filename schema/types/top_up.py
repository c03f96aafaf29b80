"""Topping up the balance."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import INVOICE, PAYMENT
from resolvers.top_up import begin_top_up, finish_top_up
from schema import ids
from schema.idempotency import NEEDED
from schema.kinds import Info, lookup
from schema.mutations import Input, mutation
from schema.types.account import Account
from schema.types.billing import Payment
from schema.types.core import UNSET, MoneyInput, amount_of
from schema.types.invoices import Invoice
from schema.types.settings import changed_account
from schema.types.user_errors import UserError, user_error, user_errors


@strawberry.input(description="How much is charged, and to which card.")
class TopUpInput:
    """An amount and a card."""

    amount: MoneyInput = strawberry.field(
        description="More than nothing, in the account's currency. What one top-up may be at least and at most is the "
        "installation's to say; by default 1.00 to 10,000.00."
    )
    payment_method_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The card that is charged; the default one where it is left out."
    )


@strawberry.type(description="The payment, whatever became of it.")
class TopUpPayload:
    """What topping up returns. It is the one payload that names what was recorded beside an error."""

    payment: Payment | None = lookup(
        "The payment. It is there, beside the error, when it was declined, waits for the card's holder, or is still "
        "under way; null where nothing was recorded.",
        PAYMENT,
        "payment_id",
    )
    invoice: Invoice | None = lookup("The receipt; null until the payment has succeeded.", INVOICE, "invoice_id")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Why nothing was paid, or not yet; empty once it was.")


async def begin(info: Info, input_: Input[TopUpInput]) -> dict[str, Any]:
    """Record the intent."""
    method = input_.payment_method_id
    named = None if method is None or method is UNSET else ids.key_or_none_such("PaymentMethod", method)
    return {"payment_id": await begin_top_up(info.context, amount_of(input_.amount), named)}


async def finish(info: Info, begun: dict[str, Any]) -> dict[str, Any]:
    """Charge, and tell how it went."""
    told, faults = await finish_top_up(info.context, begun["payment_id"])
    return {**told, "user_errors": [user_error(fault) for fault in faults]}


@strawberry.type
class TopUpMutations:
    """The mutation of the page Balance and Top up."""

    top_up: TopUpPayload | None = mutation(
        "Charge a card and add what was paid to the balance, with a receipt. Sent with a key it is charged once, "
        "however often it is sent: a repetition tells how the payment stands by then. Without a key, do not repeat it "
        "before you have looked at the payment.",
        begin,
        TopUpPayload,
        requires=Permission.EDIT_BILLING,
        idempotency=NEEDED,
        finish=finish,
    )
