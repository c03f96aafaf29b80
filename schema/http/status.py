"""Status codes: as the GraphQL-over-HTTP audits expect them, or as the draft of August 2026 has them."""

from collections.abc import Mapping

from schema.answers import Answer, Outcome
from schema.http.accept import JSON, Accepted

PARTIAL = 294
"""The draft's code for an answer with data and errors."""

_ALWAYS: Mapping[Outcome, int] = {
    Outcome.MALFORMED: 400,
    Outcome.MUTATION_BY_GET: 405,
    Outcome.UNAUTHENTICATED: 401,
    Outcome.FORBIDDEN: 403,
    Outcome.TIMED_OUT: 504,
    Outcome.ABANDONED: 499,
    Outcome.FAILED: 500,
}
_DRAFT: Mapping[Outcome, int] = {
    Outcome.PARSE_FAILED: 400,
    Outcome.INVALID: 422,
    Outcome.BAD_VARIABLES: 422,
}


def status_of(answer: Answer, accepted: Accepted, draft: bool) -> int:
    """The status code of an answer. Clients of plain JSON take any code but 200 for a fault of the connection."""
    executed = answer.outcome is Outcome.EXECUTED
    if not executed and answer.outcome in _ALWAYS:
        return _ALWAYS[answer.outcome]
    if draft or accepted.draft:
        partial = bool(answer.errors) and answer.data is not None
        return _DRAFT.get(answer.outcome, PARTIAL if partial else 200)
    if executed or accepted.media_type == JSON:
        return 200
    return 400
