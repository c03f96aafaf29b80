"""What resellers do about their customers' accounts: opening them, inviting who shall own them, and funding them."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import CUSTOMER
from resolvers.acting import acting
from resolvers.create_customer import create_customer as create
from resolvers.forms import Typed
from resolvers.invite_customer import invite_customer as invite
from resolvers.transfer_funds import transfer_funds as transfer
from schema import ids
from schema.idempotency import NEEDED
from schema.kinds import Info, lookup
from schema.mutations import Input, mutation
from schema.scalars import EmailAddress
from schema.types.account import Account
from schema.types.core import MoneyInput, amount_of
from schema.types.customers import Customer
from schema.types.settings import changed_account
from schema.types.user_errors import UserError, user_errors

EDIT_ACCOUNT = Permission.EDIT_ACCOUNT


@strawberry.input(description="Which company becomes a customer.")
class CreateCustomerInput:
    """A company, and whom to invite."""

    email: EmailAddress = strawberry.field(description="The address that is invited to be the account's master.")
    company_name: str = strawberry.field(description="The company's name, at most 200 characters.")
    country: str = strawberry.field(description="The company's country: two letters of ISO 3166-1, such as DE.")


@strawberry.type(description="The customer, whose account is open. Its master is invited.")
class CreateCustomerPayload:
    """What opening a customer's account returns."""

    customer: Customer | None = lookup("The new customer.", CUSTOMER, "customer_id")
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was opened.")


@strawberry.input(description="Who is invited to be the master of a customer's account.")
class InviteCustomerInput:
    """A customer, and an address."""

    customer_id: strawberry.ID = strawberry.field(description="The customer's id.")
    email: EmailAddress = strawberry.field(description="The address that is invited, the same as before or another.")


@strawberry.type(description="The customer, to whose account another invitation leads now.")
class InviteCustomerPayload:
    """What inviting a customer's master returns."""

    customer: Customer | None = lookup("The customer.", CUSTOMER, "customer_id")
    user_errors: list[UserError] = user_errors("Why nobody was invited; empty on success.")


@strawberry.input(description="How much a customer is given.")
class TransferFundsInput:
    """A customer, and an amount."""

    customer_id: strawberry.ID = strawberry.field(description="The customer's id.")
    amount: MoneyInput = strawberry.field(description="More than nothing, in the currency of both accounts.")


@strawberry.type(description="Both accounts, once the money was moved. Each has a document of it.")
class TransferFundsPayload:
    """What a transfer returns."""

    account: Account | None = changed_account()
    customer: Customer | None = lookup("The customer.", CUSTOMER, "customer_id")
    user_errors: list[UserError] = user_errors("Why no money was moved; empty on success.")


async def create_customer(info: Info, input_: Input[CreateCustomerInput]) -> dict[str, Any]:
    """Open an account."""
    typed: Typed = {("email",): input_.email, ("companyName",): input_.company_name, ("country",): input_.country}
    return {"customer_id": await create(info.context, typed)}


async def invite_customer(info: Info, input_: Input[InviteCustomerInput]) -> dict[str, Any]:
    """Invite."""
    customer_id = ids.key_or_none_such("Customer", input_.customer_id)
    return {"customer_id": await invite(info.context, customer_id, input_.email)}


async def transfer_funds(info: Info, input_: Input[TransferFundsInput]) -> dict[str, Any]:
    """Transfer."""
    customer_id = ids.key_or_none_such("Customer", input_.customer_id)
    await transfer(info.context, customer_id, amount_of(input_.amount))
    return {"account_id": acting(info.context).account_id, "customer_id": customer_id}


@strawberry.type
class ResellingMutations:
    """The mutations of resellers."""

    create_customer: CreateCustomerPayload | None = mutation(
        "Open an account for a customer, for resellers alone. It is there at once, in the reseller's currency; its "
        "address becomes the master login when the mailed invitation is accepted, within 7 days. The answer does not "
        "tell whether the address signs in elsewhere; if it does, its owner is told, and there is nothing to accept.",
        create_customer,
        CreateCustomerPayload,
        requires=EDIT_ACCOUNT,
    )
    invite_customer: InviteCustomerPayload | None = mutation(
        "Invite the master of a customer's account again, at the same address or another. An invitation that is still "
        "open is void then. Once one was accepted there is no other: the account is its master's.",
        invite_customer,
        InviteCustomerPayload,
        requires=EDIT_ACCOUNT,
    )
    transfer_funds: TransferFundsPayload | None = mutation(
        "Move money from a reseller's balance, which must cover it, to a customer's. Each account gets a "
        "PAYMENT_RECEIVED of it: negative for the reseller, positive for the customer.",
        transfer_funds,
        TransferFundsPayload,
        requires=Permission.EDIT_BILLING,
        idempotency=NEEDED,
    )
