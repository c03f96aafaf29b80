"""What autopayment would do."""

from typing import Any

import strawberry

from resolvers.autopayment_preview import autopayment_preview as foresee
from schema.kinds import Info, Story, column, field, money, parent_of
from schema.types.core import Money


@strawberry.type(description="What autopayment would charge, by its settings as they are.")
class AutopaymentPreview:
    """Two charges that may come, and a sentence."""

    now: Money | None = money(
        "What the balance calls for now, within the day's bounds; null where that is nothing. `reason` says whether it "
        "waits for something.",
        "now",
        nullable=True,
    )
    after_next_invoice: Money | None = money(
        "What would be charged once the next monthly or yearly invoice is booked, for the licenses that are held now; "
        "null where that is nothing, or nothing will be billed.",
        "after_next_invoice",
        nullable=True,
    )
    reason: str = column("Why it is so, in a sentence that holds no amount.")


async def _preview(root: strawberry.Parent[Any], info: Info) -> Any:
    return await foresee(info.context, parent_of(root))


def autopayment_preview() -> Any:
    """Declare the preview of an account's autopayment."""
    return field(
        "What autopayment would do now, and after the next invoice. Asking charges nothing.", Story(()), _preview
    )
