"""The longest body that is read: what announces itself as longer is refused before anything of it is."""

from starlette.types import Scope

from schema.http.exchange import headers_of
from schema.http.faults import body_too_long

MOST_DIGITS = 15


def refuse_announced(scope: Scope, limit: int) -> None:
    """Raise HttpFault (413) where Content-Length is past the limit. What it does not tell is counted as it comes."""
    announced = headers_of(scope).get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > MOST_DIGITS or int(announced) > limit):
        raise body_too_long(limit)
