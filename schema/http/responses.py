"""Answers as HTTP responses: one shape, one set of headers, whatever happened."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
from starlette.responses import Response

from schema.errors import present
from schema.http.accept import JSON
from schema.http.faults import HttpFault

PRIVATE: Mapping[str, str] = {
    "Cache-Control": "private, no-store",
    "Vary": "Accept, Authorization, Cookie",
}
"""An answer is for one caller alone, and no cache may keep it."""

RawHeaders = list[tuple[bytes, bytes]]


class JsonResponse(Response):
    """A response in the shape of GraphQL. What the headers of all have in common is written once for all."""

    def __init__(
        self, body: Mapping[str, Any], status: int, media_type: str = JSON, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status_code = status
        self.background = None
        self.body = orjson.dumps(body)
        self.raw_headers = [*_common(media_type), (b"content-length", b"%d" % len(self.body)), *_raw(headers or {})]


@cache
def _common(media_type: str) -> RawHeaders:
    return _raw({**PRIVATE, "Content-Type": f"{media_type}; charset=utf-8"})


def _raw(headers: Mapping[str, str]) -> RawHeaders:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def fault_response(fault: HttpFault, request_id: str, media_type: str = JSON) -> Response:
    """The response to a request that was refused before it was read as GraphQL."""
    return JsonResponse({"errors": present([fault.error], request_id)}, fault.status, media_type, fault.headers)
