"""The one factory of mutations: a fault that the caller can mend becomes data, everything else an error."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import strawberry

from auth.permissions import Permission
from models.errors import UserFault
from schema.directives import MUTATION_WEIGHT, described, guards, weighs
from schema.kinds import Info
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

    A UserFault makes a payload of nulls with the fault in `user_errors`; the caller reads that nothing was changed.
    What loaders have read before is forgotten, so that the payload shows what is true now.
    """
    names = [field.python_name for field in payload.__strawberry_definition__.fields]

    @wraps(resolver)
    async def resolve(info: Info, input_: Any) -> dict[str, Any]:
        empty = dict.fromkeys(names)
        try:
            changed = await resolver(info, input_)
        except UserFault as fault:
            return {**empty, "user_errors": [user_error(fault)]}
        info.context.loaders.clear()
        return {**empty, "user_errors": [], **changed}

    return strawberry.mutation(
        resolver=resolve,
        description=described(description, requires),
        directives=[*guards(requires, public=public), *weighs(MUTATION_WEIGHT)],
    )
