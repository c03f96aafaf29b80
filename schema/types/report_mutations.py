"""Making, changing and deleting report configurations."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import REPORT_CONFIG
from models.enums import ReportFrequency, ReportKind
from models.queries.report_configs import MOST_REPORT_CONFIGS
from resolvers.create_report_config import create_report_config as create
from resolvers.delete_report_config import delete_report_config as delete
from resolvers.report_times import SENT_AT
from resolvers.update_report_config import update_report_config as change
from schema import ids
from schema.kinds import Info, column, lookup
from schema.mutations import Input, mutation
from schema.payloads import keys_given
from schema.scalars import EmailAddress
from schema.types.account import Account
from schema.types.core import UNSET
from schema.types.requests import ReportConfig
from schema.types.settings import changed_account
from schema.types.user_errors import UserError, user_errors

VIEW_REPORTS = Permission.VIEW_REPORTS
HOUR = f"{SENT_AT:%H:%M}"
PRODUCTS = "The products that it covers, at most 1,000; all where empty or null."


@strawberry.input(description="What is mailed to whom, and how often.")
class CreateReportConfigInput:
    """A new configuration."""

    email: EmailAddress = strawberry.field(description="Where the report is sent.")
    kind: ReportKind = strawberry.field(description="What it is about.")
    frequency: ReportFrequency = strawberry.field(description="How often it is sent.")
    product_ids: list[strawberry.ID] | None = strawberry.field(default=UNSET, description=PRODUCTS)
    enabled: bool = strawberry.field(default=True, description="Whether it is sent at all.")


@strawberry.type(description="The report configuration, made.")
class CreateReportConfigPayload:
    """What making returns."""

    report_config: ReportConfig | None = lookup("The configuration as the list has it.", REPORT_CONFIG, "config_id")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was made.")


@strawberry.input(description="How a report configuration is changed. What is left out stays as it is.")
class UpdateReportConfigInput:
    """A configuration, and what it shall be."""

    id: strawberry.ID = strawberry.field(description="The configuration's id.")
    email: EmailAddress | None = strawberry.field(default=UNSET, description="Where it is sent; not null.")
    kind: ReportKind | None = strawberry.field(default=UNSET, description="What it is about; not null.")
    frequency: ReportFrequency | None = strawberry.field(
        default=UNSET, description="How often it is sent; not null. The next time is set anew."
    )
    product_ids: list[strawberry.ID] | None = strawberry.field(default=UNSET, description=PRODUCTS)
    enabled: bool | None = strawberry.field(
        default=UNSET, description="Whether it is sent at all; not null. Switched on again, its next time is set anew."
    )


@strawberry.type(description="The report configuration as it is now.")
class UpdateReportConfigPayload:
    """What changing returns."""

    report_config: ReportConfig | None = lookup("The configuration as it is now.", REPORT_CONFIG, "config_id")
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was changed.")


@strawberry.input(description="Which report configuration is deleted.")
class DeleteReportConfigInput:
    """A configuration."""

    id: strawberry.ID = strawberry.field(description="The configuration's id.")


@strawberry.type(description="The report configuration is gone: nothing of it is sent any more.")
class DeleteReportConfigPayload:
    """What deleting returns."""

    deleted_id: strawberry.ID | None = column("The id of the configuration that is gone.")
    account: Account | None = changed_account()
    user_errors: list[UserError] = user_errors("Why nothing was deleted; empty on success.")


async def create_report_config(info: Info, input_: Input[CreateReportConfigInput]) -> dict[str, Any]:
    """Make."""
    products = keys_given("Product", input_.product_ids)
    config_id = await create(
        info.context, input_.email, input_.kind, input_.frequency, products, enabled=input_.enabled
    )
    return {"config_id": config_id, "account_id": info.context.values["me"]}


async def update_report_config(info: Info, input_: Input[UpdateReportConfigInput]) -> dict[str, Any]:
    """Change."""
    names = ("email", "kind", "frequency", "enabled")
    given = {name: value for name in names if (value := getattr(input_, name)) is not UNSET}
    if input_.product_ids is not UNSET:
        given["product_ids"] = keys_given("Product", input_.product_ids)
    return {"config_id": await change(info.context, ids.key_or_none_such("ReportConfig", input_.id), given)}


async def delete_report_config(info: Info, input_: Input[DeleteReportConfigInput]) -> dict[str, Any]:
    """Delete."""
    account_id = await delete(info.context, ids.key_or_none_such("ReportConfig", input_.id))
    return {"deleted_id": input_.id, "account_id": account_id}


@strawberry.type
class ReportMutations:
    """The mutations of report configurations."""

    create_report_config: CreateReportConfigPayload | None = mutation(
        f"Have a report mailed regularly, at {HOUR} in the account's time zone: every day about the day before, on "
        "Mondays about the week before, or on the first about the month before. It is sent for as long as whoever "
        f"changed it last may see what is in it. An account has at most {MOST_REPORT_CONFIGS} configurations.",
        create_report_config,
        CreateReportConfigPayload,
        requires=VIEW_REPORTS,
    )
    update_report_config: UpdateReportConfigPayload | None = mutation(
        "Change a report configuration, or switch it off or on.",
        update_report_config,
        UpdateReportConfigPayload,
        requires=VIEW_REPORTS,
    )
    delete_report_config: DeleteReportConfigPayload | None = mutation(
        "Delete a report configuration.",
        delete_report_config,
        DeleteReportConfigPayload,
        requires=VIEW_REPORTS,
    )
