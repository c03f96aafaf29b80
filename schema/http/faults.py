"""What is wrong with a request as HTTP, before any of it is read as GraphQL."""

from collections.abc import Mapping

from graphql import GraphQLError

from schema.errors import ErrorCode, fault, limit_exceeded


class HttpFault(Exception):
    """The request is refused with a status code; `error` says why in the shape of GraphQL."""

    def __init__(self, status: int, error: GraphQLError, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


def bad_request(message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> HttpFault:
    """A request that cannot be read."""
    return HttpFault(status, fault(ErrorCode.BAD_USER_INPUT, message), headers)


def forbidden(message: str) -> HttpFault:
    """A request that this caller may not make, or that another site may have caused."""
    return HttpFault(403, fault(ErrorCode.FORBIDDEN, message))


def unauthenticated(message: str) -> HttpFault:
    """A credential that does not hold."""
    return HttpFault(401, fault(ErrorCode.UNAUTHENTICATED, message), {"WWW-Authenticate": CHALLENGE})


def body_too_long(limit: int) -> HttpFault:
    """A body past the limit."""
    return HttpFault(413, limit_exceeded("bodyBytes", limit, "The body is too long."), {"Connection": "close"})


CHALLENGE = 'Bearer realm="gateway"'
