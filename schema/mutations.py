"""The one factory of mutations: a fault that the caller can mend becomes data, everything else an error."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.types.base import StrawberryList

from auth.permissions import Permission
from models.errors import UserFault, UserFaults
from resolvers.idempotency import once
from schema.directives import MUTATION_WEIGHT, described, guards, weighs
from schema.idempotency import IDEMPOTENCY, OPTIONAL, PUBLIC, Idempotency, sent_with_key
from schema.kinds import KIND, Info, Lookup
from schema.types.user_errors import user_error

Given = TypeVar("Given")
Input = Annotated[Given, strawberry.argument(name="input", description="What the mutation takes.")]
"""The annotation of a mutation's only argument."""

Resolver = Callable[..., Awaitable[dict[str, Any]]]
Ahead = Callable[..., Awaitable[Any]]
Finish = Callable[[Info, dict[str, Any]], Awaitable[dict[str, Any]]]


def mutation(
    description: str,
    resolver: Resolver,
    payload: type[Any],
    *,
    requires: Permission | None = None,
    public: bool = False,
    idempotency: Idempotency = OPTIONAL,
    ahead: Ahead | None = None,
    finish: Finish | None = None,
) -> Any:
    """Declare a mutation whose resolver returns the payload's fields by their Python names.

    A field that looks up a row needs the id under the name that its declaration gives. A UserFault makes an empty
    payload with the fault in `user_errors`; the caller reads that nothing was changed. What was refused of a bulk the
    story gives itself, as `user_errors`. What loaders have read before is forgotten, so that the payload shows what is
    true now. `idempotency` says how the mutation takes `@idempotent`; one that is public takes none. `ahead` asks
    others over the network before any transaction is open; the resolver then takes what it found as a third argument.
    `finish` is what follows once all of the resolver's changes stand, its stored answer among them, and no transaction
    is open: it gets that answer, also when that is given again, and returns the whole payload.
    """
    declared = PUBLIC if public else idempotency
    empty = _empty(payload)

    @wraps(ahead or resolver)
    async def resolve(info: Info, input_: Any) -> dict[str, Any]:
        sent, context = sent_with_key(info, input_, declared), info.context
        found = () if ahead is None else (await _asked(ahead(info, input_)),)
        if sent is None:
            told = await _told(_story(resolver, info, input_, found))
        else:
            told = await _told(once(context, sent, lambda: _told(_story(resolver, info, input_, found))))
        if finish is not None and not told["user_errors"]:
            told = await _told(finish(info, told))
        context.forget_rows()
        return {**empty, **told}

    return strawberry.mutation(
        resolver=resolve,
        description=described(f"{description}{idempotency.told()}", requires),
        directives=[*guards(requires, public=public), *weighs(MUTATION_WEIGHT)],
        metadata={IDEMPOTENCY: declared},
    )


async def _asked(question: Awaitable[Any]) -> Any:
    """What was found, or the fault in its place: it is the story's to tell, so that it is stored like any other."""
    try:
        return await question
    except (UserFault, UserFaults) as fault:
        return fault


def _story(resolver: Resolver, info: Info, input_: Any, found: tuple[Any, ...]) -> Awaitable[dict[str, Any]]:
    """The resolver's story, or the fault that was found ahead of it."""
    faults = [one for one in found if isinstance(one, UserFault | UserFaults)]
    return _raised(faults[0]) if faults else resolver(info, input_, *found)


async def _raised(fault: UserFault | UserFaults) -> dict[str, Any]:
    raise fault


async def _told(story: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """What a story returns, or the entries for the faults that it raises."""
    try:
        return {"user_errors": [], **await story}
    except UserFault as fault:
        return {"user_errors": [user_error(fault)]}
    except UserFaults as faults:
        return {"user_errors": [user_error(fault) for fault in faults.faults]}


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
