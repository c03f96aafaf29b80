"""Setting autopayment."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.enums import AutopaymentMode
from resolvers.amounts import Amount
from resolvers.update_autopayment import METHOD, TARGET, THRESHOLD, Wanted
from resolvers.update_autopayment import update_autopayment as save
from schema import ids
from schema.kinds import Info
from schema.mutations import Input, mutation
from schema.types.account import Account
from schema.types.core import UNSET, MoneyInput, amount_of
from schema.types.settings import changed_account
from schema.types.user_errors import UserError, user_errors


@strawberry.input(description="When and how far the balance is filled without asking. What is left out stays as it is.")
class UpdateAutopaymentInput:
    """The rule, its amounts, and a card."""

    mode: AutopaymentMode = strawberry.field(description="The rule. Any but OFF needs a payment method.")
    threshold: MoneyInput | None = strawberry.field(
        default=UNSET,
        description="AUTO_ADD_FUNDS charges when the balance falls below this, and in any mode the balance is then told"
        " to be low. Null clears it: then it is 100.00, or 10,000 in a currency without decimal places.",
    )
    target_balance: MoneyInput | None = strawberry.field(
        default=UNSET,
        description="AUTO_ADD_FUNDS charges up to this, which may not be less than the threshold. Null clears it, in "
        "the other modes.",
    )
    payment_method_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The card that is charged; null for whichever is the default one."
    )


@strawberry.type(description="The account with its autopayment.")
class UpdateAutopaymentPayload:
    """What setting autopayment returns."""

    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was changed.")


async def update_autopayment(info: Info, input_: Input[UpdateAutopaymentInput]) -> dict[str, Any]:
    """Save the settings."""
    amounts = {THRESHOLD: input_.threshold, TARGET: input_.target_balance}
    given: dict[str, Amount | None] = {
        field: None if amount is None else amount_of(amount) for field, amount in amounts.items() if amount is not UNSET
    }
    card = input_.payment_method_id
    key = None if card is None or card is UNSET else ids.key_or_none_such("PaymentMethod", card)
    wanted = Wanted(input_.mode, given, {} if card is UNSET else {METHOD: key})
    return {"account_id": await save(info.context, wanted)}


@strawberry.type
class AutopaymentMutations:
    """The mutation of autopayment."""

    update_autopayment: UpdateAutopaymentPayload | None = mutation(
        "Set when and how far the balance is filled without asking. Nothing is changed unless all of the input is "
        "right.",
        update_autopayment,
        UpdateAutopaymentPayload,
        requires=Permission.EDIT_BILLING,
    )
