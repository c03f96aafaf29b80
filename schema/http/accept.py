"""Which media type a client takes, by its Accept header."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
DRAFT_PROFILE = "2026-08"
HEADERS_KEPT = 128

_PRECISION = {
    JSON: {JSON: 3, "application/*": 2, "*/*": 1},
    GRAPHQL_RESPONSE: {GRAPHQL_RESPONSE: 3, "application/*": 2, "*/*": 1},
}
_RANGE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PARAMETER = re.compile(
    r';\s*(?P<name>[\w!#$%&*+.^`|~-]+)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s;",]*))'
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The media type of the answer, and whether its status codes follow the draft."""

    media_type: str
    draft: bool


@dataclass(frozen=True, slots=True)
class _Range:
    media: str
    quality: float
    position: int
    profile: str | None


@lru_cache(maxsize=HEADERS_KEPT)
def negotiate(header: str | None) -> Accepted | None:
    """The best of our two media types, or None where the client takes neither.

    Without an Accept header, and behind wildcards, that is `application/json`. Between equals the one wins that the
    client names more precisely, then the one it names first.
    """
    if header is None or not header.strip():
        return Accepted(JSON, draft=False)
    ranges = list(_ranges(header))
    rated = [
        (rate, accepted) for media in (JSON, GRAPHQL_RESPONSE) if (rate := _rate(media, ranges)) for accepted in [media]
    ]
    if not rated:
        return None
    best = max(rated, key=lambda item: item[0][:3])
    return Accepted(best[1], draft=best[0][3] == DRAFT_PROFILE)


def _rate(media: str, ranges: list[_Range]) -> tuple[float, int, int, str | None] | None:
    """Quality, precision and place of the range that speaks for a media type, most precise first."""
    matching = [item for item in ranges if item.media in _PRECISION[media]]
    if not matching:
        return None
    chosen = max(matching, key=lambda item: (_PRECISION[media][item.media], -item.position))
    if chosen.quality <= 0:
        return None
    return chosen.quality, _PRECISION[media][chosen.media], -chosen.position, chosen.profile


def _ranges(header: str) -> Iterator[_Range]:
    for position, match in enumerate(_RANGE.finditer(header)):
        media, _, rest = match.group().partition(";")
        parameters = {
            found["name"].lower(): found["plain"] if found["quoted"] is None else found["quoted"]
            for found in _PARAMETER.finditer(f";{rest}")
        }
        yield _Range(media.strip().lower(), _quality(parameters.get("q", "1")), position, parameters.get("profile"))


def _quality(text: str) -> float:
    """A weight as the header writes it; what is no weight refuses its range."""
    return float(text) if re.fullmatch(r"0(\.\d{0,3})?|1(\.0{0,3})?", text) else 0.0
