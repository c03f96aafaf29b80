"""Removing activation keys."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import LICENSE
from resolvers.id_lists import MOST_IDS
from resolvers.remove_activation_keys import remove_activation_keys as remove
from schema import ids
from schema.kinds import Info, column
from schema.mutations import Input, mutation
from schema.payloads import changed_rows, keys_given
from schema.types.products import License
from schema.types.user_errors import UserError, user_error, user_errors


@strawberry.input(description="Which activation keys are removed.")
class RemoveActivationKeysInput:
    """Keys."""

    ids: list[strawberry.ID] = strawberry.field(
        description=f"The keys' ids, at most {MOST_IDS:,} different ones; one that stands twice counts once."
    )


@strawberry.type(description="What is gone, and what was refused of it.")
class RemoveActivationKeysPayload:
    """What removing keys returns."""

    deleted_ids: list[strawberry.ID] = column("The ids of the keys that are gone.")
    deleted_server_ids: list[strawberry.ID] = column(
        "The ids of the servers that had no other registration, and are gone with them."
    )
    licenses: list[License] | None = changed_rows("The pools that they took licenses from.", LICENSE, usually=3)
    user_errors: list[UserError] = user_errors(
        'Why some were not removed, each with the field `["ids", "<index>"]`; the others are gone.'
    )


async def remove_activation_keys(info: Info, input_: Input[RemoveActivationKeysInput]) -> dict[str, Any]:
    """Remove keys."""
    removed = await remove(info.context, keys_given("ActivationKey", input_.ids))
    return {
        "deleted_ids": [ids.encode("ActivationKey", key) for key in removed.keys],
        "deleted_server_ids": await ids.encode_all("Server", removed.servers),
        "licenses": removed.licenses,
        "user_errors": [user_error(fault) for fault in removed.refused],
    }


@strawberry.type
class KeyRemovalMutations:
    """The mutation that removes activation keys."""

    remove_activation_keys: RemoveActivationKeysPayload | None = mutation(
        f"Remove activation keys, at most {MOST_IDS:,} at once, of one's own account and of customers. Their "
        "registrations go with them, and the servers that have no other. The default key of a license type is refused "
        "by itself.",
        remove_activation_keys,
        RemoveActivationKeysPayload,
        requires=Permission.CREATE_ACTIVATION_KEYS,
    )
