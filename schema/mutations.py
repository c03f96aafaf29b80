"""The one factory of mutations: a fault that the caller can mend becomes data, everything else an error."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.types.base import StrawberryList

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

    A field that looks up a row needs the id under the name that its declaration gives. A UserFault makes an empty
    payload with the fault in `user_errors`; the caller reads that nothing was changed. What was refused of a bulk the
    story gives itself, as `user_errors`. What loaders have read before is forgotten, so that the payload shows what is
    true now.
    """
    empty = _empty(payload)

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


def _empty(payload: type[Any]) -> dict[str, Any]:
    """What a payload's fields read where nothing happened: null, or what says nothing where null may not be."""
    nothing: dict[str, Any] = {}
    for field in payload.__strawberry_definition__.fields:
        kind = field.metadata.get(KIND)
        nothing[field.python_name] = [] if isinstance(field.type, StrawberryList) else _none_of(field.type)
        if isinstance(kind, Lookup):
            nothing[kind.key] = None
    return nothing


def _none_of(kind: Any) -> bool | None:
    return False if kind is bool else None
