"""What a server's agent calls: the activation key, then the registration's own token, is the credential."""

from typing import Any

import strawberry

from resolvers.agents import CHECK_IN_EVERY_SECONDS
from resolvers.check_in import CheckIn
from resolvers.check_in import check_in as hear
from resolvers.register_server import Asked
from resolvers.register_server import register_server as register
from resolvers.unregister_server import unregister_server as unregister
from schema.kinds import Info, column
from schema.mutations import Input, mutation
from schema.scalars import DateTime
from schema.types.core import UNSET, given
from schema.types.user_errors import UserError, user_errors


@strawberry.input(description="A machine, and the key that it registers with.")
class RegisterServerInput:
    """What an agent knows of its machine."""

    activation_key: str = strawberry.field(description="The activation key, whole.")
    machine_id: str = strawberry.field(
        description="What the machine goes by for good, such as its `/etc/machine-id`: 1 to 128 printable ASCII "
        "characters without blanks. The same id is the same server."
    )
    hostname: str = strawberry.field(description="The machine's host name, in any case; at most 253 characters.")
    version: str | None = strawberry.field(
        default=UNSET, description="The version of what is installed, at most 100 characters."
    )


@strawberry.type(description="The server is registered.")
class RegisterServerPayload:
    """What registering returns."""

    server_token: str | None = column(
        "The registration's token, for `checkIn` and `unregisterServer`. The same registration has the same token "
        "however often it is asked for."
    )
    check_in_every_seconds: int | None = column("How often to call `checkIn`.")
    user_errors: list[UserError] = user_errors("Every reason why the server was not registered; empty on success.")


@strawberry.input(description="That a server still runs, as its agent tells.")
class CheckInInput:
    """What an agent tells of its registration."""

    server_token: str = strawberry.field(description="The token that `registerServer` returned.")
    at: DateTime | None = strawberry.field(
        default=UNSET,
        description="When the agent answered; now where it is left out, and where it is ahead of the gateway's clock. "
        "A time that is not after the last check-in changes nothing.",
    )
    ok: bool = strawberry.field(default=True, description="Whether that went well; a check-in that did not is none.")
    version: str | None = strawberry.field(
        default=UNSET, description="The version of what is installed, at most 100 characters; the last one stays."
    )


@strawberry.type(description="Whether the server may go on.")
class CheckInPayload:
    """What checking in returns."""

    licensed: bool = column(
        "Whether the registration stands and its account is not locked. Where it is false and `userErrors` is empty, "
        "the account is locked: check in again later."
    )
    check_in_every_seconds: int | None = column("How often to check in.")
    user_errors: list[UserError] = user_errors("Why nothing was heard; empty on success.")


@strawberry.input(description="Which registration ends.")
class UnregisterServerInput:
    """A registration by its token."""

    server_token: str = strawberry.field(description="The token that `registerServer` returned.")


@strawberry.type(description="The registration has ended, and its seat is free.")
class UnregisterServerPayload:
    """What unregistering returns."""

    unregistered: bool = column("Whether a registration has ended with this call.")
    user_errors: list[UserError] = user_errors("Why nothing has ended; empty on success.")


async def register_server(info: Info, input_: Input[RegisterServerInput]) -> dict[str, Any]:
    """Register."""
    asked = Asked(input_.activation_key, input_.machine_id, input_.hostname, given(input_.version))
    token = await register(info.context, asked)
    return {"server_token": token, "check_in_every_seconds": CHECK_IN_EVERY_SECONDS}


async def check_in(info: Info, input_: Input[CheckInInput]) -> dict[str, Any]:
    """Check in."""
    told = CheckIn(input_.server_token, given(input_.at), input_.ok, given(input_.version))
    return {"licensed": await hear(info.context, told), "check_in_every_seconds": CHECK_IN_EVERY_SECONDS}


async def unregister_server(info: Info, input_: Input[UnregisterServerInput]) -> dict[str, Any]:
    """Unregister."""
    await unregister(info.context, input_.server_token)
    return {"unregistered": True}


@strawberry.type
class AgentMutations:
    """The mutations of servers' agents."""

    register_server: RegisterServerPayload | None = mutation(
        "Register a server with an activation key, which takes a seat of the key and a license of its type. The same "
        "machine again is the same registration: it takes nothing more and has the same token, so a call whose answer "
        "was lost can be repeated. Another key of the same license type takes the registration over. A server that was "
        "added by hand with this key, host name and address becomes the machine's.",
        register_server,
        RegisterServerPayload,
        public=True,
    )
    check_in: CheckInPayload | None = mutation(
        "Tell that a registered server still runs, and learn whether it may go on.",
        check_in,
        CheckInPayload,
        public=True,
    )
    unregister_server: UnregisterServerPayload | None = mutation(
        "End a registration, which gives its seat back, and remove the server where it has no other. The token is good "
        "for nothing afterwards; the machine can register again, and is then told another.",
        unregister_server,
        UnregisterServerPayload,
        public=True,
    )
