"""Creating and changing activation keys."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import ACTIVATION_KEY
from models.queries.activation_keys import MOST_NETWORKS
from resolvers.create_activation_key import WantedKey
from resolvers.create_activation_key import create_activation_key as create
from resolvers.update_activation_key import update_activation_key as change
from schema import ids
from schema.kinds import Info, lookup
from schema.mutations import Input, mutation
from schema.payloads import customer_id, customer_key
from schema.types.core import UNSET, given
from schema.types.keys import ActivationKey
from schema.types.user_errors import UserError, user_errors

CREATE_ACTIVATION_KEYS = Permission.CREATE_ACTIVATION_KEYS
NETWORKS = (
    f"The networks, in CIDR notation, that servers may register from, at most {MOST_NETWORKS}; a single address is the "
    "smallest network."
)


@strawberry.input(description="What an activation key is created for.")
class CreateActivationKeyInput:
    """A product's license type, and what limits the key."""

    customer_id: strawberry.ID | None = customer_id()
    product_id: strawberry.ID = strawberry.field(description="The product that it activates.")
    license_type_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="The type of license that a server takes. It may be left out where the product has only one.",
    )
    limit: int | None = strawberry.field(
        default=UNSET, description="How many servers may register, at least 1; unlimited where left out."
    )
    note: str | None = strawberry.field(
        default=UNSET, description="The account's own words about it, at most 100 characters."
    )
    allowed_addresses: list[str] | None = strawberry.field(
        default=UNSET, description=f"{NETWORKS} Any where left out or empty."
    )


@strawberry.type(description="The key, ready to register servers with.")
class CreateActivationKeyPayload:
    """What creating a key returns."""

    activation_key: ActivationKey | None = lookup("The new key.", ACTIVATION_KEY, "activation_key_id")
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then no key was created.")


@strawberry.input(description="How an activation key is changed. What is left out stays as it is.")
class UpdateActivationKeyInput:
    """A key, and what it shall be."""

    id: strawberry.ID = strawberry.field(description="The key's id.")
    limit: int | None = strawberry.field(
        default=UNSET,
        description="How many servers may register, at least 1 and not less than do; null for unlimited.",
    )
    note: str | None = strawberry.field(
        default=UNSET, description="The account's own words about it, at most 100 characters; null clears it."
    )
    allowed_addresses: list[str] | None = strawberry.field(
        default=UNSET, description=f"{NETWORKS} Null or an empty list allows any. Registered servers stay."
    )


@strawberry.type(description="The key as it is now.")
class UpdateActivationKeyPayload:
    """What changing a key returns."""

    activation_key: ActivationKey | None = lookup("The key as it is now.", ACTIVATION_KEY, "activation_key_id")
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was changed.")


async def create_activation_key(info: Info, input_: Input[CreateActivationKeyInput]) -> dict[str, Any]:
    """Create a key."""
    license_type = given(input_.license_type_id)
    wanted = WantedKey(
        ids.key_or_none_such("Product", input_.product_id),
        None if license_type is None else ids.key_or_none_such("LicenseType", license_type),
        given(input_.limit),
        given(input_.note),
        given(input_.allowed_addresses),
    )
    return {"activation_key_id": await create(info.context, customer_key(input_.customer_id), wanted)}


async def update_activation_key(info: Info, input_: Input[UpdateActivationKeyInput]) -> dict[str, Any]:
    """Change a key."""
    fields = {"limit": input_.limit, "note": input_.note, "allowedAddresses": input_.allowed_addresses}
    changes = {name: value for name, value in fields.items() if value is not UNSET}
    key = ids.key_or_none_such("ActivationKey", input_.id)
    return {"activation_key_id": await change(info.context, key, changes)}


@strawberry.type
class KeyMutations:
    """The mutations of activation keys."""

    create_activation_key: CreateActivationKeyPayload | None = mutation(
        "Create an activation key. The first key of a license type is its default, which cannot be removed. The "
        "account need not be subscribed to the product yet; servers register once it is.",
        create_activation_key,
        CreateActivationKeyPayload,
        requires=CREATE_ACTIVATION_KEYS,
    )
    update_activation_key: UpdateActivationKeyPayload | None = mutation(
        "Change an activation key's limit, its note, or the networks that servers may register from.",
        update_activation_key,
        UpdateActivationKeyPayload,
        requires=CREATE_ACTIVATION_KEYS,
    )
