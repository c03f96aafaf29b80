"""What goes into the engine and what comes out, free of HTTP."""

from collections.abc import Mapping, Sequence
from enum import auto
from types import MappingProxyType
from typing import Any, NamedTuple

from graphql import GraphQLError

from models.enums import Single


class Outcome(Single):
    """How far a request came. Transports derive their status codes from it."""

    EXECUTED = auto()
    MALFORMED = auto()
    PARSE_FAILED = auto()
    INVALID = auto()
    BAD_VARIABLES = auto()
    MUTATION_BY_GET = auto()
    UNAUTHENTICATED = auto()
    FORBIDDEN = auto()
    TIMED_OUT = auto()
    ABANDONED = auto()
    FAILED = auto()


NOTHING: Mapping[str, Any] = MappingProxyType({})


class GraphQLRequest(NamedTuple):
    """The parameters of one GraphQL request."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = NOTHING
    extensions: Mapping[str, Any] = NOTHING


class Answer(NamedTuple):
    """The answer to one request. `data` counts only where the operation was executed."""

    outcome: Outcome
    data: dict[str, Any] | None = None
    errors: Sequence[dict[str, Any]] = ()
    extensions: Mapping[str, Any] = NOTHING
    operation_name: str | None = None
    document_hash: str | None = None

    def body(self) -> dict[str, Any]:
        """The answer as the specification shapes it: no `data` where nothing was executed, `errors` first."""
        body: dict[str, Any] = {}
        if self.errors:
            body["errors"] = list(self.errors)
        if self.outcome is Outcome.EXECUTED:
            body["data"] = self.data
        if self.extensions:
            body["extensions"] = dict(self.extensions)
        return body


class Refused(Exception):
    """The request is answered without being executed."""

    def __init__(self, outcome: Outcome, errors: Sequence[GraphQLError]) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome
        self.errors = list(errors)
