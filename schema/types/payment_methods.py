"""Cards and the billing e-mail, as logins change them. A card's number never comes through here."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import PAYMENT_METHOD
from models.queries.payment_methods import MOST_METHODS
from resolvers.acting import acting
from resolvers.add_payment_method import add_payment_method as store_card
from resolvers.add_payment_method import confirmed_card
from resolvers.begin_payment_method import begin_payment_method as begin_card
from resolvers.ports import Card
from resolvers.remove_payment_method import remove_payment_method as remove_card
from resolvers.set_default_payment_method import set_default_payment_method as choose_card
from resolvers.update_billing_email import update_billing_email as save_billing_email
from schema import ids
from schema.idempotency import SHOWS_SECRET
from schema.kinds import Info, column, lookup
from schema.mutations import Input, mutation
from schema.scalars import URL, EmailAddress
from schema.types.account import Account
from schema.types.billing import PaymentMethod
from schema.types.core import UNSET, given
from schema.types.settings import changed_account
from schema.types.user_errors import UserError, user_errors

EDIT_CREDIT_CARDS = Permission.EDIT_CREDIT_CARDS


@strawberry.input(description="Where the browser goes once its user has given a card to the payment provider.")
class BeginPaymentMethodInput:
    """A page to return to."""

    return_url: URL | None = strawberry.field(
        default=UNSET,
        description="A page to return to, over https, of at most 2,000 characters. It is kept with what was begun, for "
        "the page that takes the card.",
    )


@strawberry.type(description="A card was begun: its holder gives it to the payment provider now.")
class BeginPaymentMethodPayload:
    """What beginning returns."""

    client_secret: str | None = column(
        "What the payment provider's library takes the card with. Shown once; the part before `_secret_` is the token "
        "for addPaymentMethod."
    )
    user_errors: list[UserError] = user_errors("Why nothing was begun; empty on success.")


@strawberry.input(description="A card that the payment provider has confirmed.")
class AddPaymentMethodInput:
    """A token of the provider's."""

    provider_token: str = strawberry.field(
        description="The id of what was begun, or of the payment method that came of it: `seti_…` or `pm_…`."
    )
    make_default: bool = strawberry.field(
        default=False, description="Whether charges shall go to it where no other is named; the first card always is."
    )


@strawberry.type(description="The card is stored. One that was there already is renewed, and not stored twice.")
class AddPaymentMethodPayload:
    """What adding returns."""

    payment_method: PaymentMethod | None = lookup("The card.", PAYMENT_METHOD, "payment_method_id")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Why no card was stored; empty on success.")


@strawberry.input(description="Which card is charged where no other is named.")
class SetDefaultPaymentMethodInput:
    """A card."""

    id: strawberry.ID = strawberry.field(description="The payment method's id.")


@strawberry.type(description="The card is the default.")
class SetDefaultPaymentMethodPayload:
    """What choosing returns."""

    payment_method: PaymentMethod | None = lookup("The card.", PAYMENT_METHOD, "payment_method_id")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Why the default is what it was; empty on success.")


@strawberry.input(description="Which card is removed.")
class RemovePaymentMethodInput:
    """A card."""

    id: strawberry.ID = strawberry.field(description="The payment method's id.")


@strawberry.type(description="The card is gone, here and at the payment provider.")
class RemovePaymentMethodPayload:
    """What removing returns."""

    deleted_id: strawberry.ID | None = column("The id of the card that is gone.")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Why no card was removed; empty on success.")


@strawberry.input(description="Where invoices and payment failures are mailed.")
class UpdateBillingEmailInput:
    """An address."""

    email: EmailAddress = strawberry.field(description="The address. It need not be one that signs in.")


@strawberry.type(description="The account with its billing e-mail.")
class UpdateBillingEmailPayload:
    """What changing the billing e-mail returns."""

    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("What is wrong with the address; empty on success.")


async def begin_payment_method(info: Info, input_: Input[BeginPaymentMethodInput]) -> dict[str, Any]:
    """Begin."""
    return {"client_secret": await begin_card(info.context, given(input_.return_url))}


async def ask_for_card(info: Info, input_: Input[AddPaymentMethodInput]) -> Card:
    """Ask the provider."""
    return await confirmed_card(info.context, input_.provider_token)


async def add_payment_method(info: Info, input_: AddPaymentMethodInput, card: Card) -> dict[str, Any]:
    """Store what it has confirmed."""
    stored = await store_card(info.context, card, make_default=input_.make_default)
    return {"payment_method_id": stored, "account_id": acting(info.context).account_id}


async def set_default_payment_method(info: Info, input_: Input[SetDefaultPaymentMethodInput]) -> dict[str, Any]:
    """Choose."""
    method_id = ids.key_or_none_such("PaymentMethod", input_.id)
    return {"account_id": await choose_card(info.context, method_id), "payment_method_id": method_id}


async def remove_payment_method(info: Info, input_: Input[RemovePaymentMethodInput]) -> dict[str, Any]:
    """Remove."""
    account_id = await remove_card(info.context, ids.key_or_none_such("PaymentMethod", input_.id))
    return {"account_id": account_id, "deleted_id": input_.id}


async def update_billing_email(info: Info, input_: Input[UpdateBillingEmailInput]) -> dict[str, Any]:
    """Save the address."""
    return {"account_id": await save_billing_email(info.context, input_.email)}


@strawberry.type
class PaymentMethodMutations:
    """The mutations of the page Payment methods, autopayment apart."""

    begin_payment_method: BeginPaymentMethodPayload | None = mutation(
        "Begin to add a card. Its number goes from its holder's browser to the payment provider, never to this API.",
        begin_payment_method,
        BeginPaymentMethodPayload,
        requires=EDIT_CREDIT_CARDS,
        idempotency=SHOWS_SECRET,
    )
    add_payment_method: AddPaymentMethodPayload | None = mutation(
        f"Add a card that its holder has given to the payment provider; an account has at most {MOST_METHODS}. A card "
        "that is there already is not added twice: it keeps its id and takes over what is new, such as a later expiry.",
        add_payment_method,
        AddPaymentMethodPayload,
        requires=EDIT_CREDIT_CARDS,
        ahead=ask_for_card,
    )
    set_default_payment_method: SetDefaultPaymentMethodPayload | None = mutation(
        "Let charges go to this card where no other is named.",
        set_default_payment_method,
        SetDefaultPaymentMethodPayload,
        requires=EDIT_CREDIT_CARDS,
    )
    remove_payment_method: RemovePaymentMethodPayload | None = mutation(
        "Remove a card. Where it was the default, the newest of the others is; autopayment that named it charges the "
        "default. A card that is just being charged stays, and so does the last one while autopayment is on.",
        remove_payment_method,
        RemovePaymentMethodPayload,
        requires=EDIT_CREDIT_CARDS,
    )
    update_billing_email: UpdateBillingEmailPayload | None = mutation(
        "Change where invoices and payment failures are mailed.",
        update_billing_email,
        UpdateBillingEmailPayload,
        requires=Permission.EDIT_BILLING,
    )
