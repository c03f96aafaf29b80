"""The one factory of mutations: a fault that the caller can mend becomes data, everything else an error."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import strawberry

from auth.permissions import Permission
from models.errors import UserFault, UserFaults
from schema.directives import MUTATION_WEIGHT, described, guards, weighs
from schema.kinds import KIND, Info, Lookup
from schema.types.user_errors import user_error

Given = TypeVar("Given")
Input = Annotated[Given, strawberry.argument(name="input", description="What the mutation takes.")]
"""The annotation of a mutation's only argument."""

Resolver = Callable[..., Awaitable[dict[str, Any]]]


def mutation(
    description: str,
    resolver: Resolver,
    payload: type[Any],
    *,
    requires: Permission | None = None,
    public: bool = False,
) -> Any:
    """Declare a mutation whose resolver returns the payload's fields by their Python names.

    A field that looks up a row needs the id under the name that its declaration gives. A UserFault makes a payload of
    nulls with the fault in `user_errors`; the caller reads that nothing was changed. What loaders have read before is
    forgotten, so that the payload shows what is true now.
    """
    empty = dict.fromkeys(_names(payload))

    @wraps(resolver)
    async def resolve(info: Info, input_: Any) -> dict[str, Any]:
        try:
            changed = await resolver(info, input_)
        except UserFault as fault:
            return {**empty, "user_errors": [user_error(fault)]}
        except UserFaults as faults:
            return {**empty, "user_errors": [user_error(fault) for fault in faults.faults]}
        info.context.loaders.clear()
        return {**empty, "user_errors": [], **changed}

    return strawberry.mutation(
        resolver=resolve,
        description=described(description, requires),
        directives=[*guards(requires, public=public), *weighs(MUTATION_WEIGHT)],
    )


def _names(payload: type[Any]) -> list[str]:
    """What a payload's fields read: values of their own names, and ids of the rows that they look up."""
    fields = payload.__strawberry_definition__.fields
    kinds = (field.metadata.get(KIND) for field in fields)
    return [*(field.python_name for field in fields), *(kind.key for kind in kinds if isinstance(kind, Lookup))]
