"""What payloads of several rows are declared with."""

from typing import Any
from uuid import UUID

import strawberry

from auth.permissions import Permission
from models.entities import Entity
from schema import ids
from schema.directives import described, guards, sized
from schema.kinds import Info
from schema.types.core import UNSET

CUSTOMER_ID = "The customer that a reseller acts for; one's own account where it is left out."


def customer_id() -> Any:
    """Declare the `customerId` of an input."""
    return strawberry.field(default=UNSET, description=CUSTOMER_ID)


def customer_key(given: str | None) -> Any:
    """The customer that an input names; None where it names none."""
    return None if given is None or given is UNSET else ids.key_or_none_such("Customer", given)


def changed_rows(description: str, entity: Entity, requires: Permission | None = None, *, usually: int) -> Any:
    """Declare a payload's list of rows, whose ids the story gives under the field's name. What is gone is left out."""

    async def resolve(root: Any, info: Info) -> Any:
        ids_ = root[info.python_name]
        if ids_ is None:
            return None
        found = await info.context.loaders.many_by_id(entity, ids_)
        for one in found:
            if isinstance(one, Exception):
                raise one
        return [row for row in found if row is not None]

    return strawberry.field(
        resolver=resolve,
        description=described(description, requires),
        directives=[*guards(requires), *sized(usually)],
    )


def keys_given(type_name: str, given: list[strawberry.ID] | None) -> list[UUID]:
    """The keys of a list of ids in an input, in its order; none where it was left out."""
    listed = [] if given is None or given is UNSET else given
    return [ids.key_or_none_such(type_name, id_) for id_ in listed]
