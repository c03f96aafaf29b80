"""Changing what the settings page shows: the contact, the company and the billing contact."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import ACCOUNT
from resolvers.update_billing_contact import update_billing_contact as save_billing_contact
from resolvers.update_company_information import update_company_information as save_company_information
from resolvers.update_personal_information import update_personal_information as save_personal_information
from schema.kinds import Info, lookup
from schema.mutations import Input, mutation
from schema.types.account import Account
from schema.types.settings_inputs import (
    UpdateBillingContactInput,
    UpdateCompanyInformationInput,
    UpdatePersonalInformationInput,
    typed,
)
from schema.types.user_errors import UserError, user_errors


def changed_account() -> Any:
    """Declare a payload's account, whose id the story gives as `account_id`."""
    return lookup("The account as it is now; null where nothing was changed for an error.", ACCOUNT, "account_id")


@strawberry.type(description="The account with its contact.")
class UpdatePersonalInformationPayload:
    """What changing the contact returns."""

    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was changed.")


@strawberry.type(description="The account with its company.")
class UpdateCompanyInformationPayload:
    """What changing the company returns."""

    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was changed.")


@strawberry.type(description="The account with its billing contact.")
class UpdateBillingContactPayload:
    """What changing the billing contact returns."""

    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was changed.")


async def update_personal_information(info: Info, input_: Input[UpdatePersonalInformationInput]) -> dict[str, Any]:
    """Save the contact."""
    return {"account_id": await save_personal_information(info.context, typed(input_))}


async def update_company_information(info: Info, input_: Input[UpdateCompanyInformationInput]) -> dict[str, Any]:
    """Save the company."""
    return {"account_id": await save_company_information(info.context, typed(input_))}


async def update_billing_contact(info: Info, input_: Input[UpdateBillingContactInput]) -> dict[str, Any]:
    """Save the billing contact."""
    return {"account_id": await save_billing_contact(info.context, typed(input_))}


@strawberry.type
class SettingsMutations:
    """The mutations of the settings page."""

    update_personal_information: UpdatePersonalInformationPayload | None = mutation(
        "Change whom to talk to. Nothing is changed unless all of the input is right.",
        update_personal_information,
        UpdatePersonalInformationPayload,
        requires=Permission.EDIT_ACCOUNT,
    )
    update_company_information: UpdateCompanyInformationPayload | None = mutation(
        "Change the company that holds the account, or the account's time zone. Issued invoices stay as they are.",
        update_company_information,
        UpdateCompanyInformationPayload,
        requires=Permission.EDIT_ACCOUNT,
    )
    update_billing_contact: UpdateBillingContactPayload | None = mutation(
        "Change whom to talk to about invoices and payments.",
        update_billing_contact,
        UpdateBillingContactPayload,
        requires=Permission.EDIT_ACCOUNT,
    )
