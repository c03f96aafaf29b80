"""Answers as HTTP responses: one shape, one set of headers, whatever happened."""

from collections.abc import Mapping
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


def json_response(
    body: Mapping[str, Any], status: int, media_type: str = JSON, headers: Mapping[str, str] | None = None
) -> Response:
    """A response in the shape of GraphQL."""
    return Response(
        orjson.dumps(body),
        status_code=status,
        media_type=f"{media_type}; charset=utf-8",
        headers={**PRIVATE, **(headers or {})},
    )


def fault_response(fault: HttpFault, request_id: str, media_type: str = JSON) -> Response:
    """The response to a request that was refused before it was read as GraphQL."""
    body = {"errors": present([fault.error], request_id)}
    return json_response(body, fault.status, media_type, fault.headers)
