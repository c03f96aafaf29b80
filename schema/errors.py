"""The closed list of error codes, and the one place that turns exceptions into entries of `errors`.

What the caller caused keeps its sentence. Everything else is a defect: it is logged with the request id, and the caller
learns that id and nothing more.
"""

import logging
import re
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Any

from graphql import GraphQLError, Node
from strawberry.exceptions import StrawberryInputCoercionError

from models.errors import BadInput, Forbidden, PortalError, TooManyRows, Unauthenticated

logger = logging.getLogger(__name__)


class ErrorCode(StrEnum):
    """Every value that `extensions.code` can have."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    RATE_LIMITED = "RATE_LIMITED"
    COST_LIMIT_EXCEEDED = "COST_LIMIT_EXCEEDED"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    TIMEOUT = "TIMEOUT"
    INTERNAL = "INTERNAL"


CODES = frozenset(ErrorCode)
MASKED_MESSAGE = "Something went wrong on our side. Quote the request id when you report it."

_ARGUMENT = re.compile(r"^Argument '(?P<name>\w+)'(?: has invalid value(?: at '?\.?(?P<path>[\w.\[\]]+)'?)?:| of )")


def fault(
    code: ErrorCode,
    message: str,
    *,
    nodes: Collection[Node] | Node | None = None,
    path: Collection[str | int] | None = None,
    **extensions: Any,
) -> GraphQLError:
    """An error of our own: its code, its sentence, and what a program may want to know besides."""
    return GraphQLError(message, nodes=nodes, path=path, extensions={"code": code.value, **extensions})


def limit_exceeded(limit: str, value: int, sentence: str, nodes: Collection[Node] | None = None) -> GraphQLError:
    """A refusal that names the limit and its value, in the message and for programs."""
    message = f"{sentence} The limit `{limit}` is {value}."
    return fault(ErrorCode.LIMIT_EXCEEDED, message, nodes=nodes, limit=limit, value=value)


def coded(errors: Iterable[GraphQLError], code: ErrorCode) -> list[GraphQLError]:
    """The library's own errors with a code of ours, where they have none yet."""
    return [error if _known(error) else _recoded(error, code) for error in errors]


def present(errors: Sequence[GraphQLError], request_id: str) -> list[dict[str, Any]]:
    """The entries of `errors`: the caller's faults as they are, defects logged once each and masked."""
    logged: set[int] = set()
    return [_entry(error, request_id, logged) for error in errors]


def masked(error: BaseException, request_id: str, **facts: Any) -> GraphQLError:
    """What a caller may know of a defect, which is logged whole under the request id."""
    logger.error("unexpected error", exc_info=error, extra={"request_id": request_id, **facts})
    return fault(ErrorCode.INTERNAL, MASKED_MESSAGE, requestId=request_id)


def _entry(error: GraphQLError, request_id: str, logged: set[int]) -> dict[str, Any]:
    presentable = _expected(error)
    if presentable is None:
        cause = root_cause(error)
        place = ".".join(str(step) for step in error.path or ())
        if id(cause) not in logged:
            logged.add(id(cause))
            masked(cause, request_id, place=place)
        presentable = _relocated(error, ErrorCode.INTERNAL, MASKED_MESSAGE, {"requestId": request_id})
    return dict(presentable.formatted)


def _expected(error: GraphQLError) -> GraphQLError | None:
    """The error as the caller may see it, or None where it is a defect."""
    if _known(error):
        return error
    cause = root_cause(error)
    if isinstance(cause, PortalError):
        return _portal_error(error, cause)
    if isinstance(cause, StrawberryInputCoercionError):
        return _relocated(error, ErrorCode.BAD_USER_INPUT, "An input value must not be null.", {})
    return _argument_error(error, cause)


def root_cause(error: BaseException) -> BaseException:
    """The exception that was raised first, below the library's wrappings."""
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def _portal_error(error: GraphQLError, cause: PortalError) -> GraphQLError:
    if isinstance(cause, Unauthenticated):
        return _relocated(error, ErrorCode.UNAUTHENTICATED, cause.message, {})
    if isinstance(cause, Forbidden):
        return _relocated(error, ErrorCode.FORBIDDEN, cause.message, {})
    if isinstance(cause, TooManyRows):
        return _relocated(error, ErrorCode.COST_LIMIT_EXCEEDED, cause.message, {})
    extensions = {"argumentPath": cause.path} if isinstance(cause, BadInput) and cause.path is not None else {}
    return _relocated(error, ErrorCode.BAD_USER_INPUT, cause.message, extensions)


def _argument_error(error: GraphQLError, cause: BaseException) -> GraphQLError | None:
    """A variable's value that no static check could refuse: null where the argument takes none."""
    match = _ARGUMENT.match(cause.message) if isinstance(cause, GraphQLError) else None
    if match is None:
        return None
    path = ".".join(part for part in (match["name"], _dotted(match["path"])) if part)
    return _relocated(
        error, ErrorCode.BAD_USER_INPUT, f"{path}: a value that is not null is required.", {"argumentPath": path}
    )


def _dotted(path: str | None) -> str:
    return re.sub(r"\[(\d+)\]", r".\1", path or "").strip(".")


def _known(error: GraphQLError) -> bool:
    return (error.extensions or {}).get("code") in CODES


def _recoded(error: GraphQLError, code: ErrorCode) -> GraphQLError:
    return _relocated(error, code, error.message, error.extensions or {})


def _relocated(error: GraphQLError, code: ErrorCode, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={**extensions, "code": code.value},
    )
