"""Making, filling and deleting groups of servers."""

from typing import Any

import strawberry

from auth.permissions import Permission
from models.entities import SERVER, SERVER_GROUP
from models.queries.groups import MOST_GROUPS
from resolvers.create_server_group import create_server_group as create
from resolvers.delete_server_group import delete_server_group as delete
from resolvers.id_lists import MOST_IDS
from resolvers.update_server_group import update_server_group as change
from schema import ids
from schema.kinds import Info, column, lookup
from schema.mutations import Input, mutation
from schema.payloads import changed_rows, customer_id, customer_key, keys_given
from schema.types.core import UNSET
from schema.types.servers import Server, ServerGroup
from schema.types.user_errors import UserError, user_errors

MANAGE_SERVERS = Permission.MANAGE_SERVERS


@strawberry.input(description="A group of servers, and what is in it from the start.")
class CreateServerGroupInput:
    """A name, and servers."""

    customer_id: strawberry.ID | None = customer_id()
    name: str = strawberry.field(
        description="Its name, at most 100 characters, unique in the account whatever the case."
    )
    server_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description=f"Servers that are put into it, out of any other group; at most {MOST_IDS:,}."
    )


@strawberry.type(description="The group, with the servers that were put into it.")
class CreateServerGroupPayload:
    """What making a group returns."""

    server_group: ServerGroup | None = lookup("The new group.", SERVER_GROUP, "server_group_id")
    servers: list[Server] | None = changed_rows("The servers that the input names.", SERVER, usually=20)
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then no group was made.")


@strawberry.input(description="How a group of servers is changed. What is left out stays as it is.")
class UpdateServerGroupInput:
    """A group, and what shall be in it."""

    id: strawberry.ID = strawberry.field(description="The group's id.")
    name: str | None = strawberry.field(
        default=UNSET, description="Another name, at most 100 characters, unique in the account; not null."
    )
    add_server_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description=f"Servers that are put into it, out of any other group; at most {MOST_IDS:,}."
    )
    remove_server_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET,
        description=f"Servers that are taken out, at most {MOST_IDS:,}; one that is not in it stays where it is.",
    )


@strawberry.type(description="The group as it is now, with the servers that were put into it or taken out.")
class UpdateServerGroupPayload:
    """What changing a group returns."""

    server_group: ServerGroup | None = lookup("The group as it is now.", SERVER_GROUP, "server_group_id")
    servers: list[Server] | None = changed_rows("The servers that the input names.", SERVER, usually=20)
    user_errors: list[UserError] = user_errors("Everything that is wrong with the input; then nothing was changed.")


@strawberry.input(description="Which group of servers is deleted.")
class DeleteServerGroupInput:
    """A group."""

    id: strawberry.ID = strawberry.field(description="The group's id.")


@strawberry.type(description="The group is gone; its servers are in none.")
class DeleteServerGroupPayload:
    """What deleting a group returns."""

    deleted_id: strawberry.ID | None = column("The id of the group that is gone.")
    user_errors: list[UserError] = user_errors("Why no group was deleted; empty on success.")


async def create_server_group(info: Info, input_: Input[CreateServerGroupInput]) -> dict[str, Any]:
    """Make a group."""
    servers = keys_given("Server", input_.server_ids)
    made = await create(info.context, customer_key(input_.customer_id), input_.name, servers)
    return {"server_group_id": made.id, "servers": made.servers}


async def update_server_group(info: Info, input_: Input[UpdateServerGroupInput]) -> dict[str, Any]:
    """Change a group."""
    changed = await change(
        info.context,
        ids.key_or_none_such("ServerGroup", input_.id),
        None if input_.name is UNSET else (input_.name,),
        keys_given("Server", input_.add_server_ids),
        keys_given("Server", input_.remove_server_ids),
    )
    return {"server_group_id": changed.id, "servers": changed.servers}


async def delete_server_group(info: Info, input_: Input[DeleteServerGroupInput]) -> dict[str, Any]:
    """Delete a group."""
    await delete(info.context, ids.key_or_none_such("ServerGroup", input_.id))
    return {"deleted_id": input_.id}


@strawberry.type
class GroupMutations:
    """The mutations of groups of servers."""

    create_server_group: CreateServerGroupPayload | None = mutation(
        f"Make a group of servers, of which an account has at most {MOST_GROUPS}. A server is in at most one: putting "
        "it into a group takes it out of another.",
        create_server_group,
        CreateServerGroupPayload,
        requires=MANAGE_SERVERS,
    )
    update_server_group: UpdateServerGroupPayload | None = mutation(
        "Rename a group of servers, put servers into it, and take servers out.",
        update_server_group,
        UpdateServerGroupPayload,
        requires=MANAGE_SERVERS,
    )
    delete_server_group: DeleteServerGroupPayload | None = mutation(
        "Delete a group of servers. The servers stay, in no group.",
        delete_server_group,
        DeleteServerGroupPayload,
        requires=MANAGE_SERVERS,
    )
