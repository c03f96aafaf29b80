"""Asking beforehand whether a registration would be refused."""

from typing import Annotated, Any

import strawberry

import resolvers.registration_check
from schema.kinds import Info, column
from schema.scalars import IPAddress
from schema.types.core import UNSET, given
from schema.types.user_errors import UserError, user_error, user_errors

Key = Annotated[str, strawberry.argument(description="The activation key, whole.")]
Address = Annotated[
    IPAddress | None,
    strawberry.argument(
        description="The address that the server would register from. It counts for those who may see the servers of "
        "the key's account; for others, and where it is left out, the address is the one that the call comes from."
    ),
]


@strawberry.type(description="Whether a key would register one server more.")
class RegistrationCheck:
    """A registration that was judged and not made."""

    allowed: bool = column("Whether nothing speaks against it.")
    reasons: list[UserError] = user_errors("Every reason for which it would be refused.")
    key_room: int | None = column(
        "How many more servers the key's own limit lets in; null for an unlimited key and for an unknown one."
    )
    pool_room: int | None = column(
        "How many licenses of the key's type are free; null for an unknown key, and for those who may not see the "
        "servers of the key's account."
    )


async def registration_check(info: Info, activation_key: Key, ip: Address = UNSET) -> Any:
    """Judge a registration without making it."""
    check = await resolvers.registration_check.registration_check(info.context, activation_key, given(ip))
    return {
        "allowed": not check.reasons,
        "reasons": [user_error(fault) for fault in check.reasons],
        "key_room": check.key_room,
        "pool_room": check.pool_room,
    }
