"""Adding, changing, merging and removing servers."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import ACTIVATION_KEY, SERVER
from resolvers.add_server import NewServer
from resolvers.add_server import add_server as add
from resolvers.id_lists import MOST_IDS
from resolvers.merge_servers import merge_servers as merge
from resolvers.remove_servers import remove_servers as remove
from resolvers.update_server import update_server as change
from schema import ids
from schema.kinds import Info, column, lookup
from schema.mutations import Input, mutation
from schema.payloads import changed_rows, keys_given
from schema.scalars import IPAddress
from schema.types.core import UNSET, given
from schema.types.keys import ActivationKey
from schema.types.servers import Server
from schema.types.user_errors import UserError, user_error, user_errors

MANAGE_SERVERS = Permission.MANAGE_SERVERS


@strawberry.input(description="A server that is added by hand.")
class AddServerInput:
    """A host, and the key that gives it a seat."""

    activation_key_id: strawberry.ID = strawberry.field(
        description="The key that it is registered with; the server belongs to the key's account."
    )
    hostname: str = strawberry.field(description="Its host name, at most 253 characters, kept in lower case.")
    ip: IPAddress = strawberry.field(description="Its address, one that the key allows.")
    group_id: strawberry.ID | None = strawberry.field(default=UNSET, description="The group that it is put into.")


@strawberry.type(description="The server, with its new product installed.")
class AddServerPayload:
    """What adding a server returns."""

    server: Server | None = lookup("The server.", SERVER, "server_id")
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then no server was added.")


@strawberry.input(description="How a server is changed. What is left out stays as it is.")
class UpdateServerInput:
    """A server, and what it shall be."""

    id: strawberry.ID = strawberry.field(description="The server's id.")
    hostname: str | None = strawberry.field(
        default=UNSET, description="Another host name, of a server that was added by hand; not null."
    )
    ip: IPAddress | None = strawberry.field(
        default=UNSET, description="Another address, of a server that was added by hand; not null."
    )
    group_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The group that it is put into, out of any other; null takes it out."
    )


@strawberry.type(description="The server as it is now.")
class UpdateServerPayload:
    """What changing a server returns."""

    server: Server | None = lookup("The server as it is now.", SERVER, "server_id")
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was changed.")


@strawberry.input(description="Which servers are one.")
class MergeServersInput:
    """A server, and its duplicates."""

    keep_id: strawberry.ID = strawberry.field(description="The server that is kept.")
    duplicate_ids: list[strawberry.ID] = strawberry.field(
        description=f"The servers of the same account that are merged into it, at most {MOST_IDS:,}."
    )


@strawberry.type(description="The server that is left, with what was registered on all of them.")
class MergeServersPayload:
    """What merging returns."""

    server: Server | None = lookup("The server that was kept.", SERVER, "server_id")
    deleted_ids: list[strawberry.ID] = column("The ids of the servers that are gone.")
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was merged.")


@strawberry.input(description="Which servers are removed.")
class RemoveServersInput:
    """Servers."""

    ids: list[strawberry.ID] = strawberry.field(
        description=f"The servers' ids, at most {MOST_IDS:,} different ones; one that stands twice counts once."
    )


@strawberry.type(description="What is gone, and what was refused of it.")
class RemoveServersPayload:
    """What removing servers returns."""

    deleted_ids: list[strawberry.ID] = column("The ids of the servers that are gone.")
    activation_keys: list[ActivationKey] | None = changed_rows(
        "The keys that have room now for other servers.", ACTIVATION_KEY, usually=5
    )
    user_errors: list[UserError] = user_errors(
        'Why some were not removed, each with the field `["ids", "<index>"]`; the others are gone.'
    )


async def add_server(info: Info, input_: Input[AddServerInput]) -> dict[str, Any]:
    """Add a server."""
    group = given(input_.group_id)
    typed = NewServer(
        ids.key_or_none_such("ActivationKey", input_.activation_key_id),
        input_.hostname,
        input_.ip,
        None if group is None else ids.key_or_none_such("ServerGroup", group),
    )
    return {"server_id": await add(info.context, typed)}


async def update_server(info: Info, input_: Input[UpdateServerInput]) -> dict[str, Any]:
    """Change a server."""
    fields: dict[str, Any] = {"hostname": input_.hostname, "ip": input_.ip, "groupId": input_.group_id}
    changes = {name: value for name, value in fields.items() if value is not UNSET}
    if changes.get("groupId") is not None:
        changes["groupId"] = ids.key_or_none_such("ServerGroup", changes["groupId"])
    return {"server_id": await change(info.context, ids.key_or_none_such("Server", input_.id), changes)}


async def merge_servers(info: Info, input_: Input[MergeServersInput]) -> dict[str, Any]:
    """Merge servers."""
    kept = ids.key_or_none_such("Server", input_.keep_id)
    merged = await merge(info.context, kept, keys_given("Server", input_.duplicate_ids))
    return {"server_id": merged.kept, "deleted_ids": [ids.encode("Server", key) for key in merged.gone]}


async def remove_servers(info: Info, input_: Input[RemoveServersInput]) -> dict[str, Any]:
    """Remove servers."""
    removed = await remove(info.context, keys_given("Server", input_.ids))
    return {
        "deleted_ids": [ids.encode("Server", key) for key in removed.servers],
        "activation_keys": removed.keys,
        "user_errors": [user_error(fault) for fault in removed.refused],
    }


@strawberry.type
class ServerMutations:
    """The mutations of servers."""

    add_server: AddServerPayload | None = mutation(
        "Add a server by hand. It takes a seat of the key and a license, as a registration does, until its agent "
        "registers with the same key, host name and address and adopts it. One that was added before with the same "
        "host name and address gets one product more.",
        add_server,
        AddServerPayload,
        requires=MANAGE_SERVERS,
    )
    update_server: UpdateServerPayload | None = mutation(
        "Change a server's group, and the name and address of one that was added by hand.",
        update_server,
        UpdateServerPayload,
        requires=MANAGE_SERVERS,
    )
    merge_servers: MergeServersPayload | None = mutation(
        "Merge duplicates into one server. What is registered on them is its own then; where two took a license of one "
        "type, the registration that was heard of last stays, and the other's seat is given back. The kept server is "
        "the machine that was heard of last, so that its agent goes on undisturbed.",
        merge_servers,
        MergeServersPayload,
        requires=MANAGE_SERVERS,
    )
    remove_servers: RemoveServersPayload | None = mutation(
        f"Remove servers, at most {MOST_IDS:,} at once, of one's own account and of customers. Their seats are given "
        "back; that does not end billing, since licenses are deleted separately. An agent that still runs registers "
        "its server anew.",
        remove_servers,
        RemoveServersPayload,
        requires=MANAGE_SERVERS,
    )
