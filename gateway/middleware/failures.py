"""The last resort: whatever was not foreseen is logged under the request's id and answered with that id alone."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from schema.errors import masked
from schema.http.exchange import exchange_of
from schema.http.faults import HttpFault, bad_request
from schema.http.responses import fault_response


def failure_response(error: Exception, request_id: str) -> Response:
    """The answer to a request that has ended with an exception, in the shape of GraphQL."""
    fault = error if isinstance(error, HttpFault) else HttpFault(500, masked(error, request_id))
    return fault_response(fault, request_id)


async def http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own refusals, a path that is not there among them, in the same shape."""
    if not isinstance(error, HTTPException):
        raise error
    fault = bad_request(f"{error.detail}.", error.status_code, error.headers)
    return fault_response(fault, exchange_of(request.scope).request_id)
